"""Term lists as other programs and people write them: headers, marks, quoting, lists by name."""

from __future__ import annotations

import json

import pytest

from tests.unit.evaluator.terminology_lists import errors, read

PAIRS = [("tablet", "comprimé"), ("fever", "fièvre")]


def entries(content, **options):
    terms = read(content, **options).terminology.terms
    return [(term.source, *term.targets) for term in terms]


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("word,translation", "en-fr"),
        ("Quellterm;Zielterm", "en-fr"),
        ("Término origen;Término destino", "en-fr"),
        ("from\tto", "en-fr"),
        ("#source\ttarget", "en-fr"),
        ("# en,fr", "en-fr"),
        ("En.\tFr.", "en-fr"),
        ("EN (source);FR (target)", "en-fr"),
        ("ingelesa;frantsesa", "en-fr"),
        ("inglês,francês", "en-fr"),
        ("angielski;polski", "en-pl"),
        ("Castellano;Vasco", "es-eu"),
        ("Español;Euskara", "es-eu"),
        ("英文,中文（简体）", "en-zh-CN"),
        ("繁體中文,英文", "zh-TW-en"),
        ("英語,日本語", "en-ja"),
        ("영어\t한국어", "en-ko"),
        ("Английский;Русский", "en-ru"),
        ("en,id", "en-id"),
        ("en,no", "en-nb"),
    ],
)
def test_headers_in_other_words_are_reported_and_never_terms(header, pair):
    source, target = pair.rsplit("-", 1) if pair != "en-zh-CN" else ("en", "zh-CN")
    mark = next(mark for mark in "\t;," if mark in header)

    imported = read(f"{header}\nQQ{mark}RR\n", source=source, target=target)

    assert [(t.id, t.source, *t.targets) for t in imported.terminology.terms] == [("2", "QQ", "RR")]
    assert "is read as a header" in imported.report[-1].message


@pytest.mark.parametrize("header", ["source,target", "Englisch;Französisch", "en\tfr"])
def test_a_header_in_the_middle_of_joined_files_is_no_term(header):
    mark = next(mark for mark in "\t;," if mark in header)

    imported = read(f"{header}\ntablet{mark}comprimé\n{header}\nfever{mark}fièvre\n")

    assert [(term.source, *term.targets) for term in imported.terminology.terms] == PAIRS
    assert (imported.report[-1].line, imported.report[-1].kind) == (3, "layout")


def test_of_two_columns_of_a_script_in_brackets_the_target_s_own_is_read():
    content = "英文,中文（简体）,中文（繁體）\nfever,发烧,發燒\n"

    assert entries(content, target="zh-TW") == [("fever", "發燒")]


def test_a_column_of_ids_is_not_taken_for_indonesian():
    (term,) = read("id,en,id\n7,fever,demam\n", target="id").terminology.terms

    assert (term.id, term.targets) == ("7", ("demam",))


@pytest.mark.parametrize(
    "content",
    [
        '\ufeff"sep=;"\r\ntablet;comprimé\r\nfever;fièvre\r\n',
        "sep=|\ntablet|comprimé\nfever|fièvre\n",
        "\ufeff\ufeffsource,target\r\ntablet,comprimé\r\nfever,fièvre\r\n",
        '"tablet", "comprimé"\n"fever", "fièvre"\n',
        "tablet,comprimé,,,\nfever,fièvre,,,\n",
        "tablet\tcomprimé\t\t\nfever\tfièvre\t\t\n",
        "source,target\ntablet,comprimé,\nfever,fièvre,,\n",
        "source,target,from,to\ntablet,comprimé,en,fr\nfever,fièvre,EN,FR-FR\n",
    ],
)
def test_what_spreadsheets_leave_makes_no_difference(content):
    assert entries(content) == PAIRS


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('"a\tb","c"\n"d","e"\n', [("a b", "c"), ("d", "e")]),
        ("pen;stylo,plume;stylet\nx;y,z;w\n", [("pen;stylo", "plume;stylet"), ("x;y", "z;w")]),
        ("a, b;c d;preferred\ne, f;g;admitted\n", [("a, b", "c d"), ("e, f", "g")]),
        ('"x, ""y""";"z"\r\n"v";"w"\r\n', [('x, "y"', "z"), ("v", "w")]),
        ('a\t"b\r\nc"\r\n"5"" d"\te\r\nf\tg\th i\t\r\n', None),
    ],
)
def test_marks_inside_cells_stay_there(content, expected):
    if expected is None:  # the row with too many cells is named by its own line, and nothing else
        assert [problem.line for problem in errors(content)] == [4]
    else:
        assert entries(content) == expected


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_a_third_column_of_statuses_needs_no_header(mark):
    rows = [("tablet", "comprimé", "preferred"), ("tablet", "tablette", "Do not use")]

    imported = read("".join(mark.join(row) + "\n" for row in rows))

    assert [term.targets for term in imported.terminology.terms] == [("comprimé",)]
    assert "“tablette” has the status “Do not use”" in imported.report[-1].message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("NOT RECOMMENDED-admn-sts", "dropped"), ("non-approved", "dropped"), ("DNU", "dropped"),
        ("Should not be used", "dropped"), ("deconseille", "dropped"), ("запрещенный", "dropped"),
        ("gesperrt", "dropped"), ("no usar", "dropped"), ("已弃用", "dropped"),
        ("使用禁止", "dropped"), ("사용 금지", "dropped"), ("przestarzały", "dropped"),
        ("regulatedTerm-admn-sts", ""), ("Standardised term", ""), ("bevorzugt", ""),
        ("ZUGELASSEN", ""), ("首选", ""), ("recomendado", ""),
        ("archived", "doubtful"), ("to be checked", "doubtful"), ("3 stars", "doubtful"),
    ],
)  # fmt: skip
def test_statuses_in_other_words_and_spellings(status, kind):
    row = {"source": "tablet", "target": "tablette", "status": status}

    imported = read(json.dumps([{"source": "fever", "target": "fièvre"}, row]))

    targets = [term.targets[0] for term in imported.terminology.terms]
    assert targets == ["fièvre"] + ["tablette"] * (kind != "dropped")
    assert [change.kind for change in imported.report] == [kind] * bool(kind)
    assert all(status in change.message for change in imported.report)


