"""chrF++ over whole documents and over their paragraphs, as in WMT 2026."""

from __future__ import annotations

from dataclasses import replace

from evaluator.metrics.base import Group
from evaluator.metrics.chrf import ChrfPlusPlus
from evaluator.metrics.documents import group_paragraphs
from evaluator.metrics.kept import keep_per_test_set
from evaluator.types import Hypotheses, Segment, Statistics, TestSet


class Wmt26ParagraphChrf(ChrfPlusPlus):
    """chrF++ with a row per paragraph: the number of `chrf++` under the name of the edition."""

    name = "wmt26-chrf++-paragraphs"
    label = "chrF++ paragraphs"
    meaning = "chrF++ over paragraphs, as in WMT 2026."
    group = Group.WMT26
    absent = "the test set is not made of documents with paragraphs"

    def lacks(self, test_set: TestSet) -> str | None:
        """Return what is missing: documents of several paragraphs, or annotated occurrences."""
        segments = test_set.segments
        if test_set.unit != "document":
            return "documents as units"
        if not all(segment.references for segment in segments):
            return "a reference"
        documents = {segment.document for segment in segments}
        if len(documents) < len(segments) or any(segment.gold_terms for segment in segments):
            return None
        return "documents of several paragraphs"


class Wmt26DocumentChrf(Wmt26ParagraphChrf):
    """chrF++ with a row per document, its paragraphs joined by the document's delimiter."""

    name = "wmt26-chrf++-documents"
    label = "chrF++ documents"
    meaning = "chrF++ over whole documents, as in WMT 2026."

    def statistics(self, test_set: TestSet, hypotheses: Hypotheses) -> Statistics:
        """Return int64 [documents, k], documents by first appearance."""
        texts = tuple(own.join(hypotheses.texts) for own in group_paragraphs(test_set))
        return super().statistics(_join_documents(test_set), Hypotheses(texts))

    def signature(self, test_set: TestSet) -> str:
        """sacrebleu's signature, then unit and test set."""
        return super().signature(test_set).replace("|unit:segment|", "|unit:document|")


@keep_per_test_set
def _join_documents(test_set: TestSet) -> TestSet:
    """Return a test set in which each document is a segment."""
    segments = test_set.segments
    sources = [segment.source for segment in segments]
    references = list(zip(*(segment.references for segment in segments), strict=True))
    joined = tuple(
        Segment(own.id, own.id, own.join(sources), tuple(map(own.join, references)))
        for own in group_paragraphs(test_set)
    )
    return replace(test_set, segments=joined, documents=(), other_lists=(), terminology=None)
