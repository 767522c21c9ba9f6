"""Reads lines that should be JSON objects, and says what is wrong with other lines."""

from __future__ import annotations

import json

from evaluator.formats.limits import MAX_ID


def parse_object(row: str, *, quote: bool = True) -> dict[str, object] | str:
    """Return the object, or what is wrong with the line; `quote`: the text may name a key of it."""
    try:
        value = json.loads(row, object_pairs_hook=_unique_keys)
    except _RepeatedKeyError as error:
        return f"{f'The key {error}' if quote else 'A key'} stands twice in the line."
    except RecursionError:
        return "The line is nested too deeply."
    except json.JSONDecodeError as error:
        return f"This line is not valid JSON ({error.msg}, character {error.pos + 1})."
    except ValueError:  # a number of thousands of digits
        return "The line holds a number that is too long."
    return value if isinstance(value, dict) else "The line is no JSON object."


def wrong_string(key: str, value: object) -> str | None:
    """Return why a value is not a text, None if it is."""
    if value is None:
        return f'There is no "{key}".'
    if not isinstance(value, str):
        return f'"{key}" must be a string in quotes.'
    if "\0" in value:
        return f'"{key}" contains a NUL character, which is not text.'
    try:
        value.encode()
    except UnicodeEncodeError:
        return f'"{key}" holds half a surrogate pair (\\ud800 to \\udfff), which is no character.'
    return None


def wrong_id(key: str, value: object) -> str | None:
    """Return why a value cannot be an id, None if it can."""
    if isinstance(value, str) and len(value) > MAX_ID:
        return f'"{key}" is longer than {MAX_ID:,} characters.'
    return wrong_string(key, value)


class _RepeatedKeyError(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value: dict[str, object] = {}
    for key, item in pairs:
        if key in value:
            raise _RepeatedKeyError(key)
        value[key] = item
    return value
