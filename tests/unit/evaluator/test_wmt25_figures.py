"""The figures of WMT 2025, on cases small enough to be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluator.scoring import defined_metrics, score
from evaluator.types import (
    Document,
    GoldTerm,
    Hypotheses,
    Segment,
    Term,
    TermAlignment,
    Terminology,
    TermList,
    TestSet,
)


def terms(targets):
    return tuple(
        Term(str(number), source, tuple(given.split("|")))
        for number, (source, given) in enumerate(targets.items(), 1)
    )


def only(test_set, hypotheses, metric):
    [own] = score(test_set, hypotheses, metrics=[metric]).scores
    return own


def count_success(target_language, *rows):
    """Rows are source, dictionary, hypothesis; returns counted, as written, by lemma."""
    segments = tuple(
        Segment(str(at), "d", source, ("r",), (), ((),), terms(given))
        for at, (source, given, _) in enumerate(rows)
    )
    test_set = TestSet("en", target_language, segments, "raw")
    own = only(test_set, Hypotheses(tuple(row[2] for row in rows)), "wmt25-term-success")
    details = own.details
    assert own.value == (details["surface"] + details["lemma"]) / details["counted"]
    return details["counted"], details["surface"], details["lemma"]


@pytest.mark.parametrize(
    ("language", "row", "expected"),
    [
        # No word boundaries: inside a longer word on both sides.
        ("fr", ("The reordering", {"order": "commande"}, "commandement"), (1, 1, 0)),
        ("fr", ("THE STORAGE", {"storage": "Mémoire"}, "mÉMOIRE"), (1, 1, 0)),
        # Once for any number of mentions, on both sides.
        ("fr", ("mask, mask, mask", {"mask": "masque"}, "un masque"), (1, 1, 0)),
        ("fr", ("mask", {"mask": "masque"}, "masque masque"), (1, 1, 0)),
        # Two entries may share the words of a hypothesis.
        ("fr", ("data model", {"data": "données", "data model": "modèle de données"},
                "le modèle de données"), (2, 2, 0)),
        # By lemma, on both sides: mouse in mice, essai clinique in essais cliniques.
        ("fr", ("the mice", {"mouse": "souris"}, "les souris"), (1, 1, 0)),
        ("fr", ("clinical trials", {"clinical trial": "essai clinique"},
                "les essais cliniques"), (1, 0, 1)),
        # Lemmas match without word boundaries, too, but not across other words.
        ("fr", ("trial", {"trial": "essai clinique"}, "les essais très cliniques"), (1, 0, 0)),
        # Of several targets one is enough.
        ("fr", ("fever", {"fever": "fièvre|température"}, "la température"), (1, 1, 0)),
        # A sign is a word by itself: quotes and hyphens keep no lemma from being seen.
        ("fr", ("animals", {"animal": "animal"}, "les «animaux»"), (1, 0, 1)),
        ("fr", ("animals", {"animal": "animal"}, "hommes-animaux"), (1, 0, 1)),
        # No lemmatiser for Chinese: as written only.
        ("zh", ("fever", {"fever": "发烧"}, "他发烧了"), (1, 1, 0)),
        # Missed, and empty hypotheses.
        ("fr", ("mask", {"mask": "masque"}, ""), (1, 0, 0)),
        # An empty target is a part of every text, as in the organisers' figures.
        ("fr", ("mask", {"mask": ""}, "x"), (1, 1, 0)),
    ],
)  # fmt: skip
def test_an_entry_is_there_or_it_is_not(language, row, expected):
    assert count_success(language, row) == expected


def test_entries_whose_source_term_is_not_in_the_source_do_not_count():
    rows = [
        ("the mask", {"mask": "masque", "fever": "fièvre"}, "masque, fièvre"),
        ("the cough", {"mask": "masque", "Cough": "toux", "cough": "Toux"}, "la toux"),
        ("nothing", {}, "masque"),
    ]

    assert count_success("fr", *rows) == (3, 3, 0)


def test_term_success_is_for_segments_with_terms_of_their_own():
    segment = Segment("1", "d", "mask", ("Maske",), (), ((),), terms({"mask": "Maske"}))
    own = TestSet("en", "fr", (segment,), "raw")
    whole = Terminology("en", "fr", terms({"mask": "Maske"}))
    plain = replace(own, segments=(replace(segment, terms=None),), terminology=whole)

    assert "wmt25-term-success" in defined_metrics(own)
    for other in (
        replace(own, unit="document"),
        replace(own, segments=(replace(segment, terms=()),)),
        plain,
        replace(plain, documents=(Document("d", terms({"mask": "Maske"})),)),
    ):
        assert not {"wmt25-term-success", "wmt25-consistency"} & set(defined_metrics(other))


def count_documents(*documents, references=None, delimiter=None):
    """Documents are sources, dictionary, hypotheses, by paragraph; returns value and details."""
    segments, listed, texts = [], [], []
    for number, (sources, given, hypotheses) in enumerate(documents):
        listed.append(Document(str(number), terms(given), delimiter))
        texts += hypotheses
        for at, source in enumerate(sources):
            reference = references[number][at] if references else hypotheses[at]
            segments.append(Segment(f"{number}.{at}", str(number), source, (reference,)))
    test_set = TestSet("en", "fr", tuple(segments), "raw", unit="document", documents=tuple(listed))
    own = only(test_set, Hypotheses(tuple(texts)), "wmt25-document-term-success")
    return own.value, tuple(own.details.values())


@pytest.mark.parametrize(
    ("source", "given", "hypothesis", "expected"),
    [
        # As often as the source, at most 1; less often; never.
        (["mask mask"], {"mask": "masque"}, ["masque masque masque"], (1, (1, 1, 0, 0))),
        (["mask mask mask mask"], {"mask": "masque"}, ["masque"], (0.25, (1, 0, 1, 0))),
        (["mask", "cough"], {"mask": "masque", "cough": "toux"}, ["masque", "masque"],
         (0.5, (2, 1, 0, 1))),
        # All targets are counted together, anywhere, in any case, stripped.
        (["mask mask"], {"mask": "masque| cagoule "}, ["Masque; une CAGOULE"], (1, (1, 1, 0, 0))),
        (["unmasked masks"], {" Mask ": "masque"}, ["démasquer"], (0.5, (1, 0, 1, 0))),
        # A target inside another counts twice: so do the organisers.
        (["ICU ICU"], {"ICU": "réa|réanimation"}, ["réanimation"], (1, (1, 1, 0, 0))),
        # Occurrences do not overlap.
        (["aaaa"], {"aa": "b"}, ["bb"], (1, (1, 1, 0, 0))),
        # A term across paragraphs needs the line break that joins them.
        (["the mask", "order"], {"mask\norder": "x", "mask": "y"}, ["y x", ""],
         (1, (2, 2, 0, 0))),
        # An empty target is in every text more often than the source's letters.
        (["a mask"], {"mask": ""}, ["x"], (1, (1, 1, 0, 0))),
    ],
)  # fmt: skip
def test_documents_count_how_often_a_term_is_said(source, given, hypothesis, expected):
    reference = [" ".join(given.values()).replace("|", " ")] * len(source)

    assert count_documents((source, given, hypothesis), references=[reference]) == expected


def test_a_term_counts_only_where_source_and_reference_have_it():
    given = {"mask": "masque", "cough": "toux", "fever": "fièvre"}
    value, details = count_documents(
        (["mask, fever"], given, ["toux"]),  # no cough in the source, no fever in the reference
        (["mask"], given, ["masque"]),
        references=[["masque, toux"], ["le MASQUE"]],
    )

    assert (value, details) == (0.5, (2, 1, 0, 1))


def test_a_documents_dictionary_takes_the_place_of_the_test_sets():
    segments = tuple(
        Segment(str(at), str(at), "mask cough", ("masque toux",), (), ((),), own)
        for at, own in enumerate((None, None, terms({"cough": "toux"}), ()))
    )
    test_set = TestSet(
        "en", "fr", segments, "raw", unit="document",
        documents=(Document("1", terms({"mask": "masque"})),),
        terminology=Terminology("en", "fr", terms({"mask": "masque", "cough": "toux"})),
    )  # fmt: skip

    own = only(test_set, Hypotheses(("masque",) * 4), "wmt25-document-term-success")

    assert tuple(own.details.values()) == (4, 2, 0, 2)


def test_document_success_needs_documents_with_listed_terms():
    segment = Segment("1", "d", "mask", ("masque",))
    listed = TestSet(
        "en", "fr", (segment,), "raw", unit="document",
        terminology=Terminology("en", "fr", terms({"mask": "masque"})),
    )  # fmt: skip

    assert "wmt25-document-term-success" in defined_metrics(listed)
    marked = replace(segment, gold_terms=(GoldTerm("mask", "masque"),))
    for other in (
        replace(listed, unit="segment"),
        replace(listed, terminology=None),
        replace(listed, segments=(marked,)),
        replace(listed, segments=()),
    ):
        assert "wmt25-document-term-success" not in defined_metrics(other)


def count_consistency(*rows, listed=None, language="xx", **options):
    """Rows are segment, term, target, and what it is compared with."""
    segments = tuple(
        Segment(str(at), "d", "s", ("r",), (), ((),), terms(listed or {})) for at in range(9)
    )
    test_set = TestSet("en", language, segments, "raw", **options)
    texts = ("x",) * len(segments)
    hypotheses = Hypotheses(texts, alignments=tuple(TermAlignment(*row) for row in rows))
    own = only(test_set, hypotheses, "wmt25-consistency")
    details = dict(own.details)
    assert details.pop("occurrences") == len(rows)
    assert own.value == details["frequent_micro"]
    return {name: round(value, 6) for name, value in details.items()}


def averages(frequent, first, predefined):
    pairs = {"frequent": frequent, "first": first, "predefined": predefined}
    return {
        f"{strategy}_{kind}": round(value, 6)
        for strategy, values in pairs.items()
        for kind, value in zip(("micro", "macro"), values, strict=True)
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # The most frequent is b, the first a; the list's b is used.
        ([(0, "k", "a"), (1, "k", "b"), (2, "k", "b")],
         averages((2 / 3, 2 / 3), (1 / 3, 1 / 3), (2 / 3, 2 / 3))),
        # Two terms: micro counts occurrences, macro pseudo-references.
        ([(0, "k", "b"), (1, "k", "b"), (2, "k", "b"), (3, "m", "c"), (4, "m", "d")],
         averages((4 / 5, (1 + 1 / 2) / 2), (4 / 5, 3 / 4), (3 / 5, 1 / 2))),
        # Two terms with the same pseudo-reference are one kind of macro's.
        ([(0, "k", "b"), (1, "k", "b"), (2, "m", "b"), (3, "m", "z")],
         averages((3 / 4, 3 / 4), (3 / 4, 3 / 4), (2 / 4, 1 / 2))),
        # Equally frequent: the first by code points, not by place.
        ([(0, "k", "z"), (1, "k", "b")], averages((1 / 2, 1 / 2), (1 / 2, 1 / 2), (1 / 2, 1 / 2))),
        # Not aligned equals nothing, even where it is most frequent or first.
        ([(0, "k", None), (1, "k", None), (2, "k", "b")],
         averages((0, 0), (0, 0), (1 / 3, 1 / 3))),
        # Order is by segment, not by row; two terms without a pseudo-reference are two kinds.
        ([(2, "k", "x"), (1, "k", "b"), (0, "m", "q"), (3, "n", "r")],
         averages((3 / 4, (1 / 2 + 1 + 1) / 3), (3 / 4, 2.5 / 3), (1 / 4, (1 / 2 + 0 + 0) / 3))),
    ],
)  # fmt: skip
def test_consistency_by_three_strategies_in_two_averages(rows, expected):
    assert count_consistency(*rows, listed={"k": "b"}) == expected


def test_targets_are_compared_by_lemma_where_there_is_a_lemmatiser():
    rows = [(0, "k", "animaux"), (1, "k", "un animal"), (2, "k", "Animal")]

    assert count_consistency(*rows, listed={"k": "animal"}, language="fr") == averages(
        (2 / 3, 2 / 3), (2 / 3, 2 / 3), (2 / 3, 2 / 3)
    )


def test_the_files_own_pseudo_references_are_taken_as_written():
    rows = [(0, "k", "a", "a", "b", None), (1, "k", "A", "a", "b", "A"), (2, "m", None, None)]

    assert count_consistency(*rows) == averages((1 / 3, (1 / 2 + 0) / 2), (0, 0), (1 / 3, 1 / 3))


def test_the_proper_list_predefines_whatever_the_mode():
    proper = TermList("proper", None, (), (terms({"k": "b"}),) * 9)

    assert count_consistency(
        (0, "k", "b"), listed={"k": "z"}, mode="random", other_lists=(proper,)
    ) == averages((1, 1), (1, 1), (1, 1))


def test_without_alignments_there_is_no_consistency():
    test_set = TestSet("en", "fr", (Segment("1", "d", "s", ("r",)),), "raw")

    assert not score(test_set, Hypotheses(("x",)), metrics=["wmt25"]).scores
