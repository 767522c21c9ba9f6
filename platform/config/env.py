"""Settings from the environment: every helper names the variable when it is wrong."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
MAX_SECRET_BYTES = 64 * 1024


def text(name: str, default: str | None = None) -> str:
    """Return a variable, or its default; without a default it has to be set."""
    value = os.environ.get(name)
    if value is not None:
        return value
    if default is None:
        raise ImproperlyConfigured(f"The environment variable {name} is not set.")
    return default


def boolean(name: str, default: bool) -> bool:
    """Return a yes/no variable."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write true or false.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a whole number that is at least `minimum`."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} is {number}; the smallest allowed value is {minimum}.")
    return number


def seconds(name: str, default: float) -> float:
    """Return a positive length of time."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number of seconds.") from None
    if not 0 < number < float("inf"):
        raise ImproperlyConfigured(f"{name} is {value!r}; write a positive number of seconds.")
    return number


def choice(name: str, default: str, allowed: list[str]) -> str:
    """Return a word that has to be among the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")
    return value


def words(name: str, default: str) -> list[str]:
    """Return a list written with commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret(name: str, default: str | None = None) -> str:
    """Return X, or the content of the file that X_FILE names (as container secrets come)."""
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return text(name, default)
    if name in os.environ:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set; keep one of them.")
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_SECRET_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names a file that can't be read: {error}"
        ) from None
