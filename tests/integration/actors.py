"""Who does something where a test does not care: an operator at a prompt."""

from __future__ import annotations

from audit.recording import Actor

OPERATOR = Actor.of_command("tests")
