"""Terms with an address: what is given with a segment or document belongs to it alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluator.scoring import score
from evaluator.terms import annotate_segments, required_terms, with_list
from evaluator.types import (
    Document,
    GoldTerm,
    Hypotheses,
    Segment,
    Term,
    TermAnnotation,
    Terminology,
    TermList,
    TestSet,
)


def terms(**targets):
    return tuple(
        Term(str(number), source, tuple(target.split("|")))
        for number, (source, target) in enumerate(targets.items(), 1)
    )


def segment(number, source="the order", *, document="d", given=None, gold=()):
    return Segment(str(number), document, source, ("référence",), (), ((),), given, tuple(gold))


def make(*segments, **options):
    return TestSet("en", "fr", segments, "raw", **options)


def whole(**targets):
    return Terminology("en", "fr", terms(**targets))


def required(test_set):
    """Per segment: source, count, accepted forms."""
    return [
        [(term.source, term.count, [form.raw for form in term.accepted]) for term in row]
        for row in required_terms(test_set).per_segment
    ]


def count_success(test_set, *texts):
    """Return required and rendered occurrences."""
    result = score(test_set, Hypotheses(texts), metrics=("term-success",))
    details = result.scores[0].details
    return details["required"], details["required"] - details["missed"]


def test_nothing_given_with_a_segment_counts_for_another():
    test_set = make(
        segment(1, given=terms(order="commande")),
        segment(2, given=terms(order="ordre")),
        segment(3, given=()),
    )

    assert count_success(test_set, "l'ordre", "la commande", "la commande") == (2, 0)
    assert count_success(test_set, "la commande", "l'ordre", "l'ordre") == (2, 2)


def test_the_same_source_under_two_customers_lists_is_scored_by_each_list():
    test_set = make(
        segment(1, document="a"),
        segment(2, document="b"),
        documents=(Document("a", terms(order="commande")), Document("b", terms(order="ordre"))),
    )

    assert count_success(test_set, "la commande", "l'ordre") == (2, 2)
    assert count_success(test_set, "l'ordre", "la commande") == (2, 0)


@pytest.mark.parametrize(
    ("own", "document", "expected"),
    [
        (None, None, [("order", 1, ["T"]), ("mask", 1, ["M"])]),
        (None, terms(order="D"), [("order", 1, ["D"]), ("mask", 1, ["M"])]),
        (terms(order="S"), terms(order="D"), [("order", 1, ["S"]), ("mask", 1, ["M"])]),
        (terms(Order="S"), None, [("Order", 1, ["S"]), ("mask", 1, ["M"])]),
        (terms(mask="S"), terms(order="D"), [("order", 1, ["D"]), ("mask", 1, ["S"])]),
        ((), terms(order="D"), []),
        (None, (), []),
        (terms(mask="S"), (), [("mask", 1, ["S"])]),
        (terms(fever="S"), None, [("order", 1, ["T"]), ("mask", 1, ["M"])]),
    ],
)
def test_the_narrowest_address_that_names_a_term_wins(own, document, expected):
    test_set = make(
        segment(1, "the order, the mask", given=own),
        documents=(Document("d", document),),
        terminology=whole(order="T", mask="M"),
    )

    assert required(test_set) == [expected]


def test_systems_are_told_the_terms_of_each_address():
    test_set = make(
        segment(1, given=terms(order="commande", fever="fièvre")),
        segment(2, given=()),
        segment(3),
        terminology=whole(order="ordre", mask="masque"),
    )

    told = list(annotate_segments(test_set))

    # What stands with the segment itself is told even where the source lacks it.
    assert [[term.source for term in source.terms] for source in told] == [
        ["order", "fever"], [], ["order"],
    ]  # fmt: skip
    assert [source.annotated for source in told] == [
        'the <term target="commande">order</term>',
        "the order",
        'the <term target="ordre">order</term>',
    ]
    hidden = list(annotate_segments(test_set, gives_terms=False))
    assert [(source.terms, source.annotated) for source in hidden] == [((), "the order")] * 3


def test_gold_terms_are_required_with_the_lists_variants_beside_them():
    gold = GoldTerm("orders", "commande", "commandes", ("ordre",))
    test_set = make(
        segment(1, "orders, order", gold=[gold, GoldTerm("order", "bon")]),
        segment(2, "order"),
        terminology=whole(order="consigne"),
    )

    assert required(test_set) == [
        [
            ("orders", 1, ["commande", "ordre", "commandes"]),
            ("order", 1, ["bon", "consigne"]),
        ],
        [],
    ]
    # A system is told the list's terms, and nothing of what annotators marked.
    assert "commande" not in str(list(annotate_segments(test_set)))
    assert "bon" not in str(list(annotate_segments(test_set)))


def test_two_customers_lists_are_no_inconsistency():
    segments = [segment(n, document=document) for n, document in enumerate("aabb")]
    lists = Document("a", terms(order="commande")), Document("b", terms(order="ordre"))
    test_set = make(*segments, documents=lists)
    texts = ("commande", "commande", "ordre", "ordre")

    result = score(test_set, Hypotheses(texts), metrics=("term-consistency",))

    assert result.scores[0].value == 100
    by_segment = make(
        *(
            segment(n, given=terms(order=t))
            for n, t in enumerate(("commande", "commande", "ordre"))
        ),
    )
    result = score(by_segment, Hypotheses(texts[:3]), metrics=("term-consistency",))
    assert dict(result.scores[0].details) == {
        "by_one_variant": 2, "required": 2, "rendered": 2, "of_rendered": 100.0,
    }  # fmt: skip


def test_another_list_takes_the_place_of_the_own_list():
    proper = make(
        segment(1, "the order", given=terms(order="commande")),
        segment(2, "the mask", document="e"),
        documents=(Document("e", terms(mask="masque")),),
        other_lists=(TermList("random", whole(the="le"), ((),), (terms(order="ordre"), None)),),
    )

    other = with_list(proper, "random")

    assert required(proper) == [[("order", 1, ["commande"])], [("mask", 1, ["masque"])]]
    assert required(other) == [[("the", 1, ["le"]), ("order", 1, ["ordre"])], []]
    assert with_list(proper, "proper") is proper
    with pytest.raises(KeyError):
        with_list(proper, "legal")


def test_gold_terms_and_annotations_belong_to_the_proper_list():
    annotation = TermAnnotation("1", "src_original_and_tgt_original", "order", "ordre", "ordre")
    for marked in (
        segment(1, gold=[GoldTerm("order", "ordre")]),
        replace(segment(1), source_terms=(annotation,)),
    ):
        test_set = make(marked, mode="random", terminology=whole(the="le"))
        assert required(test_set) == [[("the", 1, ["le"])]]


def test_the_digest_covers_every_address_and_nothing_changes_without_them():
    plain = make(segment(1), terminology=whole(order="commande"))
    gold = GoldTerm("order", "commande")
    others = [
        replace(plain, unit="document"),
        replace(plain, documents=(Document("d"),)),
        replace(plain, documents=(Document("d", ()),)),
        replace(plain, documents=(Document("d", None, "\n"),)),
        replace(plain, segments=(segment(1, given=()),)),
        replace(plain, segments=(segment(1, given=terms(order="commande")),)),
        replace(plain, segments=(segment(1, gold=[gold]),)),
        replace(plain, segments=(segment(1, gold=[replace(gold, inflected="commandes")]),)),
        replace(plain, other_lists=(TermList("random", None, (), ()),)),
        replace(plain, other_lists=(TermList("random", whole(the="le"), (), ()),)),
    ]

    assert len({test_set.digest for test_set in [plain, *others]}) == len(others) + 1


def test_over_application_needs_terms_beyond_single_segments():
    one = make(segment(1, "the mask", given=terms(mask="masque")))
    wide = make(segment(1, "the mask"), documents=(Document("d", terms(order="ordre")),))

    assert not score(one, Hypotheses(("ordre",)), metrics=("over-application",)).scores
    assert score(wide, Hypotheses(("ordre",)), metrics=("over-application",)).scores[0].value == 100
