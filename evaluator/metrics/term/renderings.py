"""What all metrics of the family look at: required terms, and how hypotheses render them.

Computed once for a test set, and once for its hypotheses: six metrics ask for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.metrics.kept import keep_last, keep_per_test_set
from evaluator.normalise import NormalisedText, Normaliser
from evaluator.terms.matching import Required, Requirements, TermAssignment
from evaluator.terms.required import RequiredTerms, required_terms
from evaluator.types import Hypotheses, TestSet


@dataclass(frozen=True, slots=True)
class TermView:
    """A test set as the family sees it; tuples hold an item per segment."""

    test_set: TestSet
    source: Normaliser
    target: Normaliser
    terms: RequiredTerms
    requirements: tuple[Requirements, ...]  # `.required`, and `.assign(text)` for any text

    @property
    def required(self) -> tuple[tuple[Required, ...], ...]:
        """Per segment, an item per entry."""
        return self.terms.per_segment

    @property
    def references(self) -> tuple[tuple[NormalisedText, ...], ...]:
        """Per segment, every reference; normalised when first asked for."""
        return normalised_references(self.test_set)


@dataclass(frozen=True, slots=True)
class RenderedSegment:
    """A hypothesis and how it renders what its segment requires."""

    text: NormalisedText
    assignment: TermAssignment


@keep_per_test_set
def term_view(test_set: TestSet) -> TermView:
    """Find the required terms."""
    source = Normaliser.for_language(test_set.source_language)
    target = Normaliser.for_language(test_set.target_language, test_set.lemmatiser)
    terms = required_terms(test_set)
    return TermView(
        test_set,
        source,
        target,
        terms,
        tuple(Requirements(required, target) for required in terms.per_segment),
    )


@keep_last
def rendered(test_set: TestSet, hypotheses: Hypotheses) -> tuple[RenderedSegment, ...]:
    """Normalise and match the hypothesis of each segment; the last result is kept."""
    view = term_view(test_set)
    segments = []
    for requirements, text in zip(view.requirements, hypotheses.texts, strict=True):
        normalised = view.target.normalise(text)
        segments.append(RenderedSegment(normalised, requirements.assign(normalised)))
    return tuple(segments)


@keep_last  # large, and only read to prepare what is kept per test set
def normalised_references(test_set: TestSet) -> tuple[tuple[NormalisedText, ...], ...]:
    """Normalise every reference, per segment; the last test set's are kept."""
    target = Normaliser.for_language(test_set.target_language, test_set.lemmatiser)
    return tuple(tuple(map(target.normalise, segment.references)) for segment in test_set.segments)


@keep_per_test_set
def rendered_references(test_set: TestSet) -> tuple[tuple[TermAssignment, ...], ...]:
    """Match every reference, per segment and reference: its renderings of what is required."""
    requirements = term_view(test_set).requirements
    return tuple(
        tuple(map(own.assign, references))
        for own, references in zip(requirements, normalised_references(test_set), strict=True)
    )
