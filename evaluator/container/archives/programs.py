"""The files of an image that its ENTRYPOINT and CMD execute, as far as their words tell."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "zsh"})
WRAPPERS = frozenset({"tini", "tini-static", "dumb-init", "exec", "env", "nohup", "time"})
WITH_WORD = ("-o", "+o", "-O", "+O", "--rcfile", "--init-file")  # options of shells
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MAX_STEPS = 8  # from a program to a program that it starts
MAX_FOLDERS = 50  # of a PATH


def list_scripts(
    command: Sequence[str], work_dir: str, environment: Sequence[str]
) -> Iterator[str]:
    """Yield absolute paths that may be executed first, such as an entry script.

    Shells and small wrappers are seen through: `sh -c /run.sh`, `tini -- /run.sh`.
    """
    words = list(command)
    for _ in range(MAX_STEPS):
        while words and not words[0]:
            words = words[1:]
        if not words:
            return
        yield from _candidates(words[0], work_dir, environment)
        program, *rest = words
        name = posixpath.basename(program)
        if name in SHELLS:
            words = _after_shell(rest)
        elif name in WRAPPERS:
            words = _without_options(rest)
        else:
            return


def _after_shell(words: list[str]) -> list[str]:
    """Return the words that a shell executes: the first of its script after -c, or a file."""
    left = iter(words)
    for word in left:
        if word in WITH_WORD:
            next(left, None)
        elif word.startswith("-") and not word.startswith("--") and "c" in word:
            return next(left, "").split(maxsplit=3)[:3]
        elif not word.startswith(("-", "+")):
            return [word]
    return []


def _without_options(words: list[str]) -> list[str]:
    for number, word in enumerate(words):
        if word == "--":
            return words[number + 1 :]
        if not word.startswith("-") and "=" not in word:
            return words[number:]
    return []


def _candidates(program: str, work_dir: str, environment: Sequence[str]) -> Iterator[str]:
    if "/" in program:
        yield posixpath.join("/", work_dir, program)
        return
    paths = [text.removeprefix("PATH=") for text in environment if text.startswith("PATH=")]
    for folder in (paths[-1] if paths else DEFAULT_PATH).split(":")[:MAX_FOLDERS]:
        yield posixpath.join("/", work_dir, folder, program)
