"""Test sets of documents and of WMT25: units, paragraphs, lists of terms, gold terms."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from evaluator import Term, Terminology, TestSetError, read_test_set
from evaluator.terms import annotate_segments, required_terms
from evaluator.types import Document, GoldTerm

MARKER = "zqxgold"  # in whatever is derived from a reference


def read(content, *, pair="en-pl", **options):
    if not isinstance(content, str):
        content = json.dumps(content)
    source, target = pair.split("-", 1)
    options.setdefault("text_form", "raw")
    return read_test_set(
        source=io.BytesIO(content.encode()),
        source_language=source,
        target_language=target,
        **options,
    )


def lines(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def problems(content, **options):
    with pytest.raises(TestSetError) as caught:
        read(content, **options)
    return "\n".join(map(str, caught.value.problems))


NATIVE = lines(
    {"en": "a tablet", "de": "Tablette", "proper": {"tablet": "Tablette"}, "random": {"a": "eine"},
     "noterm": {}},
    {"en": "fever", "de": "Fieber", "proper": {}, "random": {"fever": ["Fieber", "Hitze"]}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "own", "other"),
    [
        ("proper", "proper", "random"),
        ("noterm", "proper", "random"),
        ("random", "random", "proper"),
    ],
)
def test_the_mode_decides_which_list_of_a_line_is_its_own(mode, own, other):
    test_set = read(NATIVE, pair="en-de", mode=mode)

    proper = ((Term("1", "tablet", ("Tablette",)),), ())
    random = ((Term("1", "a", ("eine",)),), (Term("1", "fever", ("Fieber", "Hitze")),))
    lists = {"proper": proper, "random": random}
    assert test_set.unit == "segment"
    assert tuple(segment.terms for segment in test_set.segments) == lists[own]
    assert [(known.name, known.segments) for known in test_set.other_lists] == [
        (other, lists[other])
    ]
    assert [segment.id for segment in test_set.segments] == ["1", "2"]


@pytest.mark.parametrize(
    ("row", "pair", "source", "reference"),
    [
        ({"zh": "片剂", "en": "tablet", "proper": {}}, "zh-en", "片剂", "tablet"),
        ({"zh": "片劑", "en": "tablet"}, "zh-Hant-en", "片劑", "tablet"),
        ({"eng": "tablet", "deu": ["Tablette"]}, "en-de", "tablet", "Tablette"),
        ({"pt-BR": "comprimido", "fr": "comprimé"}, "pt-BR-fr", "comprimido", "comprimé"),
    ],
)
def test_languages_are_keys_in_any_spelling(row, pair, source, reference):
    source_language, _, target_language = pair.rpartition("-")
    test_set = read_test_set(
        source=io.BytesIO(lines(row).encode()),
        source_language=source_language,
        target_language=target_language,
    )

    assert test_set.segments[0].source == source
    assert test_set.segments[0].references == (reference,)


def test_where_sources_hold_line_breaks_each_line_is_a_part_of_a_document():
    rows = (
        {"en": "# A\n\nThe fever.", "pl": "# A\n\nGorączka.", "proper": {"fever": ["gorączka"]}},
        {"en": "One line.", "pl": "Jeden."},
    )
    test_set = read(lines(*rows))

    assert test_set.unit == "document"
    assert test_set.documents == (Document("1"), Document("2"))
    assert [(s.document, s.id) for s in test_set.segments] == [("1", "1"), ("2", "2")]
    assert test_set.segments[1].terms is None  # this line has no list at all
    only_sources = ({"en": row["en"]} for row in rows)
    assert read(lines(*only_sources), sources_only=True).unit == "document"
    assert "line break" in problems(lines(*rows), unit="segment")


def test_a_term_with_an_empty_target_is_kept_and_neither_given_nor_required():
    notes = []
    row = {"en": "the R plan", "pl": "plan R", "random": {"R": [""], "plan": ["plan", ""]}}
    test_set = read(lines(row), mode="random", on_note=notes.append)

    assert [term.targets for term in test_set.segments[0].terms] == [("",), ("plan", "")]
    [told] = annotate_segments(test_set)
    assert [(term.source, term.targets) for term in told.terms] == [("plan", ("plan",))]
    assert [term.source for term in required_terms(test_set).per_segment[0]] == ["plan"]
    assert "list random with an empty translation, over all lines: 1" in notes[0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"en": 7, "pl": "x"}, '"en" must be a string'),
        ({"en": "a", "pl": None}, 'There is no "pl"'),
        ({"en": "a", "pl": "x", "proper": {"a": 3}}, '"proper" must be terms such as'),
        ({"en": "a", "pl": "x", "proper": {"": "b"}}, '"proper" must be terms such as'),
        ({"en": "a\u0000", "pl": "x"}, "NUL"),
        ({"en": "a"}, "needs at least one reference"),
    ],
)
def test_a_broken_line_is_named(row, words):
    assert words in problems(lines({"en": "good", "pl": "dobry"}, row)) or words in problems(
        lines(row)
    )


OWN = (
    {"doc": "d1", "terms": [{"source": "order", "targets": ["zamówienie"]}], "delimiter": "\n\n"},
    {"id": "1", "doc": "d1", "source": "an order", "references": ["zamówienie"]},
    {"id": "2", "doc": "d1", "source": "a line\nbroken", "references": ["x"], "terms": []},
    {"doc": "d2", "delimiter": None},
    {"id": "1", "doc": "d2", "source": "Whole\n\ntext", "references": ["Cały\n\ntekst"]},
)


def test_a_line_speaks_of_a_document():
    test_set = read(lines(*OWN))

    given = (Term("1", "order", ("zamówienie",)),)
    assert test_set.unit == "document"
    assert test_set.documents == (Document("d1", given, "\n\n"), Document("d2"))
    assert [segment.terms for segment in test_set.segments] == [None, (), None]
    assert len(required_terms(test_set).per_segment[0]) == 1


def test_terms_of_a_document_leave_segments_the_unit():
    test_set = read(lines({"doc": "d1", "terms": []}, OWN[1]))

    assert test_set.unit == "segment"
    assert test_set.documents == (Document("d1", ()),)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (({"doc": "x", "terms": []}, OWN[1]), "no segment in document x"),
        ((OWN[0], OWN[0], OWN[1]), "described twice"),
        (({"doc": "d1", "delimiter": "|"}, OWN[1]), '"delimiter" must be a string such as'),
        (({"doc": "d1", "terms": {}}, OWN[1]), '"terms" must be a list'),
        (({"doc": "d1", "delimiter": None}, *OWN[1:3]), "several paragraphs and no delimiter"),
        (({"doc": "d1", "delimiter": "\n"}, *OWN[1:3]), "holds the delimiter of its document"),
        ((OWN[2],), '"source" holds a line break'),
    ],
)
def test_what_is_wrong_with_documents_is_named(rows, words):
    assert words in problems(lines(*rows))


ARRAY = ["One.\n\nTwo\nlines.", "Alone.", "A\n\nB\n\nC"]


@pytest.mark.parametrize(
    ("array", "delimiter", "counts", "delimiters"),
    [
        (ARRAY, None, [2, 1, 3], ["\n\n", None, "\n\n"]),
        (["a\nb", "c"], None, [2, 1], ["\n", None]),
        (["a", "b", "c"], None, [1, 1, 1], [None, None, None]),
        (ARRAY, "", [1, 1, 1], [None, None, None]),
        (["a\nb\n\nc"], "\n", [4], ["\n"]),  # an empty line is a paragraph then
    ],
)
def test_an_array_holds_a_document_a_string(array, delimiter, counts, delimiters):
    test_set = read(array, sources_only=True, delimiter=delimiter)

    assert [
        sum(segment.document == document.id for segment in test_set.segments)
        for document in test_set.documents
    ] == counts
    assert [document.delimiter for document in test_set.documents] == delimiters
    rejoined = [
        (document.delimiter or "").join(
            segment.source for segment in test_set.segments if segment.document == document.id
        )
        for document in test_set.documents
    ]
    assert rejoined == array


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('["a", 3]', "other things than strings"),
        ('["a"', "not valid JSON"),
        ('["a", "  "]', "Document 2 is empty"),
        ('["\\ud800"]', "half a surrogate pair"),
    ],
)
def test_a_broken_array_is_refused(content, words):
    assert words in problems(content, sources_only=True)


def term(source, target, inflected=None, **more):
    return {"source": source, "target": target, "target_inflected": inflected, **more}


def gold(**more):
    segments = [
        {"source": "The fever.", "reference": f"Gorączka {MARKER}.", "seen_as_sample": True,
         "terms": [term("fever", "gorączka", f"gorączki{MARKER}", glossary_targets=[MARKER])]},
        {"source": "A needle.", "reference": f"Igła {MARKER}.",
         "terms": [term("needle", f"igła{MARKER}")]},
    ]  # fmt: skip
    paragraphs = [
        {
            "source": "The fever. A needle.",
            "reference": f"Gorączka. Igła {MARKER}.",
            "segments": segments,
        },
        {"source": "Not translated.", "reference": None, "segments": []},
    ]
    whole = [{"source": "Line one\nline two", "reference": MARKER}]
    return {
        "documents": [
            {"document_id": "first", "paragraphs": paragraphs},
            {"document_id": "second", "paragraphs": whole},
        ],
        "glossary": {
            "proper": [{"source": "fever", "targets": ["gorączka", "temperatura"]}],
            "random": [{"source": "not", "targets": ["nie"]}],
        },
        "samples": [{"source": "x", "target": "y", "terms": [term("fever", "gorączka")]}],
        **more,
    }


def test_a_gold_file_becomes_paragraphs_with_marked_terms():
    test_set = read(gold())

    assert test_set.unit == "document"
    assert test_set.documents == (Document("first", None, "\n\n"), Document("second"))
    assert [segment.source for segment in test_set.segments] == [
        "The fever. A needle.",
        "Line one\nline two",
    ]
    assert [(row.place, row.document, row.id, row.source) for row in test_set.unscored] == [
        (1, "first", "2", "Not translated.")
    ]
    assert test_set.segments[0].gold_terms == (
        GoldTerm("fever", "gorączka", f"gorączki{MARKER}", (MARKER,), True, True),
        GoldTerm("needle", f"igła{MARKER}", None, (), False, False),
    )
    assert [term.targets for term in test_set.terminology.terms] == [("gorączka", "temperatura")]
    assert [other.name for other in test_set.other_lists] == ["random"]


def test_of_a_gold_file_the_mode_chooses_the_list():
    test_set = read(gold(), mode="random")

    assert [term.source for term in test_set.terminology.terms] == ["not"]
    assert [other.name for other in test_set.other_lists] == ["proper"]


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"mode": "sample"}, {}),
        *(
            ({"mode": mode, "sources_only": False}, {"track": track})
            for mode in ("noterm", "proper", "random", "hints")
            for track in (2, "2", 2.0, "track2", "Track 2", "task-2", " TASK_2 ")
        ),
    ],
)
def test_a_glossary_for_scoring_is_given_to_nobody(options, more):
    test_set = read(gold(**more), **options)

    assert not test_set.has_terms
    assert not test_set.other_lists
    assert sum(len(segment.gold_terms) for segment in test_set.segments) == 2


@pytest.mark.parametrize("track", [1, "1", "track1", None, "", 12, "22", "track 2 of 3", [2]])
def test_a_glossary_is_a_list_for_systems_unless_the_file_says_track_2(track):
    assert read(gold(track=track)).has_terms


def test_a_caller_gives_the_lists_in_place_of_the_files():
    given = Terminology("en", "pl", (Term("1", "line", ("wiersz",)),))
    other = Terminology("en", "pl", (Term("1", "two", ("dwa",)),))
    test_set = read(
        gold(), terminology=given, other_terminologies={"random": other, "third": given}
    )

    assert test_set.terminology is given
    assert {known.name: known.terminology for known in test_set.other_lists} == {
        "random": other,
        "third": given,
    }


@pytest.mark.parametrize("mode", ["proper", "noterm", "random", "sample"])
@pytest.mark.parametrize("sources_only", [True, False])
def test_nothing_derived_from_a_reference_reaches_a_system(mode, sources_only):
    test_set = read(gold(), mode=mode, sources_only=sources_only)

    told = " ".join(repr(source) for source in annotate_segments(test_set))
    assert MARKER not in told
    if sources_only:
        assert MARKER not in repr(test_set)
        assert len(test_set.segments) == 3  # who has no reference can't know which lack it
        assert not test_set.unscored


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v["documents"].append({}), "Document 3 must be an object with a list"),
        (lambda v: v["documents"][0]["paragraphs"].append({}), 'Document 1, paragraph 3: There is'),
        (lambda v: v.update(glossary=[]), '"glossary" must be an object of lists'),
        (lambda v: v.update(glossary={"proper": {}}), 'glossary\'s list "proper" must be a list'),
        (lambda v: v.update(paragraph_delimiter=7), '"paragraph_delimiter" must be a string'),
        (
            lambda v: v["documents"][0]["paragraphs"][0]["segments"][0]["terms"][0].pop("target"),
            'Document 1, paragraph 1: There is no "target"',
        ),
    ],
)  # fmt: skip
def test_a_broken_gold_file_is_named_by_document_and_paragraph(change, words):
    value = gold()
    change(value)

    assert words in problems(value)


XML = """<dataset id="x"><doc id="d" origlang="en"><src lang="en"><p><seg id="1">A {source}
bites.</seg></p></src><ref lang="pl" translator="A"><p><seg id="1">To {reference}.</seg></p></ref>
</doc></dataset>"""
MARKED = '<term id="7" type="src_original_and_tgt_original" src="fever" tgt="gorączka|temperatura">'


def test_annotations_in_xml_are_terms_of_their_segment():
    content = XML.format(source=f"{MARKED}fever</term>", reference=f"{MARKED}gorączka</term>")
    [segment] = read(content).segments

    assert (segment.source, segment.references) == ("A fever bites.", ("To gorączka.",))
    assert [(term.id, term.variants, term.form) for term in segment.source_terms] == [
        ("7", ("gorączka", "temperatura"), "fever")
    ]
    assert segment.reference_terms[0][0].form == "gorączka"
    assert read(content, sources_only=True).segments[0].reference_terms == ()


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("<term>fever</term>", "The <term> has no type"),
        (MARKED.replace("src_original", "word") + "fever</term>", "unknown type"),
        (MARKED + "</term>", "The <term> has no text"),
    ],
)
def test_annotations_in_xml_that_could_not_be_scored_are_refused(term, words):
    assert words in problems(XML.format(source=term, reference="x"))


@pytest.mark.parametrize("left_out", [["a"], ["b"], ["a", "c"]])
@pytest.mark.parametrize("unit", ["document", "segment"])
def test_paragraphs_of_documents_that_are_left_out_keep_their_terms(unit, left_out):
    """For participants: only scores leave these paragraphs out."""
    given = [{"terms": [{"source": "pill", "targets": ["pigułka", "tabletka"]}]}, {"terms": []}, {}]
    rows = [
        {
            "doc": doc,
            "id": f"{doc}{number}",
            "source": "A pill.",
            "references": ["Pigułka."],
            **more,
        }
        for doc in "abc"
        for number, more in enumerate(given)
    ]

    test_set = read(lines(*rows), unit=unit, leave_out=left_out)

    expected = [(Term("1", "pill", ("pigułka", "tabletka")),), (), None]
    assert [row.document for row in test_set.unscored[::3]] == left_out
    assert [row.terms for row in test_set.unscored] == expected * len(left_out)
    assert [row.terms for row in test_set.all_segments] == expected * 3
    bare = tuple(replace(row, terms=None) for row in test_set.unscored)
    assert test_set.digest == replace(test_set, unscored=bare).digest
