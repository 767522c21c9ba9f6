"""The demo's content: test sets that are sound, and uploads that do what they say."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from demo.systems import (
    LANGUAGE_PAIRS,
    NOTERM_PAIRS,
    DemoSystem,
    demo_systems,
    demo_teams,
)
from demo.systems.material import FOLDER, material
from evaluator import read_aligned, read_slots
from evaluator.errors import SubmissionError
from evaluator.formats import read_hypotheses, read_terminology
from evaluator.normalise import Normaliser
from evaluator.scoring import score
from evaluator.terms.matching import Requirements
from evaluator.terms.span_selection import Tier
from evaluator.types import Hypotheses

# What is refused, and of how many problems a participant is told.
REFUSED = {
    ("half-a-file", "en-fr"): 25,
    ("wrong-slot", "en-ru"): 1,
    ("one-document-short", "cs-de"): 8,
    ("a-line-too-many", "cs-de"): 1,
}
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
each_pair = pytest.mark.parametrize("pair", LANGUAGE_PAIRS)


@lru_cache(maxsize=1)
def uploads() -> list[DemoSystem]:
    return demo_systems()


def files(system: DemoSystem) -> dict[str, tuple[str, bytes]]:
    """Return an upload's files, name and content, by the language pair in their names."""
    found = dict(system.files)
    if f"{system.name}.zip" in found:
        with zipfile.ZipFile(io.BytesIO(found[f"{system.name}.zip"])) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
    by_pair = {}
    for name, content in found.items():
        if ".noterm." in name:
            continue
        [pair] = (pair for pair in LANGUAGE_PAIRS if name.startswith(f"{system.name}.{pair}."))
        by_pair[pair] = name, content
    return by_pair


@lru_cache(maxsize=len(LANGUAGE_PAIRS))
def readings(pair: str) -> dict[str, Hypotheses | int]:
    """Return each system's hypotheses as the server reads them, or the number of problems."""
    found: dict[str, Hypotheses | int] = {}
    for system in uploads():
        if pair not in files(system):
            continue
        name, content = files(system)[pair]
        try:
            found[system.name] = read_aligned(io.BytesIO(content), name, material(pair).test_set)
        except SubmissionError as error:
            found[system.name] = len(error.problems)
    return found


@lru_cache(maxsize=len(LANGUAGE_PAIRS))
def texts(pair: str) -> dict[str, tuple[str, ...]]:
    """Return the hypotheses of one language pair by system, without those that are refused."""
    return {
        name: hypotheses.texts
        for name, hypotheses in readings(pair).items()
        if isinstance(hypotheses, Hypotheses)
    }


@lru_cache(maxsize=len(LANGUAGE_PAIRS))
def scores(pair: str) -> dict[str, dict[str, float]]:
    """Return the term scores of one language pair by system; the reference is "oracle"."""
    found = material(pair)
    metrics = ["term-success", "term-consistency", "over-application"]
    rows = {**texts(pair), "oracle": tuple(found.references)}
    return {
        name: {
            one.metric: one.value
            for one in score(found.test_set, Hypotheses(row), metrics=metrics).scores
        }
        for name, row in rows.items()
    }


# --- test sets and terminologies


@each_pair
def test_a_test_set_has_at_least_40_segments_in_documents_of_unequal_length(pair):
    segments = material(pair).test_set.segments
    lengths = list(Counter(segment.document for segment in segments).values())

    assert len({segment.id for segment in segments}) == len(segments) >= 40
    assert len(lengths) >= 4
    assert len(set(lengths)) > 1
    documents = [segment.document for segment in segments]
    assert documents == sorted(documents, key=documents.index)  # each in one piece


@each_pair
def test_every_text_is_a_sentence_or_two(pair):
    for segment in material(pair).test_set.segments:
        assert 2 <= len(segment.source.split()) <= 40, segment.id
        assert len(segment.references) == 1
        assert segment.references[0] != segment.source, segment.id


@each_pair
def test_the_terminology_is_taken_as_it_stands(pair):
    source_language, target_language = pair.split("-")
    with (FOLDER / f"{pair}.terms.tsv").open("rb") as stream:
        found = read_terminology(
            stream, "terms", source_language=source_language, target_language=target_language
        )

    assert found.report == ()


