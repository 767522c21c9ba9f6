"""How hypotheses render the annotated occurrences of terms, tier by tier.

Computed once for a test set, and once for its hypotheses: all tiers are read from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.metrics.wmt26.exclusive import assign_spans
from evaluator.metrics.wmt26.matching import Form, Paragraph, Span, build_form
from evaluator.metrics.words import find_lemmatiser
from evaluator.normalise import Lemmatiser
from evaluator.types import GoldTerm, Hypotheses, TestSet


@dataclass(frozen=True, slots=True)
class GoldForms:
    """The forms of an annotated occurrence."""

    target: Form
    inflected: Form | None
    alternatives: tuple[Form, ...]

    @classmethod
    def build(cls, gold: GoldTerm, lemmatiser: Lemmatiser | None) -> GoldForms:
        """Return the forms that have content."""
        inflected = build_form(gold.inflected or "", lemmatiser)
        alternatives = (build_form(text, lemmatiser) for text in gold.alternatives)
        return cls(
            build_form(gold.target, lemmatiser),
            inflected if inflected.text else None,
            tuple(dict.fromkeys(form for form in alternatives if form.text)),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an occurrence's paragraph holds of it."""

    gold: GoldTerm
    has_inflected: bool
    tiers: frozenset[str]  # those that it passes


@dataclass(frozen=True, slots=True)
class RenderedParagraph:
    """A paragraph's occurrences, and how the search for spans of their own went."""

    outcomes: tuple[Outcome, ...]
    upper_bound: int  # of occurrences with a span of their own
    is_complete: bool


@keep_last
def render(test_set: TestSet, hypotheses: Hypotheses) -> tuple[RenderedParagraph, ...]:
    """Look for every occurrence in its paragraph; the last result is kept."""
    lemmatiser = find_lemmatiser(test_set)
    rendered = []
    segments = zip(test_set.segments, _list_forms(test_set), hypotheses.texts, strict=True)
    for segment, forms, text in segments:
        paragraph = Paragraph(text if forms else "", lemmatiser)
        rendered.append(_render_paragraph(segment.gold_terms, forms, paragraph))
    return tuple(rendered)


@keep_per_test_set
def _list_forms(test_set: TestSet) -> tuple[tuple[GoldForms, ...], ...]:
    lemmatiser = find_lemmatiser(test_set)
    known: dict[GoldTerm, GoldForms] = {}
    for segment in test_set.segments:
        for gold in segment.gold_terms:
            if gold not in known:
                known[gold] = GoldForms.build(gold, lemmatiser)
    return tuple(tuple(known[gold] for gold in segment.gold_terms) for segment in test_set.segments)


def _render_paragraph(
    golds: Sequence[GoldTerm], all_forms: Sequence[GoldForms], paragraph: Paragraph
) -> RenderedParagraph:
    passed, spans = [], []
    known: dict[GoldForms, tuple[frozenset[str], frozenset[Span]]] = {}
    for forms in all_forms:
        if forms not in known:
            known[forms] = _look_for(forms, paragraph)
        tiers, own = known[forms]
        passed.append(tiers)
        spans.append(own)
    exclusive = assign_spans(spans)
    outcomes = tuple(
        Outcome(gold, forms.inflected is not None, tiers | ({"exclusive"} if has_own else set()))
        for gold, forms, tiers, has_own in zip(
            golds, all_forms, passed, exclusive.satisfied, strict=True
        )
    )
    return RenderedParagraph(outcomes, exclusive.upper_bound, exclusive.is_complete)


def _look_for(forms: GoldForms, paragraph: Paragraph) -> tuple[frozenset[str], frozenset[Span]]:
    """Return the tiers that a paragraph passes, and all spans that render the occurrence."""
    inflected = () if forms.inflected is None else (forms.inflected,)
    annotated = (forms.target, *inflected)
    surface = _join(map(paragraph.find_surface, annotated))
    listed = _join(map(paragraph.find_surface, forms.alternatives))
    lemmas = _join(map(paragraph.find_lemmas, annotated))
    listed_lemmas = _join(map(paragraph.find_lemmas, forms.alternatives))
    passes = {
        "annotated": surface,
        "annotated_lemma": surface | lemmas,
        "glossary": surface | listed,
        "glossary_lemma": surface | lemmas | listed | listed_lemmas,
        "inflected_exact": _join(map(paragraph.find_surface, inflected)),
    }
    tiers = frozenset(tier for tier, spans in passes.items() if spans)
    return tiers, passes["glossary_lemma"]


def _join(spans: Iterable[frozenset[Span]]) -> frozenset[Span]:
    return frozenset[Span]().union(*spans)
