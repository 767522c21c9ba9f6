"""What a terminal shows of a command that takes long."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from evaluator.cli.progress import ProgressLine


class Terminal(io.StringIO):
    def __init__(self, *, is_terminal=True):
        super().__init__()
        self.written = threading.Event()
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal

    def flush(self):
        self.written.set()


@pytest.fixture
def take_stderr(monkeypatch):
    # Not by the fixture itself: between set-up and test pytest puts its own back.
    def take(**options):
        terminal = Terminal(**options)
        monkeypatch.setattr(sys, "stderr", terminal)
        return terminal

    return take


def test_a_single_long_step_is_shown_and_wiped_away(take_stderr):
    terminal = take_stderr()

    with ProgressLine(patience=0.01) as progress:
        progress.show("bleu …")
        assert terminal.written.wait(10)

    assert terminal.getvalue() == "\rbleu …\r\r      \r"


def test_the_next_steps_are_shown_at_once(take_stderr):
    terminal = take_stderr()

    with ProgressLine(patience=0.01) as progress:
        progress.show("term-success …")
        assert terminal.written.wait(10)
        progress.show("chrf …")

        assert terminal.getvalue() == "\rterm-success …\r\rchrf …        \r"


def test_who_waits_for_less_than_a_second_sees_nothing(take_stderr):
    terminal = take_stderr()

    with ProgressLine(patience=60) as progress:
        progress.show("bleu …")

    assert terminal.getvalue() == ""


def test_a_file_gets_no_progress(take_stderr):
    file = take_stderr(is_terminal=False)

    with ProgressLine(patience=0) as progress:
        progress.show("bleu …")

        assert not file.written.wait(0.05)
