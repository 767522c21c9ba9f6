"""Settings from environment variables; every error names the variable and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

MAX_SECRET_BYTES = 64 * 1024
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
SIZE = re.compile(r"([0-9]{1,18})([KMGT]?)B?", re.ASCII | re.IGNORECASE)
COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


class Environment:
    """Reads variables; what is wrong is raised as `error`, which is called with the message.

    A variable that is set but empty counts, unless `blank_is_unset`, which also strips values.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        error: Callable[[str], Exception],
        *,
        blank_is_unset: bool = False,
    ) -> None:
        self._variables = variables
        self._error = error
        self._blank_is_unset = blank_is_unset

    def text(self, name: str, default: str | None = None, *, what: str = "") -> str:
        """Return a variable, or its default; without a default it has to be set, to `what`."""
        value = self._value(name)
        if value is not None:
            return value
        if default is None:
            raise self._error(f"The environment variable {name} is not set.{_write_into_it(what)}")
        return default

    def boolean(self, name: str, default: bool) -> bool:
        """Return a yes/no variable."""
        value = self._value(name)
        if value is None:
            return default
        if value.strip().lower() in TRUE:
            return True
        if value.strip().lower() in FALSE:
            return False
        raise self._error(f"{name} is {value!r}; write true or false.")

    def integer(self, name: str, default: int, *, minimum: int = 0) -> int:
        """Return a whole number that is at least `minimum`."""
        value = self._value(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise self._error(f"{name} is {value!r}; write a whole number.") from None
        if number < minimum:
            raise self._error(f"{name} is {number}; the smallest allowed value is {minimum}.")
        return number

    def count(self, name: str) -> int | None:
        """Return a whole number from 1 to 999,999, None if the variable is not set."""
        value = self._value(name)
        if value is None:
            return None
        if not COUNT.fullmatch(value):
            raise self._error(f"{name} is {value!r}; write a whole number above 0.")
        return int(value)

    def size(self, name: str) -> int | None:
        """Return bytes, written with or without a unit (200G), None if the variable is not set."""
        value = self._value(name)
        if value is None:
            return None
        size = SIZE.fullmatch(value)
        if size is None or not int(size[1]):
            raise self._error(f"{name} is {value!r}; write bytes, such as 200G or 214748364800.")
        return int(size[1]) * UNITS[size[2].upper()]

    def seconds(self, name: str, default: float, *, may_be_zero: bool = False) -> float:
        """Return a finite length of time, above 0 unless it may be 0."""
        value = self._value(name)
        if value is None:
            return default
        number: float | None
        try:
            number = float(value)
        except ValueError:
            number = None
        if number is not None and (0 < number < float("inf") or (may_be_zero and number == 0)):
            return number
        if may_be_zero:
            wanted = "a number of seconds, 0 or more"
        else:
            wanted = "a number of seconds" if number is None else "a positive number of seconds"
        raise self._error(f"{name} is {value!r}; write {wanted}.")

    def choice(self, name: str, default: str, allowed: list[str]) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default)
        if value not in allowed:
            raise self._error(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")
        return value

    def words(self, name: str, default: str) -> list[str]:
        """Return a list written with commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def secret(self, name: str, default: str | None = None, *, what: str = "") -> str:
        """Return X, or the content of the file that X_FILE names (as container secrets come)."""
        path = self._value(f"{name}_FILE")
        if path is None:
            return self.text(name, default, what=what)
        if self._value(name) is not None:
            raise self._error(f"Both {name} and {name}_FILE are set; keep one of them.")
        try:
            with Path(path).open("rb") as file:
                value = file.read(MAX_SECRET_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise self._error(f"{name}_FILE names {path}, which can't be read: {why}.") from None
        if not value and self._blank_is_unset:
            raise self._error(f"{name}_FILE names {path}, which is empty.{_write_into_it(what)}")
        return value

    def _value(self, name: str) -> str | None:
        value = self._variables.get(name)
        if value is None or not self._blank_is_unset:
            return value
        return value.strip() or None


def _write_into_it(what: str) -> str:
    return f" Write into it {what}" if what else ""
