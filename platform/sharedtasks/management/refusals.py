"""Why files or values were refused, as commands print it."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

import evaluator

PROBLEMS_SHOWN = 50


def list_problems(error: evaluator.TestSetError) -> str:
    """Return the first problems of files, a line each, and how many more there are."""
    lines = [str(problem) for problem in error.problems[:PROBLEMS_SHOWN]]
    if error.total > len(lines):
        lines.append(f"… and {error.total - len(lines)} more.")
    return "\n".join(lines)


def explain(error: ValidationError) -> str:
    """Return all sentences of a refusal, those of a field after its name."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(messages) if field == NON_FIELD_ERRORS else f"{field}: {' '.join(messages)}"
        for field, messages in error.message_dict.items()
    )
