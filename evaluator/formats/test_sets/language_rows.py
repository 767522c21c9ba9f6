"""Test sets in JSON lines whose keys are languages and lists of terms, as WMT25 published them.

`{"en": …, "de": …, "proper": {term: target or [targets]}, "random": {…}, "noterm": {}}`. A line
is a segment; where sources hold line breaks, it is a part of a document, scored as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evaluator.errors import ProblemLog
from evaluator.formats.decoding import split_lines
from evaluator.formats.json_lines import parse_object, wrong_string
from evaluator.formats.language_keys import find_language_key
from evaluator.formats.limits import Budget
from evaluator.formats.test_sets.json_terms import read_term_dictionary
from evaluator.formats.test_sets.rows import AnyRow, DocumentRow, GivenTerms, Options, TestSetRow

Lists = dict[str, tuple[dict[str, object], GivenTerms]]  # by name: as in the file, and as read


def read_language_rows(
    data: bytearray, log: ProblemLog, budget: Budget, options: Options
) -> Iterator[AnyRow]:
    """Yield the rows of a file; ids are the numbers of its lines. Texts are verbatim."""
    rows: list[TestSetRow] = []
    known: Lists = {}
    for number, text in split_lines(data, log):
        if not text.strip():
            continue
        value = parse_object(text)
        if isinstance(value, str):
            log.add(f"{value} Write {_example(options)}.", line=number)
            continue
        lists = dict(known)
        row = _read_row(number, str(len(rows) + 1), value, known, log, options)
        if row is None:
            continue
        budget.charge(row.id, row.source, *row.references, line=number)
        for name, (_, terms) in known.items():
            for source, targets in () if lists.get(name, (None, None))[1] is terms else terms:
                budget.charge(source, *targets, line=number)
        rows.append(row)
    _note_blank_targets(rows, options)
    # References do not decide it: participants, who have none, must see the same.
    has_breaks = any("\n" in row.source for row in rows)
    if options.unit == "document" or (options.unit is None and has_breaks):
        for row in rows:
            yield DocumentRow(row.line, row.id, is_unit=True)
            yield TestSetRow(row.line, row.id, row.id, row.source, row.references, lists=row.lists)
        return
    yield from rows


def _note_blank_targets(rows: Sequence[TestSetRow], options: Options) -> None:
    """Tell which lists have terms without a translation."""
    counts: Counter[str] = Counter()
    for row in rows:
        for name, terms in row.lists.items():
            counts[name] += sum(not any(map(str.strip, targets)) for _, targets in terms)
    for name, count in counts.items():
        if count:
            options.on_note(
                f"Terms of the list {name} with an empty translation, over all lines: {count:,}. "
                "They are not given to systems and not looked for."
            )


def _example(options: Options) -> str:
    source, target = options.pair
    return f'{{"{source}": "…", "{target}": "…", "proper": {{"term": "target"}}}}'


def _read_row(
    line: int,
    identifier: str,
    value: dict[str, object],
    known: Lists,
    log: ProblemLog,
    options: Options,
) -> TestSetRow | None:
    """Return a line's row; None, with all problems in `log`, if it is wrong.

    `known` are the lists of the lines before: parts of a document often repeat a long list.
    """
    source_key = find_language_key(value, options.pair[0])
    target_key = find_language_key((key for key in value if key != source_key), options.pair[1])
    faults = [wrong_string(source_key or options.pair[0], value.get(source_key or ""))]
    references: list[object] = []
    if target_key is not None and not options.sources_only:
        given = value[target_key]
        references = given if isinstance(given, list) else [given]
        faults += [wrong_string(target_key, text) for text in references]
    lists: dict[str, GivenTerms] = {}
    for name, terms in value.items():
        if isinstance(terms, dict):
            before = known.get(name)
            is_known = before is not None and before[0] == terms
            read = before[1] if before and is_known else read_term_dictionary(terms)
            if read is None:
                faults.append(f'"{name[:50]}" must be terms such as {{"order": ["commande"]}}.')
                continue
            known[name] = terms, read
            lists[name] = read
    problems = [fault for fault in faults if fault]
    for problem in problems:
        log.add(f"{problem} Write {_example(options)}.", line=line)
    if problems or source_key is None:
        return None
    texts = tuple(map(str, references))
    return TestSetRow(line, "", identifier, str(value[source_key]), texts, lists=lists)
