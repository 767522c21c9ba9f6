"""Hypotheses without ids: finds the line of each segment, and files that are not plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.checking import kept_sources, line_tables
from evaluator.checking.kept_sources import KeptSources, read_kept_sources
from evaluator.checking.leftover_signs import begins_with_preface
from evaluator.checking.line_tables import begin_with_sources, read_table, without_empty_end
from evaluator.checking.shapes import SHAPES, find_shape
from evaluator.errors import ProblemLog
from evaluator.types import HypothesisFile, Line, Segment, TestSet, UnscoredSegment

AnySegment = Segment | UnscoredSegment


def pair_by_order(
    file: HypothesisFile, test_set: TestSet, log: ProblemLog, notes: ProblemLog
) -> dict[int, Line]:
    """Return the line of each segment by its position; faults go to `log`, warnings to `notes`.

    The file may have the segments that belong to no score, or leave them out. Empty lines too
    many at its very end are passed over.
    """
    lines, choices = file.lines, list_choices(test_set)
    if file.format == "text" and not file.broken and may_have_other_form(lines, choices):
        pairs = _read_as_table(lines, choices, notes)
        if pairs is not None:
            return pairs
        refusal = _find_other_form(lines, choices)
        if refusal is not None:
            log.add(refusal[0], line=refusal[1])
            return {}
    for units in choices:
        # `without_empty_end` asks, too; here it shows that an ordinary check ends without it.
        fitting = without_empty_end(lines, len(units)) if len(lines) > len(units) else lines
        if len(fitting) + len(file.broken) == len(units):
            if len(fitting) < len(lines):
                surplus = len(lines) - len(fitting)
                notes.add(
                    f"{_count(surplus, 'empty line')} at the end of the file "
                    f"{'is' if surplus == 1 else 'are'} ignored.",
                    line=lines[len(fitting)].number,
                )
            if file.format == "json array" and test_set.unit == "segment":
                notes.add(
                    f"The file is a JSON array of {len(lines):,} strings. They are read in order, "
                    "a string for each segment."
                )
            return _place(fitting, units, notes, is_only_choice=len(choices) == 1)
    _refuse_count(file, test_set, log)
    return dict(enumerate(lines[: len(test_set.segments)])) if not file.broken else {}


_SIGNS = (line_tables.SIGNS, kept_sources.SIGNS, *(shape.signs for shape in SHAPES))
_STARTS = "|".join(dict.fromkeys(signs.start for signs in _SIGNS if signs.start))
_begins_with_sign = re.compile(rf"\s*+(?:{_STARTS})").match
_find_mark = re.compile(f"[{re.escape(''.join(signs.marks for signs in _SIGNS))}]").search
_find_frequent = re.compile(f"[{re.escape(''.join(signs.frequent for signs in _SIGNS))}]").search
_NAMES = [key for signs in _SIGNS for key in signs.names]
_HELD = [key for signs in _SIGNS for key in signs.held]


def may_have_other_form(lines: Sequence[Line], choices: Sequence[Sequence[AnySegment]]) -> bool:
    """Return whether lines may be a table or another form than plain text.

    False for files without any of the signs that the closer looks state, which they then spare.
    """
    texts = [line.text for line in lines]
    if any(map(_find_mark, texts)) or any(map(_begins_with_sign, texts)):
        return True
    filled = sum(bool(text.strip()) for text in texts)
    frequent = sum(_find_frequent(text) is not None for text in texts)
    if frequent > 1 and 2 * frequent >= filled:
        return True
    for units in choices:
        names = (key(1, unit).strip() for unit in units[:1] for key in _NAMES)
        if texts and texts[0].strip().startswith(tuple(filter(None, names))):
            return True
        for key in _HELD:
            own = (key(number, unit).strip() for number, unit in enumerate(units, 1))
            held = sum(bool(part) and part in text for text, part in zip(texts, own, strict=False))
            if held > 1 and 2 * held >= min(len(texts), len(units)):
                return True
    return False


def _read_as_table(
    lines: Sequence[Line], choices: list[Sequence[AnySegment]], notes: ProblemLog
) -> dict[int, Line] | None:
    # What has as many segments as there are lines comes first: no row is taken for a header.
    for units in sorted(choices, key=lambda units: len(units) != len(lines)):
        table = read_table(lines, units) or read_kept_sources(lines, units)
        if table is not None and not isinstance(table, KeptSources):
            notes.add(table.note, line=table.lines[0].number)
            return _place(table.lines, units, notes, is_only_choice=len(choices) == 1)
    return None


def _find_other_form(
    lines: Sequence[Line], choices: list[Sequence[AnySegment]]
) -> tuple[str, int] | None:
    """Return why lines are not plain text, and the number of the line that shows it."""
    for units in choices:
        kept = read_kept_sources(lines, units)
        if isinstance(kept, KeptSources):
            return kept.message, kept.first
    if begin_with_sources(lines, choices[-1]):
        is_whole = len(lines) == len(choices[-1])  # else there may be a header
        message = (
            "The file is a table, not plain text: lines begin with sources"
            f"{', but not each with its own' if is_whole else ''}. Send the translations only, "
            "one a line, in the order of the sources."
        )
        return message, lines[0].number
    shape = find_shape([line.text for line in lines], [unit.source for unit in choices[-1]])
    return None if shape is None else (shape.message, lines[shape.line].number)


# Of a table with a single column.
HEADERS = {
    "translation", "translations", "hypothesis", "hypotheses", "hyp", "mt", "output", "outputs",
    "prediction", "predictions", "target", "tgt", "text", "translation_text",
}  # fmt: skip
MOST_IN_TURN = 4  # lines for each segment


def list_choices(test_set: TestSet) -> list[Sequence[AnySegment]]:
    """Return what lines may stand for: the segments, or all segments of the source file.

    Of a document all paragraphs are translated: a shorter choice would tell which of them have
    no reference.
    """
    if not test_set.unscored:
        return [test_set.segments]
    whole = test_set.all_segments
    return [whole] if test_set.unit == "document" else [test_set.segments, whole]


def _place(
    lines: Sequence[Line],
    units: Sequence[AnySegment],
    notes: ProblemLog,
    *,
    is_only_choice: bool,
) -> dict[int, Line]:
    """Return the lines of scored segments; a note on others, if they could be left out."""
    scored = [line for line, unit in zip(lines, units, strict=False) if isinstance(unit, Segment)]
    aside = len(units) - len(scored)
    if aside and len(lines) == len(units) and not is_only_choice:
        notes.add(
            f"{_count(aside, 'line')} {'is' if aside == 1 else 'are'} set aside: the source file "
            f"has {'this segment' if aside == 1 else 'these segments'}, but no score counts "
            f"{'it' if aside == 1 else 'them'}."
        )
    return dict(enumerate(scored))


def _refuse_count(file: HypothesisFile, test_set: TestSet, log: ProblemLog) -> None:
    expected, given = len(list_choices(test_set)[0]), len(file.lines) + len(file.broken)
    what = "string" if file.format == "json array" else "line"
    has = f"a JSON array of {_count(given, 'string')}" if what == "string" else _count(given, what)
    or_all = ""
    if test_set.unscored and test_set.unit == "segment":
        or_all = f" ({expected + len(test_set.unscored):,} with those that no score counts)"
    unit = "paragraph" if test_set.unit == "document" else "segment"
    segments = f"{_count(expected, unit)}{or_all}"
    if given < expected:
        log.add(
            f"The file has {has}, the test set {segments}. Add the missing "
            f"{_count(expected - given, what)}: an empty {what} for an empty translation.",
            line=given if what == "line" else None,
        )
    elif times := _count_repetitions(file, expected):
        log.add(
            f"The file has {has}, the test set {segments}: each {what} occurs {times} times. "
            f"Keep one of each {times}.",
            line=expected + 1 if what == "line" else None,
        )
    elif other := _describe_other_lines(file, test_set):
        log.add(
            f"The file has {has}, the test set {segments}: {other} Send the translations only, "
            "one a line.",
            line=1 if what == "line" else None,
        )
    elif what == "line" and (first := _describe_first_line(file)):
        log.add(f"The file has {has}, the test set {segments}. {first}", line=1)
    else:
        remedy = (
            "Write a line for each segment, in the order of the source file."
            if test_set.unscored
            else f"Remove {_count(given - expected, what)}, such as empty or broken lines."
        )
        log.add(
            f"The file has {has}, the test set {segments}. {remedy}",
            line=expected + 1 if what == "line" else None,
        )


def _describe_first_line(file: HypothesisFile) -> str | None:
    """Return what a first line too many looks like, with the remedy."""
    text = file.lines[0].text.strip() if file.lines else ""
    if begins_with_preface(text):
        return "Line 1 looks like words to the reader, not like a translation. Remove such lines."
    if text.strip('"').casefold() in HEADERS:
        return "Line 1 looks like the name of a column. Remove it."
    return None


def _count_repetitions(file: HypothesisFile, expected: int) -> int | None:
    """Return how often each line is there: each several times in a row, or the whole file."""
    texts = [line.text for line in file.lines]
    times, rest = divmod(len(texts), max(expected, 1))
    if rest or times < 2 or file.broken or expected < 2:
        return None
    in_a_row = all(texts[n] == texts[n - n % times] for n in range(len(texts)))
    as_a_whole = all(texts[n] == texts[n % expected] for n in range(len(texts)))
    return times if in_a_row or as_a_whole else None


def _describe_other_lines(file: HypothesisFile, test_set: TestSet) -> str | None:
    """Return which lines are sources or empty, where the others are as many as the segments.

    They stand in turn with the translations, or are the first or the last lines.
    """
    for units in list_choices(test_set):
        sources = [unit.source.split() for unit in units]
        texts = [line.text.split() for line in without_empty_end(file.lines, 2 * len(units))]
        times, rest = divmod(len(texts) + 1, len(sources) or 1)
        if not units or file.broken or times < 2 or rest > 1 or times > MOST_IN_TURN:
            continue
        if times * len(sources) == len(texts) + 1:
            texts.append([])  # the empty line after the last group
        elif rest != 1:
            continue
        turns = [_describe_lines(texts[n::times], sources) for n in range(times)]
        halves = [_describe_lines(texts[n:][: len(sources)], sources) for n in (0, len(sources))]
        names = [turn for turn in turns if turn]
        if len(names) == times - 1:
            return f"of each {times} lines, {' and '.join(f'1 is {name}' for name in names)}."
        if times == 2 and any(halves) and not all(halves):
            where = "first" if halves[0] else "last"
            return f"the {where} {len(sources):,} are the sources or empty."
    return None


def _describe_lines(texts: list[list[str]], sources: list[list[str]]) -> str | None:
    """Return what most of these lines are besides translations, in the order of the sources."""
    if not any(texts):
        return "empty"
    if len(texts) > 2 and all(text == texts[0] for text in texts):
        return "the same each time"
    same = sum(text == source for text, source in zip(texts, sources, strict=True))
    return "the source" if 2 * same > len(sources) else None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
