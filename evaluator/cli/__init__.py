"""`terminarium`: the numbers and the checks of the leaderboard, on the participant's machine.

What a command needs is imported once it is known which command was asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "validate": "check hypotheses before you send them",
    "score": "score hypotheses against a test set",
    "compare": "compare systems: which differences are real",
    "annotate": "find the terms of a terminology in a source",
    "check-image": "check a container image, as an archive or in a registry, before you send it",
    "run": "run a system in its container, as the platform does",
    "node": "run systems for the platform on this machine (for operators)",
}
EXIT_STATUS = """\
exit status: 0 done; 1 a file can't be read, scored or paired, or a system's run failed (all
reasons on standard error); 2 wrong usage; 130 stopped by Ctrl-C"""
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
PIPE_CLOSED = 141  # 128 + SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; usage errors exit with 2."""
    _write_any_character()
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough
        _close_output()
        return PIPE_CLOSED
    except OSError as error:
        print(f"The output can't be written ({error.strerror}).", file=sys.stderr)
        _close_output()
        return 1


def _run(arguments: Sequence[str]) -> int:
    try:
        parser, command = _build_parser(arguments)
        if not arguments:
            parser.print_help()
            return 0
        options = parser.parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()  # a pipe that was closed is noticed here rather than by Python's end
        raise
    from evaluator.cli.execution import execute

    return execute(options, command)


def _build_parser(
    arguments: Sequence[str],
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return the whole parser and the parser of the chosen command, which has its options."""
    parser = argparse.ArgumentParser(
        prog="terminarium",
        description="Evaluate machine translation with terminologies.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the version of this program"
    )
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    commands = parser.add_subparsers(required=True, metavar="command")
    own = parser
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what)
        if name != chosen:
            continue
        module = import_module(f"evaluator.cli.{name.replace('-', '_')}")
        command.description = module.DESCRIPTION
        command.epilog = f"{module.EXAMPLES}\n\n{EXIT_STATUS}"
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        module.add_arguments(command)
        command.set_defaults(command=name, run=module.run)
        own = command
    return parser, own


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"terminarium {program_version()}")
        parser.exit()


def program_version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import version

    return version("terminarium")


def _write_any_character() -> None:
    """Write UTF-8 to files and pipes in any locale; to a terminal what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        encoding = stream.encoding if stream.isatty() else "utf-8"
        # For names of files that are no UTF-8, and for terminals that lack a character.
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _close_output() -> None:
    """Give Python's last flush somewhere to go: it would complain about a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
