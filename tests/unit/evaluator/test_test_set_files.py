"""Reading test sets: what counts, and what their organiser is told."""

from __future__ import annotations

import dataclasses
import io

import pytest

from evaluator import TestSetError, read_test_set

GOOD = '<term id="7" type="src_original_and_tgt_lemma" src="glove" tgt="gant|gants">gants</term>'


def sgml(kind, texts):
    rows = "".join(f'<seg id="{n}"> {text} </seg>\n' for n, text in enumerate(texts, 1))
    return f'<{kind} setid="x">\n<doc docid="d">\n<p>\n{rows}</p></doc></{kind}>\n'.encode()


def make(sources, *references, **options):
    return read_test_set(
        source=io.BytesIO(sgml("srcset", sources)),
        references=[io.BytesIO(sgml("refset", texts)) for texts in references],
        source_language="en",
        target_language="fr",
        names=("s.sgm", *(f"r{n}.sgm" for n in range(len(references)))),
        **options,
    )


def test_texts_are_decoded_once_and_terms_are_read_with_their_variants():
    test_set = make(
        ("a &amp; b",), (f"des {GOOD} &lt;x&gt; & <unk> <!",), ("deux",), text_form="raw"
    )

    segment = test_set.segments[0]
    assert (segment.document, segment.id, segment.source) == ("d", "1", "a & b")
    assert segment.references == ("des gants <x> & <unk> <!", "deux")
    term = segment.reference_terms[0][0]
    assert (term.id, term.source, term.form) == ("7", "glove", "gants")
    assert term.variants == ("gant", "gants")
    assert segment.reference_terms[1] == segment.source_terms == ()
    assert test_set.text_form == "raw"


def test_attributes_are_decoded_once_and_forms_joined_by_single_spaces():
    term = GOOD.replace("gant|gants", "l&apos;eau &amp;amp; &quot;x&quot;")
    segment = make(("a",), (term.replace(">gants<", "> l&apos;\n  eau <"),)).segments[0]

    assert segment.reference_terms[0][0].target == 'l\'eau &amp; "x"'
    assert segment.reference_terms[0][0].form == "l' eau"
    assert segment.references == ("l' eau",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "reference is empty"),
        ("a <term>", "not closed"),
        ("a </term> b", "no <term> before it"),
        (f"<term {GOOD} </term>", "no <term> before it"),  # the first is no tag: it never ends
        (GOOD.replace(">gants", f">{GOOD}"), "stands inside another"),
        (GOOD.replace("type=", "kind="), "has no type"),
        (GOOD.replace("tgt_lemma", "tgt_lema"), "unknown type"),
        (GOOD.replace("tgt=", "target="), "has no tgt"),
        (GOOD.replace(">gants<", "> <") + " a", "has no text"),
        (f"sous{GOOD}", "'gants' is no token"),
        (GOOD.replace("gant|gants", "(a+)+"), "can take for ever"),
    ],
)
def test_a_broken_reference_is_explained_with_line_and_id(text, words):
    with pytest.raises(TestSetError) as caught:
        make(("a", "b"), ("fine", text))

    problem = caught.value.problems[0]
    assert words in problem.message
    assert (problem.file, problem.line, problem.segment) == ("r0.sgm", 5, "2")


def test_all_problems_come_at_once():
    with pytest.raises(TestSetError) as caught:
        make(("a", "b", "c"), ("", f"x{GOOD}", GOOD.replace("tgt", "t").replace("type", "t")))

    assert caught.value.total == 4


def test_ids_must_pair_up_both_ways():
    with pytest.raises(TestSetError) as caught:
        make(("a", "b", "c"), ("a",), ("a", "b", "c", "d"))

    found = [(problem.file, problem.segment) for problem in caught.value.problems]
    assert found == [("s.sgm", "2"), ("s.sgm", "3"), ("r1.sgm", "4")]


def test_an_id_used_twice_is_refused():
    with pytest.raises(TestSetError, match="segment 1: The id is used twice in document d"):
        read_test_set(
            source=io.BytesIO(sgml("srcset", ("a", "b")).replace(b'"2"', b'"1"')),
            references=[io.BytesIO(sgml("refset", ("a",)))],
            source_language="en",
            target_language="fr",
        )


def test_files_given_in_the_wrong_place_are_named():
    with pytest.raises(TestSetError, match="A <srcset> is wanted here, this file has a <refset>"):
        read_test_set(
            source=io.BytesIO(sgml("refset", ("a",))),
            references=[io.BytesIO(sgml("refset", ("a",)))],
            source_language="en",
            target_language="fr",
        )


def test_a_test_set_without_reference_is_refused():
    with pytest.raises(TestSetError, match="at least one reference"):
        make(("a",))


def test_the_digest_tells_apart_whatever_decides_a_score():
    base = make(("a",), (f"des {GOOD}",))
    others = [
        make(("a",), (f"les {GOOD}",)),
        make(("a",), (f"des {GOOD.replace('gant|gants', 'gants|gant')}",)),
        make(("a",), ("des gants",)),
        make(("a",), (f"des {GOOD}",), text_form="raw"),
        dataclasses.replace(base, target_language="de"),
        dataclasses.replace(base, source_language="cs"),
        dataclasses.replace(base, segments=base.segments * 2),
        dataclasses.replace(base, segments=(dataclasses.replace(base.segments[0], document="e"),)),
        dataclasses.replace(base, segments=(dataclasses.replace(base.segments[0], id="2"),)),
    ]

    assert len({base.digest, *(other.digest for other in others)}) == len(others) + 1
    assert base.digest == make(("another source",), (f"des {GOOD}",)).digest
