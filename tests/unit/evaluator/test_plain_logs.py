"""Logs written for a terminal: what is left of them as plain text, in bounded time and memory."""

from __future__ import annotations

import time

import pytest

from evaluator.container.frames import Tail
from evaluator.container.terminal import plain

ESC = "\x1b"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain\n\ttext ü 語\n", "plain\n\ttext ü 語\n"),
        # Overwritten by CR
        ("10%\r20%\r100%\ndone\n", "100%\ndone\n"),
        ("\r10%\r100%", "100%"),
        ("10%\r100%\r", "100%"),
        ("one\r\ntwo\r\r\n", "one\ntwo\n"),
        ("\r\n\r\n", "\n\n"),
        ("\r\r\r", ""),
        (f"Load {ESC}[32m 5%{ESC}[0m\rLoad {ESC}[32m99%{ESC}[0m\n", "Load 99%\n"),
        (f"99%\r{ESC}[0m\n", "99%\n"),
        (f"5%{ESC}[2K{ESC}[1G99%{ESC}[K\n", "99%\n"),
        # Colours and other commands
        (f"{ESC}[1;31mERROR{ESC}[0m x\n", "ERROR x\n"),
        (f"{ESC}[38;2;255;0;10mred{ESC}[m", "red"),
        (f"{ESC}[38:2::1:2:3mred\x9b0m", "red"),
        (f"a{ESC}[2J{ESC}[H{ESC}[?25lb{ESC}[?25h", "ab"),
        (f"{ESC}7a{ESC}8b{ESC}(Bc{ESC}Md{ESC}c", "abcd"),
        (f"{ESC}[10;5Hx{ESC}[1A{ESC}[3Cy", "xy"),
        # Titles, links and other strings
        (f"{ESC}]0;my title\x07text", "text"),
        (f"{ESC}]2;my title{ESC}\\text", "text"),
        (f"{ESC}]8;;https://x.org{ESC}\\link{ESC}]8;;{ESC}\\ text", "link text"),
        (f"{ESC}P1;2|junk{ESC}\\a{ESC}_b{ESC}\\c{ESC}^d{ESC}\\e", "ace"),
        (f"{ESC}]0;without an end\nnext line\n", "\nnext line\n"),
        ("\x9d0;title\x9ctext", "text"),
        # Backspaces
        ("|\b/\b-\b done\n", " done\n"),
        ("abc\b\bxy\n", "axy\n"),
        ("a\n\b\b\bb\n", "a\nb\n"),
        ("5/10\b\b\b\b9/10", "9/10"),
        # Other control characters, and halves of commands
        ("a\0b\x07c\x0b\x0cd\x7f\x85e", "abcde"),
        (f"a{ESC}", "a"),
        (f"a{ESC}[", "a"),
        (f"a{ESC}[12", "a"),
        (f"a{ESC}[12\nb", "a\nb"),
        ("\u202e is not for a terminal", "\u202e is not for a terminal"),
    ],
)
def test_what_is_left(text, left):
    assert plain(text) == left
    tail = Tail(1000)
    tail.add(text.encode())
    if "\x9b" not in text:
        assert tail.text() == left


def test_a_progress_bar_takes_the_room_of_one_line():
    tail = Tail(1000)
    tail.add(b"model loaded\n")
    for number in range(10_000):
        tail.add(b"\r%5d/10000 |#####     | 7.3 it/s" % number)
    tail.add(b"\nready\r\n")

    assert tail.text() == "model loaded\n 9999/10000 |#####     | 7.3 it/s\nready\n"
    assert tail.total == 10_000 * 34 + 13 + 8


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_may_end_anywhere(size):
    data = f"a\r\nb 1%\rb 99%\r\n{ESC}[31mred{ESC}[0m\n|\b/\b\n{ESC}]0;t\x07end".encode()
    tail = Tail(1000)

    for start in range(0, len(data), size):
        tail.add(data[start : start + size])

    assert tail.text() == "a\nb 99%\nred\n\nend"


@pytest.mark.parametrize(
    "piece",
    [b"\b", b"a\b", b"\r", b"a\r", b"\r\n", b"\x1b", b"\x1b[", b"\x1b]", b"\x1b[1;", b"\x9b", b"a"],
)
def test_hostile_logs_take_linear_time_and_bounded_memory(piece):
    size = 200_000
    tail = Tail(size)
    started = time.process_time()

    for _ in range(30):
        tail.add(piece * (100_000 // len(piece)))
        assert len(tail._kept) + len(tail._line) <= 2 * size + 200_000
    text = tail.text()

    assert len(text) <= size
    assert time.process_time() - started < 3