@each_pair
def test_the_terms_show_what_a_terminology_can_ask_for(pair):
    found = material(pair)
    required = [one for row in found.required.per_segment for one in row]
    sources = {f" {one.source} " for one in required}
    per_document = Counter(
        (segment.document, one.key)
        for segment, row in zip(found.test_set.segments, found.required.per_segment, strict=True)
        for one in row
    )

    assert sum(one.count for one in required) >= 80
    assert any(not row for row in found.required.per_segment)
    assert any(one.listed > 1 for one in required)
    assert any(a != b and a in b for a in sources for b in sources)  # nested
    assert max(per_document.values()) >= 3  # repeated
    assert any(form.is_capital for one in required for form in one.accepted)
    assert any(o.by == "lemma" for row in found.required.in_sources for o in row.occurrences)
    assert found.absent_targets


@each_pair
def test_the_reference_renders_nearly_all_terms_and_applies_no_other(pair):
    oracle = scores(pair)["oracle"]

    assert 88 <= oracle["term-success"] < 100
    assert oracle["over-application"] == 0


@pytest.mark.parametrize("pair", ["en-fr", "en-ru", "cs-de"])
def test_some_terms_are_found_by_their_lemmas_alone(pair):
    found = material(pair)
    normaliser = Normaliser.for_language(found.target_language)
    chosen = [
        rendering
        for required, text in zip(found.required.per_segment, found.references, strict=True)
        for rendering in Requirements(required, normaliser)
        .assign(normaliser.normalise(text))
        .chosen
    ]

    assert sum(rendering.tier is Tier.LEMMA for rendering in chosen) >= 10


@each_pair
def test_the_lexicon_knows_most_words(pair):
    found = material(pair)
    words = [w.lower() for s in found.test_set.segments for w in WORD.findall(s.source)]

    assert sum(word in found.lexicon for word in words) / len(words) >= 0.85


@each_pair
def test_no_sentence_of_a_real_corpus_stands_in_the_demo(pair, shared_data):
    segments = material(pair).test_set.segments
    ours = "\n".join(letters(text) for s in segments for text in (s.source, s.references[0]))

    copied = [sentence for sentence in real_sentences(shared_data) if sentence in ours]
    assert copied == []


@lru_cache(maxsize=1)
def real_sentences(folder: Path) -> list[str]:
    """Return the sentences of the shared data, as letters alone; single words are none."""
    found = set()
    for path in (*folder.glob("tico19/text/*"), *folder.glob("wmt21-en-fr/*ml")):
        for line in path.read_text("utf-8").splitlines():
            cells = re.sub(r"<[^>]*>", "", line).split("\t")
            found.update(map(letters, cells))
    return [sentence for sentence in found if len(sentence.encode()) >= 30]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


# --- uploads


def test_some_systems_say_what_they_do_without_terms():
    slots = {pair: material(pair).test_set for pair in LANGUAGE_PAIRS}
    slots |= {f"{pair}.noterm": replace(slots[pair], mode="noterm") for pair in NOTERM_PAIRS}
    noterm = {
        (system.name, verdict.slot): verdict.hypotheses
        for system in uploads()
        for verdict in read_slots(
            [(io.BytesIO(content), name) for name, content in system.files], slots
        )
        if (verdict.slot or "").endswith(".noterm")
    }

    assert {slot for _, slot in noterm} == {f"{pair}.noterm" for pair in NOTERM_PAIRS}
    assert len(noterm) >= 8
    for (name, slot), hypotheses in noterm.items():
        assert hypotheses is not None, (name, slot)
        assert hypotheses.texts != texts(slot.removesuffix(".noterm"))[name]


def test_nineteen_teams_hand_in_43_systems():
    teams = demo_teams()

    assert len({team.name for team in teams}) == 19
    assert len({team.institution for team in teams}) == 19
    assert len({team.member for team in teams}) == 19
    assert len(uploads()) == 43
    assert len({system.name for system in uploads()}) == 43
    assert {system.team for system in uploads()} == {team.name for team in teams}


def test_every_description_says_how_the_outputs_were_made():
    said = re.compile(r"\b(source|reference|word by word|first listed translations)\b", re.I)

    for system in uploads():
        assert said.search(system.description), system.name
        assert system.description.endswith(".")
        assert 30 <= len(system.description) <= 300
        assert len(re.findall(r"\.(?= |$)", system.description)) <= 2, system.name


def test_what_is_made_from_the_reference_says_so_and_is_unconstrained():
    for system in uploads():
        says_so = "the reference" in system.description
        assert says_so == (not system.is_constrained), system.name


def test_a_team_has_at_most_one_sound_primary_a_pair_and_others_beside_it():
    primaries = Counter(
        (system.team, pair)
        for system in uploads()
        if system.is_primary
        for pair in files(system)
        if (system.name, pair) not in REFUSED
    )

    assert set(primaries.values()) == {1}
    assert {team for team, _ in primaries} == {team.name for team in demo_teams()}
    assert any(not system.is_primary for system in uploads())
    assert {system.terminology_use for system in uploads()} == {"inference", "training"}


