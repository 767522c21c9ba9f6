"""`terminarium`: the numbers and the checks of the leaderboard, on the participant's machine."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from evaluator.cli import annotate, check_image, node, run, score, validate
from evaluator.cli.files import UnopenableError, report
from evaluator.errors import InfrastructureError, LanguageError, SubmissionError, TestSetError
from evaluator.normalise import canonical_pair

EXIT_STATUS = """\
exit status: 0 done; 1 a file can't be read, scored or paired, or a system's run failed (all
reasons on standard error); 2 wrong usage"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; usage errors exit with 2."""
    _write_any_character()
    parser = _parser()
    options = parser.parse_args(arguments)
    if "target_language" in options:
        try:
            pair = canonical_pair(options.source_language, options.target_language)
        except LanguageError as error:
            parser.error(str(error))
        options.source_language, options.target_language = pair
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except (SubmissionError, TestSetError) as error:
        report(error.problems, error.total, options.max_problems)
    except (UnopenableError, InfrastructureError) as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # the reader of our output has seen enough
        # Or Python would complain at its end that it can't flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"The output can't be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _write_any_character() -> None:
    """Files and pipes get UTF-8, whatever the system's encoding; a terminal what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        encoding = stream.encoding if stream.isatty() else "utf-8"
        # For names of files that are no UTF-8, and for terminals that lack a character.
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="terminarium", description="Evaluate machine translation with terminologies."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for module in (validate, score, annotate, check_image, run, node):
        command = commands.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=f"{module.EXAMPLES}\n\n{EXIT_STATUS}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
