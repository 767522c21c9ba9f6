"""One line on the terminal for who waits longer than a second."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType

PATIENCE = 1.0  # seconds without a word


class ProgressLine:
    """Shows what goes on, on a terminal only, and wipes it away at the end.

    Nothing else may be printed meanwhile: it would stand on the same line.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._text = ""
        self._shown = 0  # characters on the line
        self._is_late = self._is_over = False
        self._lock = Lock()
        # A clock of its own: one step may take longer than anybody's patience.
        self._timer = Timer(patience, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> ProgressLine:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            self._write("")

    def show(self, text: str) -> None:
        """Show what is being done now."""
        with self._lock:
            self._text = text
            if self._is_late:
                self._write(text)

    def _begin(self) -> None:
        with self._lock:
            if not self._is_over:
                self._is_late = True
                self._write(self._text)

    def _write(self, text: str) -> None:
        if text or self._shown:
            print(f"\r{text.ljust(self._shown)}\r", end="", file=sys.stderr, flush=True)
        self._shown = len(text)
