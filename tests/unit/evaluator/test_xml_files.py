"""WMT XML: hypotheses of one or several systems, test sets with all their references."""

from __future__ import annotations

import io

import pytest

from evaluator import TestSetError, UnreadableFileError, WrongFileError, read_test_set

SOURCE = '<src lang="en"><p><seg id="1">a</seg></p><p><seg id="2">b</seg></p></src>'


def hyp(system, *texts, attributes='lang="fr"'):
    rows = "".join(f'<seg id="{n}">{text}</seg>\n' for n, text in enumerate(texts, 1))
    return f'<hyp {attributes} system="{system}"><p>\n{rows}</p></hyp>'


def ref(translator, *texts, language="fr"):
    rows = "".join(f'<seg id="{n}">{text}</seg>' for n, text in enumerate(texts, 1))
    return f'<ref lang="{language}" translator="{translator}"><p>{rows}</p></ref>'


def dataset(*parts, document='id="d" origlang="en"'):
    return (
        f'<?xml version="1.0"?>\n<dataset id="x"><doc {document}>{"".join(parts)}</doc></dataset>'
    )


def found(file):
    return [(line.document, line.segment, line.text) for line in file.lines]


def test_hypotheses_are_read_with_line_document_and_id(read):
    file = read(dataset(SOURCE, hyp("s", " a &amp; &lt;b&gt;\n c &#233;", "d")))

    assert file.format == "xml"
    assert found(file) == [("d", "1", "a & <b> c é"), ("d", "2", "d")]
    assert [line.number for line in file.lines] == [3, 5]


@pytest.mark.parametrize(
    "content",
    [
        # as the organisers' tool writes it
        dataset(hyp("s", "x", attributes='language="fr"')),
        # since 2022
        dataset(hyp("s", "x"))
        .replace("<doc", '<collection id="c"><doc')
        .replace("</dataset>", "</collection></dataset>"),
        # documents of test suites belong to no test set's score
        dataset(hyp("s", "x")).replace(
            "</dataset>", '<doc id="e" testsuite="t">' + hyp("s", "y") + "</doc></dataset>"
        ),
        # UTF-8, whatever the declaration says
        dataset(hyp("s", "x")).replace('"1.0"', '"1.0" encoding="latin-1"'),
        "<!-- made by hand -->\n" + dataset(hyp("s", "x")).partition("\n")[2],
        dataset(hyp("s", "<hl>x</hl>")),
    ],
)
def test_real_files_vary(read, content):
    assert found(read(content, language_pair="en-fr")) == [("d", "1", "x")]


def test_of_several_systems_one_must_be_chosen(read):
    content = dataset(SOURCE, hyp("A", "x", "y"), hyp("B", "z", "w"))

    with pytest.raises(UnreadableFileError, match=r"several systems: 'A', 'B'\. Choose the system"):
        read(content)
    with pytest.raises(UnreadableFileError, match=r"of the system 'C'\. It has: 'A'"):
        read(content, system="C")
    assert [line.text for line in read(content, system="B").lines] == ["z", "w"]


def test_a_system_far_behind_is_found(read):
    content = dataset(*(hyp(f"s{n}", "x") for n in range(50)))

    assert len(read(content, system="s49").lines) == 1
    with pytest.raises(UnreadableFileError, match="'s19', …"):
        read(content)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((SOURCE,), "only sources"),
        ((SOURCE, ref("A", "x")), "only references"),
        ((), "no segment"),
        ((hyp("s", "x", attributes='lang="de"'),), "says lang='de', but en-fr is wanted"),
    ],
)
def test_a_file_of_something_else_is_named(read, parts, words):
    with pytest.raises(WrongFileError, match=words):
        read(dataset(*parts), language_pair="en-fr")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (dataset(hyp("s", "a & b")), 3, "not well-formed XML"),
        (dataset(hyp("s", "a &eacute; b")), 3, "undefined entity"),
        (dataset(hyp("s", "a <unk> b")), 3, "mismatched tag"),
        (dataset(hyp("s", "a")).removesuffix("</dataset>"), 4, "no element found"),
        (dataset(hyp("s", "a")) + "more", 4, "junk after document element"),
        ("<?xml version='1.0'?><foo/>", None, "starts with <foo>"),
        ("<!DOCTYPE dataset SYSTEM 'x.dtd'>\n" + dataset().partition("\n")[2], 1, "definition"),
        (dataset(hyp("s", "a")).replace(' id="1"', ""), 3, "A <seg> has no id"),
        (dataset(hyp("s", "a"), document=""), 2, "A <doc> has no id"),
        (dataset('<seg id="1">a</seg>'), 2, "stands outside <src>"),
        (dataset(hyp("s", '<seg id="2">a</seg>')), 3, "inside another"),
        (dataset("<p>" * 20), 2, "nested more than 16 deep"),
        (dataset(hyp("s" * 1_001, "a")), 2, "longer than 1,000 characters"),
        (dataset(hyp("s", "a" * 1_048_577)), 3, "A segment is longer"),
        (dataset("<p " + " ".join(f"a{n}=''" for n in range(200)) + "/>"), 2, "more than 200"),
        (dataset("&amp;" * 1_000_001), None, "'&' more than 1,000,000 times"),
    ],
)
def test_a_broken_file_is_explained(read, content, line, words):
    with pytest.raises(UnreadableFileError) as caught:
        read(content)

    problem = caught.value.problems[0]
    assert words in problem.message
    assert problem.line == line