def test_where_every_term_is_forbidden_the_error_says_so():
    (problem,) = errors("source,target,status\ntablet,tablette,obsolete\n")

    assert "line 2: “tablette” has the status “obsolete”: not accepted" in problem.message


def test_a_status_of_the_whole_concept_that_is_unknown_is_reported_once():
    term = '<langSet xml:lang="{0}"><tig><term>{1}</term></tig></langSet>'
    concept = f"<termEntry>{{0}}{term.format('en', 'tablet')}{term.format('fr', 'comprimé')}"
    note = '<descrip type="status">green</descrip>'

    imported = read(f"<martif>{concept.format(note)}</termEntry></martif>")

    assert [(change.kind, change.entry) for change in imported.report] == [("doubtful", "tablet")]


@pytest.mark.parametrize("note", ['<termNote type="Forbidden">true</termNote>',
                                  '<descrip type="deprecated">Yes</descrip>',
                                  "<obsolete>x</obsolete>"])  # fmt: skip
def test_a_flag_in_tbx_forbids_a_term(note):
    content = (
        '<martif><termEntry><langSet xml:lang="en"><tig><term>tablet</term></tig></langSet>'
        '<langSet xml:lang="fr"><tig><term>comprimé</term></tig><tig><term>tablette</term>'
        f"{note}</tig></langSet></termEntry></martif>"
    )

    assert entries(content) == [("tablet", "comprimé")]
    assert entries(content.replace("true", "no").replace("Yes", "no").replace("x<", "0<")) == [
        ("tablet", "comprimé", "tablette")
    ]


TBX = (
    '<martif type="TBX" xml:lang="en"><text><body><termEntry><langSet xml:lang="en"><tig><term>'
    'tablet</term></tig></langSet><langSet xml:lang="fr"><tig><term>comprimé</term></tig></langSet>'
    "</termEntry></body></text></martif>"
)


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("utf-16", "utf-16-be"), ("UTF-16", "utf-16-le"), ("utf-16", "utf-8"),
        ("iso-8859-1", "latin-1"), ("windows-1252", "cp1252"), ("ISO-8859-15", "iso8859-15"),
        ("windows-1252", "utf-8"), ("", "utf-16"), ("UTF-8", "utf-8-sig"),
    ],
)  # fmt: skip
def test_tbx_is_read_in_the_encoding_that_it_declares(declared, written):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\r\n' if declared else ""

    assert entries((declaration + TBX).encode(written)) == [("tablet", "comprimé")]


