"""Tables as people write them: delimiters, headers, quoting, statuses; and JSON in other forms."""

from __future__ import annotations

import pytest

from tests.unit.evaluator.terminology_lists import errors, read

PAIRS = [("tablet", "comprimé"), ("fever", "fièvre")]
BODY = "tablet{0}comprimé\nfever{0}fièvre\n"


def entries(content, **options):
    terms = read(content, **options).terminology.terms
    return [(term.source, *term.targets) for term in terms]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize(
    "header",
    [
        "",
        "source{0}target",
        "Source Term{0}Target Term",
        "src{0}tgt",
        "Term{0}Translation",
        "en{0}fr",
        "EN-US{0}FR-FR",
        "en_GB{0}fr_CA",
        "English{0}French",
        "anglais{0}français",
        "Englisch{0}Französisch",
        "English term{0}French term",
        "eng{0}fra",
        "Term EN{0}Term FR",
        "source_en{0}target_fr",
        "Source (English){0}Target (French)",
        "src_term{0}tgt_term",
        "Source language{0}Target language",
        "Begriff{0}Übersetzung",
        "Terme{0}Traduction",
        "英语{0}法语",
        "GB{0}FR",
    ],
)
def test_a_header_is_known_and_never_a_term(header, delimiter):
    content = (header and header.format(delimiter) + "\n") + BODY.format(delimiter)

    assert entries(content) == PAIRS


@pytest.mark.parametrize(
    "content",
    [
        "fr\ten\ncomprimé\ttablet\nfièvre\tfever\n",
        "note,French,English\nn,comprimé,tablet\n,fièvre,fever\n",
        "target;source\ncomprimé;tablet\nfièvre;fever\n",
        "en,de,fr\ntablet,Tablette,comprimé\nfever,Fieber,fièvre\n",
        "\ufeffsep=;\r\nen;fr\r\ntablet;comprimé\r\nfever;fièvre\r\n",
        "sep=,\ntablet,comprimé\nfever,fièvre\n",
        '"tablet","comprimé"\n"fever","fièvre"\n',
        "tablet,comprimé,en,fr\nfever,fièvre,EN,FR\n",
        "id,source,target\n1,tablet,comprimé\n2,fever,fièvre\n",
    ],
)
def test_columns_are_found_by_their_names_in_any_order(content):
    assert entries(content) == PAIRS


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("en,fr-FR,fr-CA", "fr-CA"),
        ("English,French (France),French (Canada)", "fr-CA"),
        ("en,fr_BE,fr", "fr-CA"),
        ("English,Portuguese (Portugal),Portuguese (Brazil)", "pt-BR"),
        ("en,Chinese (Simplified),Chinese (Traditional)", "zh-TW"),
        ("term_en,term_de,term_fr", "fr"),
    ],
)
def test_of_several_columns_the_target_s_own_is_read(header, target):
    assert entries(f"{header}\ntablet,other,right\n", target=target) == [("tablet", "right")]


@pytest.mark.parametrize(
    "comment",
    ["# our list", "// list of terms, version 2", "#\n# two lines\n", "## v2; checked; 3 terms"],
)
@pytest.mark.parametrize("body", ["source,target\n" + BODY.format(","), BODY.format("\t")])
def test_a_comment_at_the_beginning_is_passed_over_and_reported(comment, body):
    imported = read(f"{comment}\n{body}")

    assert [(term.source, *term.targets) for term in imported.terminology.terms] == PAIRS
    assert "passed over" in imported.report[0].message


@pytest.mark.parametrize(
    ("header", "good", "bad"),
    [
        ("source,target,forbidden", "tablet,comprimé,false", "tablet,tablette,TRUE"),
        ("source,target,Is_Deprecated", "tablet,comprimé,", "tablet,tablette,x"),
        ("en,fr,Do not use", "tablet,comprimé,no", "tablet,tablette,yes"),
        ("source,target,Usage", "tablet,comprimé,preferred", "tablet,tablette,deprecated"),
        ("source,target,usage", "tablet,comprimé,ok", "tablet,tablette,HalfPrefix;Forbidden"),
        (
            "English,Term_Info,French,Term_Info",
            "tablet,,comprimé,",
            "tablet,,tablette,Forbidden",
        ),
    ],
)
def test_other_columns_forbid_a_translation_too(header, good, bad):
    imported = read(f"{header}\n{good}\n{bad}\n")

    assert [term.targets for term in imported.terminology.terms] == [("comprimé",)]
    assert [change.kind for change in imported.report][-1] == "dropped"


