"""Print figures on how easy `evaluator` and `platform` are to read and to change.

    python -m tests.figures                  a table of all figures
    python -m tests.figures --no-run         without the run of a check, which takes some seconds
    python -m tests.figures --list FIGURE    the places that a figure counts, one a line

Measured are the Python files in both folders, without migrations.

- *Words*: occurrences per 1,000 lines (blank lines too) in identifiers split at underscores, in
  comments and in docstrings. Other strings (messages, pages) are not counted. An identifier counts
  wherever it is written: a name that is used five times counts five times.
- *Private functions called once*: functions with a leading underscore that their own file mentions
  once apart from their definition, as a call.
- *Length of functions*: lines from `def` to the last line, with the docstring.
- *A check*: functions with a name that run, and the files that they are in, when the task `check`
  runs on SQLite for an upload of four lines, as the first check of its process.
- *Rooms and arrows*: a room is a module or a sub-package of a package, without `__init__`,
  `__main__` and migrations. An arrow leads from a room to another that it imports, wherever in a
  file the import stands. A sub-package is one room for its parent.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.figures.functions import find_called_once, find_private, measure_functions
from tests.figures.rooms import measure_packages
from tests.figures.sources import Place, Source, count_lines, read_sources
from tests.figures.story import trace_check
from tests.figures.words import WORDS, find_word

ROOT = Path(__file__).resolve().parents[2]
FEWEST_ROOMS = 4  # of a package in the table
LONG = 20  # lines

Row = tuple[str, str]


def main() -> None:
    """Print the table, or the places of one figure."""
    options = read_options()
    sources = read_sources(ROOT)
    if options.list:
        print(*list_places(options.list, sources), sep="\n")
        return
    rows = [*describe_words(sources), *describe_functions(sources)]
    if not options.no_run:
        rows += describe_check()
    rows += describe_packages(sources)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    description, _, details = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.figures",
        description=description,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--no-run", action="store_true", help="leave the run of a check out")
    parser.add_argument(
        "--list", choices=[*WORDS, "called-once", "long", "check"], help="list a figure's places"
    )
    return parser.parse_args()


def list_places(figure: str, sources: Sequence[Source]) -> list[Place]:
    """Return the places that a figure counts; `long` are functions of more than LONG lines."""
    if figure in WORDS:
        return find_word(figure, sources)
    if figure == "called-once":
        return find_called_once(sources)
    if figure == "long":
        functions = [f for f in measure_functions(sources) if f.length > LONG]
        return [replace(f.place, text=f"{f.place.text}, {f.length} lines") for f in functions]
    return trace_check(ROOT)


def describe_words(sources: Sequence[Source]) -> Iterator[Row]:
    """Yield the size of the tree, and each word's occurrences per 1,000 lines."""
    lines = count_lines(sources)
    yield "lines", f"{lines:,} in {len(sources)} files"
    for word in WORDS:
        count = len(find_word(word, sources))
        yield f"“{word}” per 1,000 lines", f"{1000 * count / lines:.1f}  ({count:,})"


def describe_functions(sources: Sequence[Source]) -> Iterator[Row]:
    """Yield how long functions are, and the share of private functions with a single call."""
    functions = measure_functions(sources)
    lengths = [function.length for function in functions]
    private, once = len(find_private(sources)), len(find_called_once(sources))
    yield (
        "private functions called once",
        f"{once / len(functions):.1%} of all functions, {once / private:.1%} of the private ones  "
        f"({once:,} of {len(functions):,}, of {private:,})",
    )
    yield (
        "length of functions: median, 90th percentile",
        f"{statistics.median(lengths):g}, {_ninetieth_percentile(lengths):g} lines",
    )
    yield "longest function", f"{lengths[0]} lines  ({functions[0].place})"


def _ninetieth_percentile(values: Sequence[int]) -> float:
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def describe_check() -> Iterator[Row]:
    """Yield how many functions run in a check."""
    places = trace_check(ROOT)
    files = {place.path for place in places}
    yield "a check of four lines", f"{len(places)} functions in {len(files)} files"


def describe_packages(sources: Sequence[Source]) -> Iterator[Row]:
    """Yield the rooms and arrows of each package with enough rooms."""
    for package in measure_packages(sources):
        if len(package.rooms) >= FEWEST_ROOMS:
            yield f"{package.path}/", f"{len(package.rooms)} rooms, {len(package.arrows)} arrows"


if __name__ == "__main__":
    main()