LISTS = {
    "dictionaries": {"proper": {"tablet": ["comprimé"], "fever": "fièvre"},
                     "random": {"day": ["jour"]}},
    "arrays": {"proper": [{"source": "tablet", "targets": ["comprimé"]},
                          {"source": "fever", "target": "fièvre"}],
               "random": [{"source": "day", "targets": ["jour"]}]},
    "metadata": {"proper": {"tablet": "comprimé", "fever": "fièvre"}, "version": "2",
                 "random": {"day": "jour"}},
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("kind", LISTS)
def test_of_lists_by_name_the_named_one_is_read(kind, indent):
    content = json.dumps(LISTS[kind], ensure_ascii=False, indent=indent)

    assert entries(content, list_name="proper") == PAIRS
    assert entries(content, list_name="random") == [("day", "jour")]
    assert "“random” is read" in read(content, list_name="random").report[0].message
    assert "several lists: “proper”, “random”. Say which" in errors(content)[0].message
    assert "no list “noterm” but “proper”, “random”" in (
        errors(content, list_name="noterm")[0].message
    )


def test_a_single_list_needs_no_name_and_other_files_ignore_it():
    assert entries('{"terms": {"tablet": "comprimé", "fever": "fièvre"}}') == PAIRS
    assert entries("tablet,comprimé\nfever,fièvre\n", list_name="proper") == PAIRS
    assert entries('{"tablet": "comprimé", "fever": ["fièvre"]}', list_name="proper") == PAIRS


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ('{"proper": {"a": "b"}, "random": {"c": }}', 1, "not valid JSON"),
        ('{"proper": {"a": "b"},\n"random": ["c"', 2, "a list does not end"),
        ('{"proper": {"a": "b"},\n"proper": {}}', 2, "stands twice"),
        ('{"proper": {"a": "b"}} {}', 1, "after the end"),
        ('{"proper": ' + '{"a":' * 10_000, 1, "nested too deeply"),
        ('{"a": {"fr": "b"}, "c": {"fr": "d"}}', 1, "a string or a list of strings"),
        ('{\n"source": "a",\n"target": "b"\n}\n', 1, "takes several lines"),
        ('{"a": "b"}\n{"c": "d"}\n', 2, "into a single array or object"),
        ('{"a": null}', 1, 'targets of "a"'),
    ],
)
def test_broken_lists_are_named_with_line_and_remedy(content, line, words):
    problem = errors(content, list_name="random" if '"random": {"c"' in content else None)[0]

    assert words in problem.message
    assert problem.line == line


@pytest.mark.parametrize(
    "content",
    [
        '[{"en": "tablet", "fr": "comprimé"}, {"en": "fever", "fr": ["fièvre"]}]',
        '[{"term": "tablet", "translation": "comprimé"},'
        ' {"term": "fever", "translation": "fièvre"}]',
        '{"English": "French", "tablet": "comprimé", "fever": "fièvre"}',
        '[{"source": "tablet", "target": "comprimé", "status": null, "forbidden": "no"},'
        ' {"source": "fever", "target": "fièvre"},'
        ' {"source": "fever", "target": "chaud", "forbidden": "yes"}]',
    ],
)
def test_json_has_named_columns_and_headers_too(content):
    imported = read(content)

    assert [(term.source, *term.targets) for term in imported.terminology.terms] == PAIRS
    assert imported.report


def test_a_dictionary_in_a_single_long_line_is_read():
    terms = {f"source {n}": f"target {n}" for n in range(5_000)}

    assert len(entries(json.dumps(terms))) == 5_000


def test_terms_that_are_lost_are_shown_first():
    rows = ["source,target,status", *(f"a{n},«b»," for n in range(20)), "tablet,tablette,forbidden"]

    shown = read("\n".join(rows)).select_changes(3)

    assert [change.kind for change in shown] == ["layout", "layout", "dropped"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (",".join("a" * 1_000_000) + "\n", "more than 1,000 commas"),
        ("source;target" + ";" * 1_000_000, "more than 1,000 semicolons"),
        ("\t".join("a" * 1_000_000), "more than 100 cells"),
        ("English," * 101 + "French\nb" + ",c" * 101, "more than 100 cells"),
        ('"a"\t' * 500 + "b\n", "more than 100 cells"),
        ('{"a": [' + "[]," * 200_000, "not valid JSON"),
    ],
)
def test_wide_files_are_refused_without_a_list_of_their_cells(content, words):
    assert words in errors(content)[0].message


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "t", ".xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "terms.XLS", "an Excel workbook (.xls)"),
        (b"PK\3\4" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "t",
         "(.ods)"),
        (b"PK\3\4" + b"\0" * 26 + b"xl/workbook.xml", "terms.csv", "an Excel workbook (.xlsx)"),
        (b"\0\1\0\0Standard Jet DB\0", "terms.sdltb", "Access or MultiTerm"),
        (b"<?xml version='1.0'?><?mso-application?><Workbook/>", "t.xml", "Excel workbook in XML"),
        (b"<html><table/></html>", "t.xls", "Save its table as CSV (UTF-8)"),
        ("<mtf><conceptGrp/></mtf>".encode("utf-16"), "t.xml", "Export the term base as TBX"),
    ],
)  # fmt: skip
def test_files_of_other_programs_are_named_with_the_way_out(content, name, words):
    problem = errors(content, name=name)[0]

    assert words in problem.message
    assert "CSV (UTF-8)" in problem.message or "TBX" in problem.message