def test_what_was_concluded_is_reported():
    changes = read("Anglais;Français\n" + BODY.format(";")).report

    assert [(change.kind, change.line) for change in changes] == [("layout", 1)] * 2
    assert "separated by semicolons" in changes[0].message
    assert "“Anglais”, “Français”. If it is a term" in changes[1].message
    (header,) = read("source\ttarget\n" + BODY.format("\t")).report
    assert "“source”, “target”" in header.message
    assert read("source\ttargets\n" + BODY.format("\t")).report == ()  # as we write it


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("English\tanglais", ("English", "anglais")),  # the language is a term here
        ("French\tfrançais", ("French", "français")),
        ("source\tcible", ("source", "cible")),
        ("fr\tFrance", ("fr", "France")),
        ("no\tnon", ("no", "non")),
        ("term\tterme", ("term", "terme")),
        ("source text\ttexte source", ("source text", "texte source")),
        ("# of patients\tnombre de patients", ("# of patients", "nombre de patients")),
    ],
)
def test_a_term_that_is_a_language_is_a_term(row, expected):
    assert expected in entries(f"{row}\n" + BODY.format("\t"))


@pytest.mark.parametrize("header", ["English\tGerman", "en\tde", "en-US,pt-BR", "anglais;allemand"])
def test_a_header_of_other_languages_is_refused(header):
    delimiter = next(mark for mark in "\t,;" if mark in header)

    (problem,) = errors(f"{header}\n" + BODY.format(delimiter))

    assert "and en-fr is expected" in problem.message
    assert problem.line == 1


def test_the_languages_of_a_glossary_are_checked():
    content = "tablet,comprimé,EN,FR\nfever,Fieber,EN,DE\n"

    imported = read(content)

    assert [term.source for term in imported.terminology.terms] == ["tablet"]
    assert imported.dropped == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('"5"" tube"\t"tube de 5"""\n', ('5" tube', 'tube de 5"')),
        ('"a, b"\t"c, d"\n', ("a, b", "c, d")),
        ('"a\tb"\tc\n', ("a b", "c")),
        ('x\t"y\nz"\n', ("x", "y z")),
        ('5" tube\ttube\n', ('5" tube', "tube")),
        ('"cap\tbonnet\n', ('"cap', "bonnet")),
    ],
)
def test_excels_quoting_is_undone_and_other_quotation_marks_are_text(content, expected):
    assert expected in entries(content + "tablet\tcomprimé\n")


FORBIDDEN = [
    "forbidden", "Forbidden", "deprecated", "deprecatedTerm-admn-sts", "Obsolete", "notRecommended",
    "not recommended", "Do not use", "do-not-use", "superseded", "REJECTED", "prohibited", "avoid",
    "interdit", "verboten", "supersededTerm",
]  # fmt: skip
ALLOWED = [
    "",
    "preferred",
    "Preferred Term",
    "admitted",
    "approved",
    "standardizedTerm",
    "legalTerm",
]


@pytest.mark.parametrize("status", FORBIDDEN)
def test_a_forbidden_translation_is_not_accepted_and_named(status):
    content = f"source,target,status\ntablet,comprimé,preferred\ntablet,tablette,{status}\n"

    imported = read(content)

    assert imported.terminology.terms[0].targets == ("comprimé",)
    (change,) = [change for change in imported.report if change.kind == "dropped"]
    assert "“tablette” has the status" in change.message
    assert change.line == 3


@pytest.mark.parametrize("status", ALLOWED)
def test_a_translation_with_another_status_is_accepted(status):
    content = f"source,target,status\ntablet,comprimé,preferred\ntablet,tablette,{status}\n"

    imported = read(content)

    assert imported.terminology.terms[0].targets == ("comprimé", "tablette")
    assert imported.doubtful == 0


@pytest.mark.parametrize("status", ["green", "2", "à vérifier"])
def test_an_unknown_status_is_reported_and_accepted(status):
    imported = read(f"source,target,status\ntablet,tablette,{status}\n")

    assert imported.terminology.terms[0].targets == ("tablette",)
    assert f"The status “{status}” is not known" in imported.report[-1].message


