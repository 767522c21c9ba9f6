"""The demo's content: test sets that are sound, and uploads that do what they say."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from demo.systems import (
    LANGUAGE_PAIRS,
    DemoSystem,
    demo_systems,
    demo_teams,
    demo_test_set,
    reference_path,
    source_path,
)
from evaluator.alignment import align
from evaluator.checks import warnings
from evaluator.errors import SubmissionError
from evaluator.formats import read_hypotheses
from evaluator.types import Hypotheses

BROKEN = "half-a-file"

# These leave the source language standing, and the checks notice.
UNTRANSLATED = {"source-copy", "glossary-only"}
each_pair = pytest.mark.parametrize("pair", LANGUAGE_PAIRS)


def systems(pair: str) -> dict[str, DemoSystem]:
    """Return the sound uploads of one language pair by name."""
    found = [s for s in demo_systems() if s.language_pair == pair and s.name != BROKEN]
    return {system.name: system for system in found}


def read(system: DemoSystem) -> Hypotheses:
    """Return the upload's hypotheses as the server reads them."""
    file = read_hypotheses(io.BytesIO(system.content), system.file_name)
    return align(file, demo_test_set(system.language_pair))


@each_pair
def test_a_test_set_has_24_segments_in_three_documents(pair):
    test_set = demo_test_set(pair)

    assert len({segment.id for segment in test_set.segments}) == 24
    assert list(Counter(s.document for s in test_set.segments).values()) == [8, 8, 8]


@each_pair
def test_source_and_reference_list_the_same_segments_in_the_same_order(pair):
    def ids(path):
        return [line.split(">")[0] for line in path.read_text("utf-8").splitlines()]

    assert ids(source_path(pair))[1:-1] == ids(reference_path(pair))[1:-1]


@each_pair
def test_source_and_reference_annotate_the_same_terms(pair):
    for segment in demo_test_set(pair).segments:
        source, reference = (
            Counter((t.id, t.type, t.source, t.target) for t in terms)
            for terms in (segment.source_terms, segment.reference_terms[0])
        )
        assert source == reference, segment.id


@each_pair
def test_annotated_forms_stand_in_their_segments_and_their_types_are_true(pair):
    for segment in demo_test_set(pair).segments:
        for text, terms in (
            (segment.source, segment.source_terms),
            (segment.references[0], segment.reference_terms[0]),
        ):
            assert all(f" {term.form} " in f" {text} " for term in terms), segment.id
            assert {token for t in terms for token in t.form.split()} <= set(text.split())
        for term in segment.source_terms:
            assert (term.form == term.source) == term.type.startswith("src_original")
        for term in segment.reference_terms[0]:
            assert (term.form in term.variants) == term.type.endswith("tgt_original")


@each_pair
def test_the_terms_show_what_a_terminology_can_ask_for(pair):
    segments = demo_test_set(pair).segments
    required = [term for segment in segments for term in segment.source_terms]
    sources = {f" {term.source} " for term in required}

    assert len(required) >= 30
    assert any(not segment.source_terms for segment in segments)
    assert any(len(term.variants) > 1 for term in required)
    assert len({term.type for term in required}) == 4
    assert any(a != b and a in b for a in sources for b in sources)  # nested candidates
    assert any(
        count > 1 for s in segments for count in Counter(t.id for t in s.source_terms).values()
    )


@each_pair
def test_texts_are_tokenised(pair):
    for segment in demo_test_set(pair).segments:
        for text in (segment.source, segment.references[0]):
            assert text == " ".join(text.split())
            assert all(token in ".,;:?!" or token[-1] not in ".,;:?!" for token in text.split())


def test_every_team_hands_in_at_most_one_primary_a_pair():
    primaries = Counter((s.team, s.language_pair) for s in demo_systems() if s.is_primary)

    assert {s.team for s in demo_systems()} == {team.name for team in demo_teams()}
    assert len(demo_teams()) == 4
    assert set(primaries.values()) == {1}


@each_pair
def test_the_systems_fit_their_test_set(pair):
    test_set = demo_test_set(pair)
    found = systems(pair)

    formats = set()
    for system in found.values():
        file = read_hypotheses(io.BytesIO(system.content), system.file_name)
        formats.add(file.format)
        assert len(align(file, test_set).texts) == 24
        has_warning = bool(warnings(align(file, test_set), test_set))
        assert has_warning == (system.name in UNTRANSLATED)
    assert len(found) >= 5
    assert formats == {"sgml", "text", "jsonl"}


@each_pair
def test_the_systems_do_what_their_descriptions_say(pair):
    segments = demo_test_set(pair).segments
    texts = {name: read(system).texts for name, system in systems(pair).items()}

    assert texts["source-copy"] == tuple(segment.source for segment in segments)
    for number, segment in enumerate(segments):
        reference = segment.references[0]
        shuffled = texts["thirds-shuffled"][number]
        assert sorted(shuffled.split()) == sorted(reference.split())
        assert (shuffled != reference) == (number % 3 == 2)
        words = reference.split()
        del words[4::5]
        assert texts["every-fifth-word-dropped"][number] == " ".join(words)
        for name in ("glossary-only", "lexicon-and-glossary"):
            for term in segment.source_terms:
                assert f" {term.variants[0]} " in f" {texts[name][number]} "
    assert len(set(texts.values())) == len(texts)


@each_pair
def test_the_glossary_blind_system_uses_no_accepted_form(pair):
    texts = read(systems(pair)["glossary-blind"]).texts

    for segment, text in zip(demo_test_set(pair).segments, texts, strict=True):
        for term in segment.reference_terms[0]:
            for form in (*term.variants, term.form):
                assert f" {form} ".casefold() not in f" {text} ".casefold(), segment.id
        if not segment.source_terms:
            assert text == segment.references[0]


def test_exactly_one_upload_is_refused_and_all_its_gaps_are_named():
    refused = {}
    for system in demo_systems():
        try:
            read(system)
        except SubmissionError as error:
            refused[system.name] = error

    assert list(refused) == [BROKEN]
    assert len(refused[BROKEN].problems) == 12


def test_two_calls_give_the_same_bytes():
    assert demo_systems() == demo_systems()
