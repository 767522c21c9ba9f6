"""One line on the terminal for who waits longer than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType

PATIENCE = 1.0  # seconds without a word


class Progress:
    """Shows what goes on, on a terminal only, and wipes it away at the end."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = 0  # characters on the line

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._write("")

    def show(self, text: str) -> None:
        """Say what is being done now."""
        if sys.stderr.isatty() and time.monotonic() - self._started > PATIENCE:
            self._write(text)

    def _write(self, text: str) -> None:
        print(f"\r{text.ljust(self._shown)}\r", end="", file=sys.stderr, flush=True)
        self._shown = len(text)
