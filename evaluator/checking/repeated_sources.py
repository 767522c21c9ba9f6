"""Files that repeat the sources beside the hypotheses: are they those of the test set?"""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.checking.documents import find_documents
from evaluator.checking.ordering import list_choices
from evaluator.errors import ProblemLog, printable
from evaluator.types import HypothesisFile, Line, TestSet

LONGEST_NAME = 20  # characters of what may stand for a source, such as an id
SHOWN = 60  # characters of a source in a message


def check_sources(
    file: HypothesisFile, test_set: TestSet, log: ProblemLog, notes: ProblemLog
) -> None:
    """Report each line whose source is not the test set's at its place; white space is free.

    Names in the place of all sources (`x0`, `x1`) show nothing of the order: a warning. A file of
    another number of lines is reported elsewhere.
    """
    expected = _list_expected(file, test_set)
    if expected is None:
        return
    places = {_squeeze(text): place for place, text in reversed(list(enumerate(expected)))}
    wrong = [
        (line, place)
        for place, (line, text) in enumerate(zip(file.lines, expected, strict=True))
        if _squeeze(line.source or "") != _squeeze(text)
    ]
    if wrong and len(wrong) == len(expected) and _are_names(file.lines, expected):
        notes.add(
            "The file has names instead of the sources, so that the order can't be checked. The "
            "hypotheses are read in the order of the lines.",
            line=file.lines[0].number,
        )
        return
    for line, place in wrong:
        source = _squeeze(line.source or "")
        other = places.get(source)
        if other is not None:
            message = (
                f"The source of this line is number {other + 1:,} in the test set; number "
                f"{place + 1:,} is expected here. Keep the lines in the order of the test set."
            )
        else:
            shown = printable(_squeeze(expected[place]), SHOWN)
            message = (
                f"The source of this line is not in the test set; {shown!r} is expected here. "
                "Copy the sources unchanged, or check whether this is the file for another test "
                "set."
            )
        log.add(message, line=line.number)


def _list_expected(file: HypothesisFile, test_set: TestSet) -> list[str] | None:
    """Return the sources that the lines should have, None if there are other numbers of them."""
    if test_set.unit == "document":
        documents = find_documents(file, test_set)
        if documents is not None:
            return [document.text for document in documents]
    choices = list_choices(test_set)
    units = next((units for units in choices if len(units) == len(file.lines)), None)
    return None if units is None else [unit.source for unit in units]


def _are_names(lines: Sequence[Line], expected: Sequence[str]) -> bool:
    """Return whether each line has a short word, all different, while sources are longer."""
    names = {(line.source or "").strip() for line in lines}
    short = all(len(name) <= LONGEST_NAME and len(name.split()) <= 1 for name in names)
    texts = sum(len(text) > LONGEST_NAME for text in expected)
    return short and len(names) == len(lines) and 2 * texts > len(expected)


def _squeeze(text: str) -> str:
    return " ".join(text.split())
