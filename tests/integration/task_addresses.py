"""The addresses of shared tasks, and what each role gets of a phase that has not opened yet.

A table of its own: `test_access.py` counts it in, `test_task_access.py` walks it.
"""

from __future__ import annotations

# Status by role, in the order of ROLES: visitor, alice (owner of a team), bob (its member), charlie
# (stranger), owner of the task, organiser, observer, organiser of another task, staff.
EVERYBODY = (200,) * 9
ROLES_OF_THE_TASK = (404, 404, 404, 404, 200, 200, 200, 404, 404)
OPEN = dict.fromkeys(
    [
        "shared-task", "task-rules", "task-data", "task-metrics", "task-how-to-submit", "download",
        "phase-archive", "evaluator-wheel",
    ],
    EVERYBODY,
)  # fmt: skip
BEFORE_OPENING = OPEN | dict.fromkeys(["download", "phase-archive"], ROLES_OF_THE_TASK)