LAUGHS = (
    "<!DOCTYPE dataset [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    "prolog",
    [
        LAUGHS,
        "<?xml version='1.0'?>" + LAUGHS,
        "<!DOCTYPE dataset [<!ENTITY i SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE dataset [<!ENTITY % i SYSTEM 'http://localhost/x'> %i;]>",
        "<!DOCTYPE dataset PUBLIC 'x' 'http://localhost/x.dtd'>",
    ],
)
def test_entities_and_whatever_is_external_are_refused_unread(read, prolog):
    content = prolog + dataset(hyp("s", "&i;")).partition("\n")[2]

    with pytest.raises(UnreadableFileError, match="Remove <!DOCTYPE …> from it"):
        read(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f'<seg id="{"a" * 10_000_000}">', "A tag or comment is longer"),
        (f"<!--{'a' * 10_000_000}", "A tag or comment is longer"),
    ],
)
def test_a_tag_of_ten_megabytes_is_refused_before_it_ends(read, content, words):
    with pytest.raises(UnreadableFileError, match=words):
        read(f"<dataset><doc>{content}")


def test_comments_are_no_standstill(read):
    many = f"<!-- {'a' * 1000} -->" * 3_000

    assert found(read(dataset(many, hyp("s", "x")))) == [("d", "1", "x")]


def test_many_comments_are_refused(read, monkeypatch):
    monkeypatch.setattr("evaluator.formats.wmt_xml.MAX_EVENTS", 10)

    with pytest.raises(UnreadableFileError, match="More than 10 tags"):
        read(dataset("<!---->" * 20))


def load(content, **options):
    return read_test_set(
        source=io.BytesIO(content.encode()),
        source_language=options.pop("source_language", "en"),
        target_language="fr",
        names=("set.xml",),
        text_form=None,
        **options,
    )


def test_a_test_set_has_its_sources_and_all_references():
    test_set = load(dataset(SOURCE, ref("A", "x", "y"), ref("B", "z", "w"), hyp("s", "q")))

    assert [(s.document, s.id, s.source, s.references) for s in test_set.segments] == [
        ("d", "1", "a", ("x", "z")),
        ("d", "2", "b", ("y", "w")),
    ]
    assert test_set.text_form == "raw"


def test_sources_alone_do_where_no_reference_is_needed():
    assert load(dataset(SOURCE), sources_only=True).segments[0].references == ()
    with pytest.raises(TestSetError, match="at least one reference"):
        load(dataset(SOURCE))


@pytest.mark.parametrize(
    "reference",
    [
        ref("A", "x"),  # a segment is missing
        ref("A", "x", " "),  # an empty one
        ref("A", "x", "y", "z"),  # one too many
        ref("A", "x", "y", language="de"),
        ref("A", "x", "y").replace('id="2"', ""),
    ],
)
def test_where_sources_alone_are_read_a_broken_reference_stops_nothing(reference):
    found = load(dataset(SOURCE, reference), sources_only=True)

    assert [segment.source for segment in found.segments] == ["a", "b"]
    with pytest.raises(TestSetError):
        load(dataset(SOURCE, reference))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((SOURCE, ref("A", "x")), "The references of 'A' lack this segment in document d"),
        ((SOURCE, ref("A", "x", "y"), ref("B", "x")), "The references of 'B' lack"),
        ((SOURCE, ref("A", "x", "y", "z")), "is in a reference but not in the source"),
        ((SOURCE, SOURCE, ref("A", "x", "y")), "used twice"),
        ((SOURCE, ref("A", "x", "y"), ref("A", "x", "y")), "used twice"),
        ((SOURCE, ref("A", "x", " ")), "The reference is empty"),
        ((SOURCE, ref("A", "x", "y", language="de")), "The <ref> is in 'de'; 'fr' was said"),
    ],
)
def test_a_broken_test_set_is_explained(parts, words):
    with pytest.raises(TestSetError) as caught:
        load(dataset(*parts))

    assert words in str(caught.value)
    assert caught.value.problems[0].file == "set.xml"
