"""What of a test set participants and nodes get: a list of what may be told, and nothing else."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from io import BytesIO

import pytest

import evaluator
from evaluator.container import system_inputs
from evaluator.formats.samples import Sample
from evaluator.types import Document, Segment, UnscoredSegment
from sharedtasks.downloads import KINDS, Contents
from sharedtasks.handouts import hand_out_test_set, make_handout
from sharedtasks.policy import Thing
from sharedtasks.terminology_modes import STANDARD_MODES, Mode
from tests.marked_test_sets import MARKED, MARKERS, OWN, SAMPLE, find_markers, term

SAMPLES = (Sample("A cup.", SAMPLE),)
# Modes of an organiser's own, beside the standard modes.
MODES = {
    name: Mode(
        name=name,
        gives_terms=mode.gives_terms,
        gives_samples=mode.gives_samples,
        list_name=mode.list_name,
    )
    for name, mode in STANDARD_MODES.items()
} | {
    "both": Mode(name="both", gives_terms=True, gives_samples=True),
    "shuffled": Mode(name="shuffled", gives_terms=True, list_name="random"),
    "bare": Mode(name="bare", gives_terms=False, list_name="random"),
}


def write_all(mode: Mode) -> dict[str, str]:
    """Return all downloads but the references, by kind."""
    contents = Contents(make_handout(MARKED, mode, SAMPLES), MARKED)
    return {
        name: "".join(kind.write(contents))
        for name, kind in KINDS.items()
        if kind.thing != Thing.REFERENCES and kind.fits(contents)
    }


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_no_download_has_what_a_reference_or_another_list_says(mode):
    written = write_all(mode)

    assert find_markers("".join(map(repr, MARKED.segments + MARKED.other_lists))) == [*MARKERS]
    assert {name: find_markers(text) for name, text in written.items() if find_markers(text)} == {}
    for target in OWN:
        assert (target in "".join(written.values())) == mode.gives_terms
    assert (SAMPLE in "".join(written.values())) == mode.gives_samples


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_a_container_is_told_the_terms_of_its_mode_only(mode):
    handed_out = hand_out_test_set(MARKED, gives_terms=mode.gives_terms)

    inputs = system_inputs(handed_out, "terms")  # what it would be told at the most

    told = repr(inputs)
    assert len(inputs) == len(MARKED.all_segments)
    assert find_markers(told) == []
    assert all((target in told) == mode.gives_terms for target in OWN)


def test_a_new_field_is_not_handed_out_unless_it_is_added_here():
    handed_out = hand_out_test_set(MARKED, gives_terms=True)

    def list_filled(value, empty):
        return {
            field.name for field in fields(value) if getattr(value, field.name) != empty[field.name]
        }

    of_segment = dict.fromkeys((field.name for field in fields(Segment)), ()) | {"terms": None}
    filled = set().union(*(list_filled(segment, of_segment) for segment in handed_out.segments))
    assert filled == {"id", "document", "source", "terms"}
    bare = evaluator.TestSet("", "", ())
    assert list_filled(handed_out, {f.name: getattr(bare, f.name) for f in fields(bare)}) == {
        "source_language", "target_language", "segments", "text_form", "terminology", "unit",
        "documents",
    }  # fmt: skip
    assert {field.name for field in fields(Document)} == {"id", "terms", "delimiter"}


def test_documents_are_written_whole_with_paragraphs_that_no_score_counts():
    for mode in MODES.values():
        assert json.loads(write_all(mode)["source.json"]) == [
            "Take a pill and a drop.\n\nNo reference here.\n\nA syrup, a pill.",
            "A pill, a drop and a syrup.",
        ]


def test_no_download_shows_which_paragraphs_have_a_reference():
    for mode in MODES.values():
        written = write_all(mode)
        sources = {name for name, kind in KINDS.items() if name.startswith(("source", "segment"))}

        assert {"source.tsv", "source.jsonl", "source.sgm"} <= sources & set(written)
        assert all("No reference here." in written[name] for name in sources & set(written))


def test_what_is_handed_out_is_the_same_whichever_paragraphs_have_a_reference():
    given = (None, (), (term("pill", "pilule"),), (term("drop", "goutte"), term("a", "une")))
    paragraphs = [
        Segment(str(number), "d", f"A pill and a drop, {number}.", ("Une pilule.",), terms=terms)
        for number, terms in enumerate(given)
    ]

    def make(hidden):
        return replace(
            MARKED,
            segments=tuple(row for place, row in enumerate(paragraphs) if place not in hidden),
            unscored=tuple(
                UnscoredSegment(place, row.id, row.document, row.source, row.terms)
                for place, row in enumerate(paragraphs)
                if place in hidden
            ),
            documents=(Document("d", (term("and", "et"),), "\n\n"),),
        )

    for gives_terms in (True, False):
        whole, *others = (
            hand_out_test_set(make(hidden), gives_terms=gives_terms)
            for hidden in (set(), {0}, {3}, {1, 2}, {0, 1, 3})
        )
        assert others == [whole] * 4
        assert [row.terms for row in whole.segments] == [
            terms if gives_terms else None for terms in given
        ]
        assert ("goutte" in repr(system_inputs(whole, "terms"))) == gives_terms


def test_the_terms_of_segments_and_documents_are_read_back_at_their_addresses():
    written = write_all(MODES["proper"])

    read = evaluator.read_test_set(
        source=BytesIO(written["segment-terms.jsonl"].encode()),
        source_language="en",
        target_language="fr",
        sources_only=True,
    )
    common = evaluator.read_terminologies(
        [(BytesIO(written["terms.tsv"].encode()), "terms.tsv")],
        source_language="en",
        target_language="fr",
    )

    def list_terms(terms):
        return None if terms is None else [(term.source, term.targets) for term in terms]

    assert [list_terms(segment.terms) for segment in read.segments] == [
        [("drop", (OWN[2],))], [("reference", (OWN[3],))], None, None
    ]  # fmt: skip
    assert [list_terms(document.terms) for document in read.documents] == [
        [("syrup", (OWN[1],))], None
    ]  # fmt: skip
    assert (read.unit, read.documents[0].delimiter) == ("document", "\n\n")
    assert list_terms(common.terminology.terms) == [("pill", (OWN[0],))]
    told = repr(system_inputs(replace(read, terminology=common.terminology)))
    assert all(target in told for target in OWN)


def test_none_here_is_not_the_same_as_nothing_said():
    segments = tuple(
        Segment(str(number), "d", "A pill.", (), terms=terms)
        for number, terms in enumerate([(), None, MARKED.segments[0].terms])
    )
    content = evaluator.TestSet("en", "fr", segments, terminology=MARKED.terminology)
    handout = make_handout(content, MODES["proper"])

    kind = KINDS["segment-terms.jsonl"]
    rows = [json.loads(row) for row in kind.write(Contents(handout, content))]

    assert [row.get("terms") for row in rows] == [
        [], None, [{"source": "drop", "targets": [OWN[2]]}],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "list_name", "scored_as"),
    [
        ("proper", "proper", "proper"),
        ("noterm", "proper", "noterm"),
        ("random", "random", "random"),
        ("sample", "proper", "sample"),
        ("shuffled", "random", "random"),
        ("hints", "proper", "hints"),
        ("random", "proper", "proper"),
    ],
)
def test_the_evaluator_scores_with_the_list_of_the_mode(name, list_name, scored_as):
    mode = Mode(name=name, list_name=list_name)

    assert mode.scored_as == scored_as
    assert evaluator.TestSet("en", "fr", (), mode=mode.scored_as).list_name == list_name