TBX = """<martif type="TBX" xml:lang="en"><text><body><termEntry id="c1">{0}
<langSet xml:lang="en"><tig><term>tablet</term></tig></langSet>
<langSet xml:lang="fr">{1}<tig><term>comprimé</term></tig>
<tig><term>tablette</term>{2}</tig></langSet></termEntry>
<termEntry id="c2"><langSet xml:lang="en"><tig><term>fever</term></tig></langSet>
<langSet xml:lang="fr"><tig><term>fièvre</term></tig></langSet></termEntry>
</body></text></martif>"""
NOTE = '<descrip type="administrativeStatus">{0}</descrip>'


@pytest.mark.parametrize("kind", ["descrip", "termNote", "admin"])
@pytest.mark.parametrize("status", ["deprecatedTerm-admn-sts", "forbidden", "Do not use"])
def test_a_status_in_tbx_stands_in_any_of_its_notes(kind, status):
    note = NOTE.format(status).replace("descrip", kind)

    assert entries(TBX.format("", "", note)) == PAIRS


@pytest.mark.parametrize("name", ["Status", "Usage", "x-usage-status", "Term status"])
def test_a_status_in_tbx_is_known_by_other_names_too(name):
    note = f'<descrip type="{name}">deprecated</descrip>'

    assert entries(TBX.format("", "", note)) == PAIRS


def test_a_status_of_a_language_or_a_concept_is_that_of_its_terms():
    of_language = read(TBX.format("", NOTE.format("obsolete"), ""))
    of_concept = read(TBX.format(NOTE.format("obsolete"), "", ""))

    for imported in (of_language, of_concept):
        assert [term.source for term in imported.terminology.terms] == ["fever"]
    assert "comprimé" in "".join(change.message for change in of_language.report)


@pytest.mark.parametrize(
    "content",
    [
        '[{"source": "tablet", "target": "comprimé"}, {"source": "fever", "target": "fièvre"}]',
        '[\n {"source": "tablet", "targets": ["comprimé"]},\n'
        ' {"source": "fever", "targets": ["fièvre"]}\n]\n',
        '{"tablet": "comprimé", "fever": "fièvre"}',
        '{\n  "tablet": ["comprimé"],\n  "fever": ["fièvre"]\n}\n',
        '{"source": "tablet", "target": "comprimé"}\n{"source": "fever", "targets": ["fièvre"]}\n',
        '[{"source": "tablet", "target": ["comprimé"]}, {"source": "fever", "target": "fièvre"}]',
        '[{"source": "tablet", "target": "tablette", "forbidden": true},'
        ' {"source": "tablet", "target": "comprimé", "deprecated": false},'
        ' {"source": "fever", "target": "fièvre"}]',
    ],
)
def test_json_has_several_forms(content):
    assert entries(content) == PAIRS


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ('[{"source": "a", "target": "b"},\n{"source": "c"}]', 2, "list of strings"),
        ('[{"source": "a", "target": "b"},\n{"source": }]', 2, "not valid JSON"),
        ('[{"source": "a", "target": "b"}\n{"source": "c", "target": "d"}]', 2, "a comma or ]"),
        ('["a", "b"]', 1, "not an object"),
        ('{\n"a": {"fr": "b"}}', 2, "must be a string or a list"),
        ('{\n"a": "b",\n}', 3, "not valid JSON"),
        ("[" * 100_000, 1, "nested too deeply"),
        ('[{"source": "a", "target": "b"}] x', 1, "after the end"),
    ],
)
def test_broken_json_is_named_with_its_line(content, line, words):
    problem = errors(content)[0]

    assert words in problem.message
    assert problem.line == line


@pytest.mark.parametrize(
    ("root", "words"),
    [("mtf", "Export the term base as TBX"), ("tmx", "translation memory"), ("xliff", "XLIFF")],
)
def test_other_xml_is_named_with_the_way_out(root, words):
    assert words in errors(f"<?xml version='1.0'?><{root}><a/></{root}>")[0].message


@pytest.mark.parametrize("content", ["a,b,c,d\ne,f,g,h\n", "a,b,c\nd,e,f\n", "a\tb\tc\td\te\n"])
def test_a_table_that_says_nothing_of_its_columns_is_refused(content):
    assert "Write a first row with their names" in errors(content)[0].message
