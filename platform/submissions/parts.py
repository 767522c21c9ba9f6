"""The parts of a score, which the evaluator gives as counts, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Details = Mapping[str, int | float | str]


def in_words(metric: str, details: Details) -> str:
    """Write a score's parts, such as `required 120: surface 80, lemma 20, missed 20`."""
    write = WRITERS.get(metric)
    return write(details) if write and details else ""


def _success(details: Details) -> str:
    text = (
        f"required {_number(details, 'required')}: surface {_number(details, 'surface')}, "
        f"lemma {_number(details, 'lemma')}, missed {_number(details, 'missed')}"
    )
    if "required_seen" in details:
        text += (
            f"; of terms in the training data {_number(details, 'rendered_seen')} of "
            f"{_number(details, 'required_seen')}, of others "
            f"{_number(details, 'rendered_unseen')} of {_number(details, 'required_unseen')}"
        )
    return text + _flagged(details, f"; at most {_number(details, 'upper_bound')} rendered")


def _consistency(details: Details) -> str:
    text = (
        f"repeated {_number(details, 'required')}: rendered {_number(details, 'rendered')}, "
        f"by one variant {_number(details, 'by_one_variant')}"
    )
    if "of_rendered" in details:
        text += f" ({float(details['of_rendered']):.1f} % of the rendered)"
    return text


def _overlap(details: Details) -> str:
    return f"occurrences counted {_number(details, 'counted')}" + _flagged(details, "")


def _over_application(details: Details) -> str:
    return f"{_number(details, 'overapplied')} of {_number(details, 'segments')} segments"


def _edits(details: Details) -> str:
    stopped = int(details.get("stopped_searches", 0))
    return f"search for shifts cut short in {_segments(stopped)}" if stopped else ""


def _exact_match(details: Details) -> str:
    return (
        f"found {_number(details, 'found')}, by lemma {_number(details, 'found_by_lemma')}, "
        f"missed {_number(details, 'wrong')}"
    )


def _flagged(details: Details, text: str) -> str:
    """Say that a bound on the work was hit: the score is then a lower bound."""
    flagged = int(details.get("flagged", 0))
    return f"{text}; search cut short in {_segments(flagged)}" if flagged else ""


def _segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count:,} segments"


def _number(details: Details, name: str) -> str:
    return f"{int(details.get(name, 0)):,}"


WRITERS: Mapping[str, Callable[[Details], str]] = {
    "term-success": _success,
    "term-consistency": _consistency,
    "term-window-overlap-2": _overlap,
    "term-window-overlap-3": _overlap,
    "term-1-ter": _edits,
    "over-application": _over_application,
    "wmt21-exact-match": _exact_match,
    "wmt21-1-term": _edits,
}
