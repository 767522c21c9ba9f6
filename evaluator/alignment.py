"""Do these hypotheses fit this test set? Every problem at once, with line and id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluator.errors import MisalignedError, ProblemLog, in_document
from evaluator.normalise import count_tokens, has_more_tokens
from evaluator.types import Hypotheses, HypothesisFile, Line, TestSet

# A line longer than this is refused. A system that repeats itself to its own length limit stays
# below; what is above would make time and memory of scoring the participant's choice.
TOKENS_PER_SOURCE_TOKEN = 20
TOKENS_FREE = 200
LINE_BYTES = 100_000  # contract.md: 100 kB a line

Position = int  # of a segment in the test set


def align(file: HypothesisFile, test_set: TestSet) -> Hypotheses:
    """Pair every segment of the test set with its hypothesis.

    Plain text pairs by order. Ids pair by (document id, segment id); a JSON line without "doc"
    pairs by its id alone, which must then be unique in the test set. An empty hypothesis counts
    as present (see `checks.warnings`).

    Raises MisalignedError listing all: wrong count, unknown, missing and repeated ids, line
    breaks in a text, texts too long to be a translation (in tokens of their language).
    """
    log = ProblemLog(file.name)
    found = find_misalignments(file, test_set, log)
    log.raise_as(MisalignedError)
    lines = [found[position] for position in range(len(test_set.segments))]
    return Hypotheses(
        tuple(line.text for line in lines), tuple(line.number for line in lines), file.name
    )


def find_misalignments(
    file: HypothesisFile, test_set: TestSet, log: ProblemLog
) -> Mapping[Position, Line]:
    """Note in `log` what `align` would raise, of a file with broken lines too.

    Returns where lines belong; every position has one if nothing was noted and none is broken.
    """
    pair = _by_order if file.format == "text" else _by_id
    found = pair(file, test_set, log)
    _check_texts(file, test_set, log)
    return found


def _by_order(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> Mapping[Position, Line]:
    expected, given = len(test_set.segments), len(file.lines) + len(file.broken)
    if given < expected:
        log.add(
            f"The file has {given} lines, the test set {expected} segments. "
            f"Add the missing {expected - given}: an empty line for an empty translation.",
            line=given,
        )
    elif given > expected:
        log.add(
            f"The file has {given} lines, the test set {expected} segments. "
            f"Remove the {given - expected} that are too many, such as empty or broken lines.",
            line=expected + 1,
        )
    return dict(enumerate(file.lines))


def _by_id(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> Mapping[Position, Line]:
    by_pair = {(s.document, s.id): n for n, s in enumerate(test_set.segments)}
    by_segment: dict[str, list[Position]] = {}
    for number, segment in enumerate(test_set.segments):
        by_segment.setdefault(segment.id, []).append(number)

    def places_of(line: Line) -> list[Position]:
        if line.document is None:
            return by_segment.get(line.segment or "", [])
        pair = (line.document, line.segment or "")
        return [by_pair[pair]] if pair in by_pair else []

    found: dict[Position, Line] = {}
    excused = {place for line in file.broken for place in places_of(line)}
    for line in file.lines:
        places = places_of(line)
        if len(places) > 1:
            excused.update(places)
        _place(line, places, found, log)
    _report_missing(test_set, found.keys() | excused, log)
    return found


def _place(
    line: Line, places: list[Position], found: dict[Position, Line], log: ProblemLog
) -> None:
    where = in_document(line.document)
    if not places:
        # An empty name may be all that is wrong with the line.
        where = " in a document without a name" if line.document == "" else where
        message = f"The test set has no such segment{where}. Use the ids of its source file."
    elif len(places) > 1:
        message = (
            f"{len(places)} documents of the test set have a segment of this id. "
            'Say which one: add "doc".'
        )
    elif places[0] in found:
        first = found[places[0]].number
        message = f"The segment{where} stands in line {first} already. Keep one of them."
    else:
        found[places[0]] = line
        return
    log.add(message, line=line.number, segment=line.segment)


def _report_missing(test_set: TestSet, present: set[Position], log: ProblemLog) -> None:
    for number, segment in enumerate(test_set.segments):
        if number not in present:
            log.add(
                f"The segment{in_document(segment.document)} is missing. "
                "Add its translation; it may be empty.",
                segment=segment.id,
            )


def _check_texts(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> None:
    longest = longest_source(
        (segment.source for segment in test_set.segments), test_set.source_language
    )
    for line in file.lines:
        for message in text_faults(line.text, longest, test_set.target_language):
            log.add(message, line=line.number, segment=line.segment)


def longest_source(sources: Iterable[str], language: str) -> int:
    """Return the number of tokens of the longest source, 0 for none."""
    return max((count_tokens(source, language) for source in sources), default=0)


def text_faults(text: str, longest: int, language: str) -> list[str]:
    """Return why a text can't be a translation into a language.

    `longest` is the number of tokens of the longest source.
    """
    faults = []
    if "\n" in text or "\r" in text:
        faults.append("The translation holds a line break. Replace it by a space.")
    message = _too_large(text) or _too_long(text, longest, language)
    return [*faults, message] if message else faults


def _too_large(text: str) -> str | None:
    size = len(text.encode("utf-8", "replace"))
    if size <= LINE_BYTES:
        return None
    return f"The text has {size:,} bytes; {LINE_BYTES:,} are allowed. Shorten it."


def _too_long(text: str, longest: int, language: str) -> str | None:
    limit = TOKENS_PER_SOURCE_TOKEN * longest + TOKENS_FREE
    if not has_more_tokens(text, language, limit):
        return None
    return (
        f"The text has more than {limit:,} tokens, the limit: {TOKENS_PER_SOURCE_TOKEN} times "
        f"the longest source's {longest:,}, and {TOKENS_FREE}. Shorten it: it may be repeating "
        "itself."
    )
