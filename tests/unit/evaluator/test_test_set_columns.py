"""What counts as a reference, and a terminology that is the wrong way round."""

from __future__ import annotations

import io

import pytest

from evaluator import TestSetError, read_terminologies, read_test_set

SOURCES = ["Take the tablet.", "The fever is high."]


def read(table, terms=None, **options):
    terminology = None
    if terms is not None:
        files = [(io.BytesIO(terms.encode()), "terms.tsv")]
        terminology = read_terminologies(
            files, source_language="en", target_language="fr"
        ).terminology
    return read_test_set(
        source=io.BytesIO(table.encode()), source_language="en", target_language="fr",
        text_form=None, names=["test.tsv"], terminology=terminology, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    "column",
    ["ref_id", "refid", "reference_no", "target_id", "target_de", "target_lang", "refs", "ref_by",
     "reference id", "target-x", "targets", "references_2", "target_100"],
)  # fmt: skip
def test_only_the_documented_names_are_references(column):
    table = f"id\tsource\ttarget\t{column}\n1\tThe fever.\tLa fièvre.\tx\n"

    assert read(table).segments[0].references == ("La fièvre.",)


@pytest.mark.parametrize("column", ["target_2", "target2", "reference", "reference_2", "ref 3"])
def test_the_documented_names_are_further_references(column):
    table = f"id\tsource\ttarget\t{column}\n1\tThe fever.\tLa fièvre.\tCette fièvre.\n"

    assert read(table).segments[0].references == ("La fièvre.", "Cette fièvre.")


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("Reference A", "Reference A"),
        ("reference_b\ttarget_de", "reference_b, target_de"),
        ("Human 1\t\tcomment", "Human 1, comment"),
        ("x" * 100, f"{'x' * 39}…"),
        ("\t".join(f"column {n}" for n in range(30)), "column 18, column 19, …"),
    ],
)
@pytest.mark.parametrize("sources_only", [True, False])
def test_columns_that_are_not_read_are_named(columns, named, sources_only):
    cells = "\t".join("x" for _ in columns.split("\t"))
    notes = []

    table = f"id\tsource\ttarget\t{columns}\n1\tThe fever.\tLa fièvre.\t{cells}\n"
    read(table, sources_only=sources_only, on_note=notes.append)

    [note] = notes
    assert note.startswith("Columns that are not read: ")
    assert f"{named}. References are named target" in note


@pytest.mark.parametrize("columns", ["target_2", "doc", "sourceLang\ttargetLang", "segment"])
@pytest.mark.parametrize("sources_only", [True, False])
def test_columns_with_known_names_need_no_note(columns, sources_only):
    cells = "\t".join("x" for _ in columns.split("\t"))
    notes = []

    table = f"id\tsource\ttarget\t{columns}\n1\tThe fever.\tLa fièvre.\t{cells}\n"
    read(table, sources_only=sources_only, on_note=notes.append)

    assert notes == []


@pytest.mark.parametrize(
    "blank", ["\u200b", "\u00a0\u2060", "\ufeff", "\u3164", "\u00ad", "\u2800"]
)
def test_a_reference_of_invisible_characters_is_empty(blank):
    table = f"id\tsource\ttarget\n1\tThe fever.\tLa fièvre.\n2\tA tablet.\t{blank}\n"

    with pytest.raises(TestSetError, match="The reference is empty") as caught:
        read(table)

    assert caught.value.problems[0].line == 3


TABLE = "id\tsource\ttarget\n1\tTake the tablet.\tPrenez le comprimé.\n"


@pytest.mark.parametrize(
    "terms",
    [
        "comprimé\ttablet\n",
        "source\ttarget\ncomprimé\ttablet\nfièvre\tfever\n",
        "prenez\ttake|takes\n",
    ],
)
def test_reversed_columns_are_refused(terms):
    with pytest.raises(TestSetError, match=r"look reversed.*Swap the two columns"):
        read(TABLE, terms)


@pytest.mark.parametrize("terms", ["tablet\tcomprimé\n", "mask\tmasque\n", "tablet\ttablet\n"])
def test_other_terminologies_are_taken(terms):
    assert read(TABLE, terms).terminology is not None
