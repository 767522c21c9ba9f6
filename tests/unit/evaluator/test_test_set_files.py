"""Reading test sets: what counts, and what their organiser is told."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json

import pytest

from evaluator import Term, Terminology, TestSetError, read_test_set

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
        (f"sous{GOOD}", "'gants' is not a token"),
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


def test_a_reference_in_another_order_moves_no_segment():
    shuffled = (
        b"""<refset><doc docid="d"><seg id="2">deux</seg><seg id="1">un</seg></doc></refset>"""
    )

    test_set = read(sgml("srcset", ("one", "two")), references=[io.BytesIO(shuffled)])

    assert rows(test_set) == [("d", "1", "one", ("un",)), ("d", "2", "two", ("deux",))]


def test_a_test_set_without_reference_is_refused():
    with pytest.raises(TestSetError, match=r"^(s.sgm|set): .* at least one reference"):
        make(("a",))


def test_the_digest_tells_apart_whatever_decides_a_score():
    base = make(("a",), (f"des {GOOD}",))
    terms = Terminology("en", "fr", (Term("1", "glove", ("gant",)),))
    others = [
        make(("another source",), (f"des {GOOD}",)),  # terms are found in it
        make(("a",), (f"des {GOOD}",), mode="random"),
        make(("a",), (f"des {GOOD}",), terminology=terms),
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
    assert base.digest == make(("a",), (f"des {GOOD}",)).digest


def read(content, *, source_language="en", target_language="fr", **options):
    data = content.encode() if isinstance(content, str) else content
    return read_test_set(
        source=io.BytesIO(data),
        source_language=source_language,
        target_language=target_language,
        text_form=options.pop("text_form", None),
        names=("set",),
        **options,
    )


def rows(test_set):
    return [(s.document, s.id, s.source, s.references) for s in test_set.segments]


TICO = 'seg_id\ttuid\tsource\ttarget\turl\n1\tCMU_1:7\tsay "hi\tdis « oui\thttp://x\n'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TICO, [("CMU_1", "7", 'say "hi', ("dis « oui",))]),
        ("\ufeff" + TICO.replace("\n", "\r\n"), [("CMU_1", "7", 'say "hi', ("dis « oui",))]),
        # quotes are text, and so is a colon in the document
        ('tuid\tsource\ttarget\na:b:7\t"x"\t"y""z"\n', [("a:b", "7", '"x"', ('"y""z"',))]),
        ("ID\tDoc\tSource\tTarget\n1\td\ta\tb", [("d", "1", "a", ("b",))]),
        # several references, no documents, a blank line
        (
            "source\tid\treference_1\treference_2\na\t1\tb\tc\n\nd\t2\te\tf\n",
            [("", "1", "a", ("b", "c")), ("", "2", "d", ("e", "f"))],
        ),
    ],
)
def test_tables_are_read_by_their_header(content, expected):
    test_set = read(content)

    assert rows(test_set) == expected
    assert test_set.text_form == "raw"
    assert test_set.segments[0].reference_terms == ((),) * len(expected[0][3])


def test_json_lines_are_read_with_references_documents_and_terms():
    objects = [
        {"id": "1", "doc": "d", "source": "a mask", "references": ["b", "c"], "x": 1},
        {
            "id": "2",
            "doc": "d",
            "source": "e",
            "references": ["f", "g"],
            "terms": [{"source": "mask", "targets": ["masque"]}],
        },
        {
            "id": "1",
            "doc": "e",
            "source": "h",
            "references": ["i", "j"],
            "terms": [{"source": "mask", "targets": ["masque", "masque facial"]}],
        },
    ]

    test_set = read("\n".join(map(json.dumps, objects)), mode="proper")

    assert rows(test_set)[1:] == [("d", "2", "e", ("f", "g")), ("e", "1", "h", ("i", "j"))]
    assert test_set.terminology is None
    assert [segment.terms for segment in test_set.segments] == [
        None,
        (Term("1", "mask", ("masque",)),),
        (Term("1", "mask", ("masque", "masque facial")),),
    ]


def test_mode_terminology_and_text_form_are_kept():
    terms = Terminology("en", "fr", ())

    test_set = read(TICO, mode="random", terminology=terms, text_form="tokenised")

    assert (test_set.mode, test_set.terminology) == ("random", terms)
    assert test_set.text_form == "tokenised"
    assert (
        read(
            gzip.compress(sgml("srcset", ("a",))),
            references=[io.BytesIO(gzip.compress(sgml("refset", ("b",))))],
        ).text_form
        == "tokenised"
    )  # the default for SGML


@pytest.mark.parametrize("content", ["source\tid\na\t1\n", '{"id": "1", "source": "a"}'])
def test_sources_alone_do_where_no_reference_is_needed(content):
    assert rows(read(content, sources_only=True)) == [("", "1", "a", ())]
    with pytest.raises(TestSetError, match=r"^(s.sgm|set): .* at least one reference"):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        "id\tsource\ttarget\n1\ta\t\n2\tb\tc\n",  # an empty reference
        "id\tsource\ttarget\n1\ta\n2\tb\tc\n",  # a row that breaks off before it
        "id\tsource\ttarget\n1\ta\tx\ty\n2\tb\tc\n",  # a tab inside it
        '{"id": "1", "source": "a", "references": "x"}\n{"id": "2", "source": "b"}\n',
        '{"id": "1", "source": "a", "references": [""]}\n{"id": "2", "source": "b"}\n',
        '{"id": "1", "source": "a", "references": [1]}\n{"id": "2", "source": "b"}\n',
    ],
)
def test_where_sources_alone_are_read_a_broken_reference_stops_nothing(content):
    assert rows(read(content, sources_only=True)) == [("", "1", "a", ()), ("", "2", "b", ())]
    with pytest.raises(TestSetError):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        "id\ttarget\tsource\n1\tx\ty\ta\n",  # where the source is can't be told
        "id\tsource\n1\ta\tb\n",  # no references: the tab is in the source
        "id\tsource\ttarget\n1\n",  # no source
    ],
)
def test_where_sources_alone_are_read_they_have_to_be_whole(content):
    with pytest.raises(TestSetError, match="columns, the header"):
        read(content, sources_only=True)


def test_an_empty_test_set_is_told_what_it_should_hold():
    with pytest.raises(TestSetError, match=r"is empty\. Give one with the segments"):
        read(b"")


def test_where_sources_alone_are_read_files_of_references_are_left_alone():
    references = [io.BytesIO(b"\xff")]

    test_set = read(sgml("srcset", ("a",)), references=references, sources_only=True)

    assert rows(test_set) == [("d", "1", "a", ())]


def test_an_sgml_source_alone_does_where_no_reference_is_needed():
    test_set = read(sgml("srcset", ("a",)), sources_only=True)

    assert rows(test_set) == [("d", "1", "a", ())]


@pytest.mark.parametrize(
    ("content", "references"),
    [
        ("source\tid\na\t1\n", ()),
        ("source\tid\ttarget\na\t1\tx\n", ("x",)),
        ('{"id": "1", "source": "a"}', ()),
        ('{"id": "1", "source": "a", "references": ["x", "y"]}', ("x", "y")),
    ],
)
def test_references_that_are_not_required_are_read_where_they_are(content, references):
    assert rows(read(content, references_required=False)) == [("", "1", "a", references)]


def test_sgml_references_that_are_not_required_are_read_where_they_are():
    source, references = sgml("srcset", ("a",)), [io.BytesIO(sgml("refset", ("b",)))]

    assert rows(read(source, references_required=False)) == [("d", "1", "a", ())]
    assert rows(read(source, references=references, references_required=False)) == [
        ("d", "1", "a", ("b",))
    ]


TABLE = "id\tdoc\tsource\ttarget\n"


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (
            TABLE + "1\ta\tx\ty\n2\tb\tx\t\n3\tb\tx\t \n",
            ["The whole document b (2 segments) has no reference."],
        ),
        (
            TABLE + "1\ta\tx\t\n2\tb\tx\ty\n3\tc\tx\t\n",
            ["The whole document a (1 segment)", "The whole document c (1 segment)"],
        ),
        (
            '{"id": "1", "doc": "a", "source": "x"}\n'
            '{"id": "2", "doc": "b", "source": "x", "references": ["y", "z"]}\n'
            '{"id": "3", "doc": "b", "source": "x", "references": ["y"]}\n',
            ["The whole document a (1 segment)", "The segment has 1 references"],
        ),
        (TABLE + "1\ta\tx\ty\n2\ta\tx\t\n", ["The reference is empty."]),
        (TABLE + "1\ta\tx\t\n2\tb\tx\t\n", ["The reference is empty."] * 2),
    ],
)
def test_a_document_without_references_is_one_problem(content, problems):
    with pytest.raises(TestSetError) as caught:
        read(content)

    found = [problem.message for problem in caught.value.problems]
    assert len(found) == len(problems)
    assert all(message.startswith(words) for message, words in zip(found, problems, strict=True))
    for message in found:
        if "whole document" in message:
            assert "leave it out: --leave-out" in message


def test_a_broken_reference_stops_a_set_whose_references_are_not_required():
    with pytest.raises(TestSetError, match="The reference is empty"):
        read("id\tsource\ttarget\n1\ta\t\n", references_required=False)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("source\ttarget\na\tb\n", 1, "lacks the column source or id"),
        ("id\tsource\tsource\n1\ta\tb\n", 1, "names source twice"),
        ("id\tsource\ttarget\n1\ta\tb\tc\n", 2, "has more than 3 columns, the header 3"),
        ("id\tsource\ttarget\n1\ta\n", 2, "has 2 columns, the header 3"),
        ("id\tsource\ttarget\n\ta\tb\n", 2, "id is empty"),
        ("tuid\tsource\ttarget\n1\ta\tb\n", 2, "no document:segment"),
        ("id\tsource\ttarget\n1\ta\t \n", 2, "reference is empty"),
        ("id\tsource\ttarget\n1\ta\tb\n1\tc\td\n", 3, "used twice"),
        ("id\tsource\ttarget\n", None, "holds no segment"),
        ("some text\n", None, "not a test set that can be read here"),
        ('{"id": "1", "source": "a", "references": "b"}', 1, "must be a list of strings"),
        ('{"id": "1", "source": "a", "references": [1]}', 1, '"references" must be a string'),
        ('{"id": "1", "source": "a\\nb", "references": []}', 1, "holds a line break"),
        ('{"id": "1", "references": ["b"]}', 1, 'There is no "source"'),
        ('{"id": "1", "source": "a", "references": ["b"], "terms": [{}]}', 1, '"terms" must be'),
        (
            '{"id": "1", "source": "a", "references": ["b"], '
            '"terms": [{"source": "a", "targets": []}]}',
            1,
            '"terms" must be',
        ),
        (
            '{"id": "1", "source": "a", "references": ["b"]}\n'
            '{"id": "2", "source": "a", "references": ["b", "c"]}',
            2,
            "has 2 references, the first one 1",
        ),
        ('{"id": "1", "source"\n', 1, "not valid JSON"),
    ],
)
def test_a_broken_test_set_in_one_file_is_explained(content, line, words):
    with pytest.raises(TestSetError) as caught:
        read(content)

    problem = caught.value.problems[0]
    assert words in problem.message
    assert (problem.file, problem.line) == ("set", line)


def test_a_file_that_holds_its_references_takes_no_other():
    with pytest.raises(TestSetError, match="holds its references itself"):
        read(TICO, references=[io.BytesIO(b"x")])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"terminology": Terminology("en", "de", ())}, "The terminology is en-de"),
        ({"target_language": "de"}, "says trglang='fr'; 'de' was said"),
    ],
)
def test_a_terminology_or_file_of_another_language_pair_is_refused(options, words):
    reference = sgml("refset", ("a",)).replace(b"<refset", b'<refset srclang="any" trglang="fr"')

    with pytest.raises(TestSetError, match=words):
        read(sgml("srcset", ("a",)), references=[io.BytesIO(reference)], **options)


def test_terms_in_the_file_stand_beside_a_terminology_that_is_given():
    content = (
        '{"id": "1", "source": "a", "references": ["b"], '
        '"terms": [{"source": "a", "targets": ["b"]}]}'
    )
    terminology = Terminology("en", "fr", (Term("1", "a", ("c",)),))

    test_set = read(content, terminology=terminology)

    assert test_set.terminology == terminology
    assert test_set.segments[0].terms == (Term("1", "a", ("b",)),)
