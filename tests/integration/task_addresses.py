"""The addresses of shared tasks, and what each role gets of a phase that has not opened yet.

A table of its own: `test_access.py` counts it in, `test_task_access.py` walks it.
"""

from __future__ import annotations

# Status by role: visitor, alice (owner), bob (team mate), charlie (stranger), organiser.
OPEN = {
    "shared-task": (200, 200, 200, 200, 200),
    "task-rules": (200, 200, 200, 200, 200),
    "task-data": (200, 200, 200, 200, 200),
    "task-metrics": (200, 200, 200, 200, 200),
    "task-how-to-submit": (200, 200, 200, 200, 200),
    "download": (200, 200, 200, 200, 200),
    "phase-archive": (200, 200, 200, 200, 200),
    "evaluator-wheel": (200, 200, 200, 200, 200),
}
BEFORE_OPENING = OPEN | {
    "download": (404, 404, 404, 404, 200),
    "phase-archive": (404, 404, 404, 404, 200),
}
