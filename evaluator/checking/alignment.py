"""Do these hypotheses fit this test set? Every problem at once, with line and id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluator.checking.ordering import pair_by_order
from evaluator.errors import MisalignedError, ProblemLog, in_document
from evaluator.types import Hypotheses, HypothesisFile, Line, Problem, TestSet

# How large hypotheses may be, in proportion to their sources. Scoring takes time and memory in
# proportion to the texts, so without a bound a participant would choose what scoring costs.
# Translations are rarely twice as long as their source in bytes, three times from English into
# Indic scripts; a system that repeats itself to its own length limit stays below 20,000 bytes.
FACTOR = 4  # bytes of a translation for each byte of its source
FREE_OF_FILE = 100_000  # bytes
FREE_OF_TEXT = 20_000  # bytes
LARGEST_NAMED = 5  # texts, where the file is too large as a whole
SHORTEN = "Shorten it: the system may be repeating itself."

Position = int  # of a segment in the test set


@dataclass(frozen=True, slots=True)
class Pairing:
    """The line of each segment's hypothesis, and warnings about how the file was read."""

    lines: Mapping[Position, Line]
    notes: tuple[Problem, ...] = ()


def align(file: HypothesisFile, test_set: TestSet) -> Hypotheses:
    """Pair every segment of the test set with its hypothesis.

    Plain text and a JSON array of strings pair by order. Ids pair by (document id, segment id); a
    JSON line without "doc" pairs by its id alone, which must then be unique in the test set. An
    empty hypothesis counts as present (see `find_warnings`). Segments of the source file that
    belong to no score may be there or not, but of a document every paragraph has to be there.

    Plain text in which each line begins with its own segment's id or source is read as a
    table. Where the unit is the document, what pairs by order may have a text for each document,
    which is split into paragraphs. In JSON, a line break in a text counts as a space, unless its
    source has some too. The notes of the result are warnings about all this, and about lines that
    were set aside.

    Raises MisalignedError listing all: wrong count (of segments, documents or paragraphs),
    unknown, missing and repeated ids, sources that the file repeats and that are not the test
    set's, a table or markup instead of plain text, texts too long to be translations.
    """
    log = ProblemLog(file.name)
    pairing = find_misalignments(file, test_set, log)
    if log.total:  # `raise_as` asks, too; here it shows that an ordinary check ends without it
        log.raise_as(MisalignedError)
    lines = [pairing.lines[position] for position in range(len(pairing.lines))]
    hypotheses = Hypotheses(
        tuple(line.text for line in lines),
        tuple(line.number for line in lines),
        file.name,
        pairing.notes,
    )
    if len(lines) > len(test_set.segments):
        from evaluator.checking.whole_documents import set_aside  # rare

        return set_aside(hypotheses, test_set)
    return hypotheses