def test_files_come_in_many_shapes():
    shapes = Counter(len(files(system)) for system in uploads())
    formats = {
        (read_hypotheses(io.BytesIO(content), name).format, name.endswith(".gz"))
        for system in uploads()
        for name, content in files(system).values()
    }

    assert shapes.keys() == {1, 3, 5}
    assert shapes[5] >= 20
    assert formats == {(name, gz) for name in ("text", "jsonl", "xml") for gz in (False, True)}


def test_what_is_refused_says_that_it_shows_a_refusal():
    refused = {
        (name, pair): count
        for pair in LANGUAGE_PAIRS
        for name, count in readings(pair).items()
        if isinstance(count, int)
    }

    assert refused == REFUSED
    told = {system.name for system in uploads() if "to show a refusal" in system.description}
    assert told == {name for name, _ in REFUSED}


def test_two_calls_give_the_same_bytes():
    assert demo_systems() == uploads()


# --- what the systems do


@each_pair
def test_no_two_systems_of_a_pair_are_the_same(pair):
    assert len(texts(pair)) >= 28
    assert len(set(texts(pair).values())) == len(texts(pair))


@each_pair
def test_scores_spread_over_the_board(pair):
    found = sorted(row["term-success"] for row in scores(pair).values())

    assert found[-1] - found[0] >= 50
    assert len({round(value) for value in found}) >= 15
    assert max(row["over-application"] for row in scores(pair).values()) >= 40


@each_pair
def test_sources_and_terms_are_used_as_described(pair):
    found = material(pair)

    assert texts(pair)["source-copy"] == tuple(s.source for s in found.test_set.segments)
    for name in ("glossary-only", "lexicon-and-glossary", "terms-alone"):
        assert scores(pair)[name]["term-success"] == 100
    order = ("a-third-of-terms", "two-thirds-of-terms", "lexicon-and-glossary")
    successes = [scores(pair)[name]["term-success"] for name in ("lexicon-only", *order)]
    assert successes == sorted(successes)


@each_pair
def test_documents_are_told_apart_as_described(pair):
    found = material(pair)
    even = [found.documents[segment.document] % 2 == 0 for segment in found.test_set.segments]
    loose = zip(texts(pair)["glossary-blind-by-halves"], found.references, strict=True)
    mixed = zip(texts(pair)["half-and-half"], found.references, strict=True)

    assert all(text == reference for (text, reference), e in zip(loose, even, strict=True) if not e)
    assert all(text == reference for (text, reference), e in zip(mixed, even, strict=True) if e)


CONTROLS: list[tuple[str, Callable[[list[str], list[str]], bool]]] = [
    # What a text's words are to its reference's, in a pair whose words are set apart.
    ("windows-of-three", lambda words, reference: sorted(words) == sorted(reference)),
    ("windows-of-eight", lambda words, reference: sorted(words) == sorted(reference)),
    ("neighbours-swapped", lambda words, reference: sorted(words) == sorted(reference)),
    ("last-word-first", lambda words, reference: words == reference[::-1]),
    ("one-in-five-lost", lambda words, reference: not Counter(words) - Counter(reference)),
    ("six-tenths", lambda words, reference: words == reference[: max(1, len(reference) * 6 // 10)]),
    ("few-gaps", lambda words, reference: words in ([], reference)),
    ("some-noise", lambda words, reference: len(words) >= len(reference)),
]


@pytest.mark.parametrize(("name", "holds"), CONTROLS, ids=[name for name, _ in CONTROLS])
@pytest.mark.parametrize("pair", ["en-fr", "en-ru", "en-ko", "cs-de"])
def test_the_words_of_a_control_are_what_is_described(name, holds, pair):
    for text, reference in zip(texts(pair)[name], material(pair).references, strict=True):
        assert holds(text.split(), reference.split()), text


def test_chinese_words_are_characters_and_nothing_else_is_changed():
    references = material("en-zh").references

    for text, reference in zip(texts("en-zh")["windows-of-eight"], references, strict=True):
        assert sorted(letters(text)) == sorted(letters(reference))


@each_pair
def test_controls_of_the_terms_show_in_the_scores_that_they_are_for(pair):
    found = scores(pair)

    assert found["glossary-blind"]["term-success"] < 50
    assert found["first-variants"]["term-success"] >= found["oracle"]["term-success"] - 1
    consistency = "term-consistency"
    assert found["changing-variants"][consistency] < found["first-variants"][consistency] - 5
    assert found["too-eager"]["over-application"] == pytest.approx(50, abs=1)
    assert found["too-eager"]["term-success"] == found["oracle"]["term-success"]
