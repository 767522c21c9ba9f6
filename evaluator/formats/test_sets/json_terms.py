"""Terms in the JSON of test sets: lists of objects, and dictionaries as of WMT25."""

from __future__ import annotations

from evaluator.formats.json_lines import wrong_string
from evaluator.formats.test_sets.rows import GivenTerms

LIST_FAULT = '"terms" must be a list such as [{"source": "…", "targets": ["…"]}].'


def read_term_list(value: object) -> GivenTerms | None:
    """Return the terms of `[{"source": "…", "targets": ["…"]}]`, None for anything else."""
    if not isinstance(value, list):
        return None
    terms: list[tuple[str, tuple[str, ...]]] = []
    for item in value:
        term = _read_term(item.get("source"), item.get("targets")) if is_object(item) else None
        if term is None:
            return None
        terms.append(term)
    return tuple(terms)


def read_term_dictionary(value: object) -> GivenTerms | None:
    """Return the terms of `{source: target}` or `{source: [targets]}`, None for anything else.

    An empty target stays, as in published lists: nothing is searched for it.
    """
    if not isinstance(value, dict):
        return None
    terms: list[tuple[str, tuple[str, ...]]] = []
    for source, targets in value.items():
        given = [targets] if isinstance(targets, str) else targets
        term = _read_term(source, given, may_be_blank=True)
        if term is None:
            return None
        terms.append(term)
    return tuple(terms)


def is_object(value: object) -> bool:
    """Return whether a value of JSON is an object."""
    return isinstance(value, dict)


def _read_term(
    source: object, targets: object, *, may_be_blank: bool = False
) -> tuple[str, tuple[str, ...]] | None:
    if not isinstance(targets, list) or not targets or not _is_form(source):
        return None
    if not all(_is_form(target) or (may_be_blank and target == "") for target in targets):
        return None
    return str(source), tuple(map(str, targets))


def _is_form(form: object) -> bool:
    return isinstance(form, str) and bool(form.strip()) and wrong_string("", form) is None