def find_misalignments(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> Pairing:
    """Add to `log` what `align` would raise, even for a file with broken lines.

    Every position has a line if nothing was noted and no line is broken. Where the unit is the
    document, positions are those of all paragraphs: no message shows which of them count.
    """
    if test_set.unit == "document" and test_set.unscored:
        from evaluator.checking.whole_documents import count_all_paragraphs  # rare

        test_set = count_all_paragraphs(test_set)
    sources = [segment.source for segment in test_set.segments]
    sources += [segment.source for segment in test_set.unscored]
    limit = largest_file(sources)
    size = sum(count_bytes(line.text) for line in file.lines)
    if size > limit:
        _report_size(file, size, limit, log)
        return Pairing({})  # looking closer would make our time the participant's choice
    if file.format.startswith("json"):
        from evaluator.checking.json_alignment import pair_json  # the other formats do without

        pairing = pair_json(file, test_set, log)
    elif file.format == "text":
        notes = ProblemLog(file.name, severity="warning")
        lines = pair_by_order(file, test_set, log, notes)
        pairing = Pairing(lines, tuple(notes.problems))
    else:
        pairing = pair_by_id(file, test_set, log)
    for position, line in pairing.lines.items():
        source = test_set.segments[position].source
        for message in find_text_faults(line.text, largest_text(source), may_break="\n" in source):
            log.add(message, line=line.number, segment=line.segment)
    return pairing


def count_bytes(text: str) -> int:
    """Return the length of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def largest_file(sources: Iterable[str]) -> int:
    """Return how many bytes all translations of these sources may have together."""
    return FACTOR * sum(map(count_bytes, sources)) + FREE_OF_FILE


def largest_text(source: str) -> int:
    """Return how many bytes a translation of this source may have."""
    return FACTOR * count_bytes(source) + FREE_OF_TEXT


def _report_size(file: HypothesisFile, size: int, limit: int, log: ProblemLog) -> None:
    log.add(
        f"The texts have {size:,} bytes together; {limit:,} are allowed, {FACTOR} times those of "
        f"all sources plus {FREE_OF_FILE:,}. Send the translations only."
    )
    longest = sorted(file.lines, key=lambda line: -count_bytes(line.text))[:LARGEST_NAMED]
    for line in sorted(longest, key=lambda line: line.number):
        log.add(
            f"This is one of the {len(longest)} longest texts: {count_bytes(line.text):,} bytes. "
            + SHORTEN,
            line=line.number,
            segment=line.segment,
        )


def pair_by_id(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> Pairing:
    """Return the line of each segment by its document and id; faults go to `log`."""
    by_pair = {(s.document, s.id): n for n, s in enumerate(test_set.segments)}
    by_segment: dict[str, list[Position]] = {}
    for number, segment in enumerate(test_set.segments):
        by_segment.setdefault(segment.id, []).append(number)
    unscored: set[tuple[str | None, str]] = {(s.document, s.id) for s in test_set.unscored}
    unscored |= {(None, s.id) for s in test_set.unscored if s.id not in by_segment}

    def places_of(line: Line) -> list[Position]:
        if line.document is None:
            return by_segment.get(line.segment or "", [])
        pair = (line.document, line.segment or "")
        return [by_pair[pair]] if pair in by_pair else []

    if file.format == "json object":
        by_name = {f"{s.document}:{s.id}": [n] for n, s in enumerate(test_set.segments)}
        by_segment = {**by_name, **by_segment}
        if not any(map(places_of, file.lines)):
            log.add(
                "The file is a JSON object whose keys are not the ids of the test set. Write one "
                'object a line: {"id": "…", "translation": "…"}.'
            )
            return Pairing({})
    paired: dict[Position, Line] = {}
    excused = {place for line in file.broken for place in places_of(line)}
    for line in file.lines:
        places = places_of(line)
        if not places and (line.document, line.segment or "") in unscored:
            continue
        if len(places) > 1:
            excused.update(places)
        _place(line, places, paired, log, file.format)
    if file.lines or file.broken:  # otherwise no line has an id, which is the actual fault
        _report_missing(test_set, paired.keys() | excused, log)
    return Pairing(paired)


def _place(
    line: Line,
    places: list[Position],
    paired: dict[Position, Line],
    log: ProblemLog,
    form: str,
) -> None:
    where = in_document(line.document)
    if not places:
        # An empty name may be all that is wrong with the line.
        where = " in a document without a name" if line.document == "" else where
        message = f"The test set has no such segment{where}. Use the ids of its source file."
    elif len(places) > 1:
        message = f"{len(places)} documents of the test set have a segment with this id. " + (
            "Write the key as document:segment."
            if form == "json object"
            else 'Add "doc" to name the document.'
        )
    elif places[0] in paired:
        first = paired[places[0]].number
        message = f"The segment{where} stands in line {first} already. Keep one of them."
    else:
        paired[places[0]] = line
        return
    log.add(message, line=line.number, segment=line.segment)
    for fault in find_text_faults(line.text, None, may_break=form.startswith("json")):
        log.add(fault, line=line.number, segment=line.segment)


def _report_missing(test_set: TestSet, present: set[Position], log: ProblemLog) -> None:
    for number, segment in enumerate(test_set.segments):
        if number not in present:
            log.add(
                f"The segment{in_document(segment.document)} is missing. "
                "Add its translation; it may be empty.",
                segment=segment.id,
            )


def find_text_faults(
    text: str, largest: int | None, *, quote: bool = True, may_break: bool = False
) -> list[str]:
    """Return why a text can't be a translation of a source that allows `largest` bytes.

    None means that the source is not known. Without `quote` no message depends on how long the
    text is. `may_break`: the source holds line breaks, so the translation may too.
    """
    faults = []
    # At the end it is white space to every metric: `leftovers` warns of it.
    if not may_break and ("\n" in text or "\r" in text.rstrip("\r")):
        faults.append("The translation holds a line break. Replace it by a space.")
    size = count_bytes(text) if largest is not None else 0
    if largest is not None and size > largest:
        has = f"has {size:,} bytes; {largest:,} are allowed" if quote else "is too long"
        faults.append(
            f"The text {has}: {FACTOR} times its source plus {FREE_OF_TEXT:,} bytes. {SHORTEN}"
        )
    return faults
