"""What the demo's teams hand in: files made from its test sets by honest, describable means.

Nothing here translates. Controls that are made from the reference say so, and are unconstrained.
Every call returns the same bytes.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from evaluator.formats import read_test_set
from evaluator.types import Segment, TermAnnotation, TestSet

LANGUAGE_PAIRS = ("en-fr", "cs-de")
SHUFFLE_SEED = 2021  # the year of the task whose files ours look like

_FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team that doesn't exist, with its only member, who doesn't either."""

    name: str
    institution: str
    member: str


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """One upload."""

    team: str
    name: str
    description: str  # one sentence, shown to visitors
    is_primary: bool
    is_constrained: bool
    language_pair: str
    file_name: str
    content: bytes


Words = Mapping[str, str]
Translate = Callable[[TestSet, str], list[str]]  # test set, language pair → one text a segment
Write = Callable[[TestSet, Sequence[str], str], str]  # test set, texts, system → file


@dataclass(frozen=True, slots=True)
class _Recipe:
    team: str
    name: str
    description: str
    translate: Translate
    write: Write
    suffix: str
    is_primary: bool = False
    is_constrained: bool = True
    language_pairs: tuple[str, ...] = LANGUAGE_PAIRS


def source_path(language_pair: str) -> Path:
    """Return the annotated source, a <srcset>."""
    return _FOLDER / f"{language_pair}.source.sgm"


def reference_path(language_pair: str) -> Path:
    """Return the annotated reference, a <refset>."""
    return _FOLDER / f"{language_pair}.reference.sgm"


def demo_test_set(language_pair: str) -> TestSet:
    """Read one of the demo's test sets."""
    source_language, target_language = language_pair.split("-")
    source, reference = source_path(language_pair), reference_path(language_pair)
    with source.open("rb") as source_file, reference.open("rb") as reference_file:
        return read_test_set(
            source=source_file,
            references=[reference_file],
            source_language=source_language,
            target_language=target_language,
            names=[source.name, reference.name],
        )


def demo_teams() -> list[DemoTeam]:
    """Return the four teams."""
    return list(_TEAMS)


def demo_systems() -> list[DemoSystem]:
    """Return every upload of every team; one of them lacks half of its segments."""
    test_sets = {pair: demo_test_set(pair) for pair in LANGUAGE_PAIRS}
    return [
        _make(recipe, test_sets[pair], pair)
        for pair in LANGUAGE_PAIRS
        for recipe in _RECIPES
        if pair in recipe.language_pairs
    ]


def _make(recipe: _Recipe, test_set: TestSet, language_pair: str) -> DemoSystem:
    texts = recipe.translate(test_set, language_pair)
    return DemoSystem(
        team=recipe.team,
        name=recipe.name,
        description=recipe.description,
        is_primary=recipe.is_primary,
        is_constrained=recipe.is_constrained,
        language_pair=language_pair,
        file_name=f"{recipe.name}.{language_pair}.{recipe.suffix}",
        content=recipe.write(test_set, texts, recipe.name).encode(),
    )


# --- how texts are made


def _copy_source(test_set: TestSet, language_pair: str) -> list[str]:
    return [segment.source for segment in test_set.segments]


def _glossary_only(test_set: TestSet, language_pair: str) -> list[str]:
    return [_with_terms(segment, {}) for segment in test_set.segments]


def _lexicon_only(test_set: TestSet, language_pair: str) -> list[str]:
    lexicon = _read_words(language_pair, "lexicon")
    return [_word_by_word(segment.source, lexicon) for segment in test_set.segments]


def _lexicon_and_glossary(test_set: TestSet, language_pair: str) -> list[str]:
    lexicon = _read_words(language_pair, "lexicon")
    return [_with_terms(segment, lexicon) for segment in test_set.segments]


def _glossary_blind(test_set: TestSet, language_pair: str) -> list[str]:
    synonyms = _read_words(language_pair, "synonyms")
    return [
        "".join(
            synonyms[piece.form] if isinstance(piece, TermAnnotation) else piece
            for piece in _pieces(segment.references[0], segment.reference_terms[0])
        )
        for segment in test_set.segments
    ]


def _shuffle_thirds(test_set: TestSet, language_pair: str) -> list[str]:
    # Sorted by random(), whose values Python promises to keep; shuffle()'s order it does not.
    generator = random.Random(SHUFFLE_SEED)
    texts = []
    for number, segment in enumerate(test_set.segments, 1):
        words = segment.references[0].split()
        if number % 3 == 0:
            words.sort(key=lambda _: generator.random())
        texts.append(" ".join(words))
    return texts


def _drop_fifths(test_set: TestSet, language_pair: str) -> list[str]:
    return [
        " ".join(word for number, word in enumerate(segment.references[0].split(), 1) if number % 5)
        for segment in test_set.segments
    ]


def _with_terms(segment: Segment, lexicon: Words) -> str:
    """Give each annotated term its first accepted translation, and the rest word by word."""
    return "".join(
        piece.variants[0] if isinstance(piece, TermAnnotation) else _word_by_word(piece, lexicon)
        for piece in _pieces(segment.source, segment.source_terms)
    )


def _word_by_word(text: str, lexicon: Words) -> str:
    return " ".join(lexicon.get(word, word) for word in text.split(" "))


def _pieces(text: str, terms: Sequence[TermAnnotation]) -> list[str | TermAnnotation]:
    """Cut a text at its annotated terms, which stand in the order of the text."""
    pieces: list[str | TermAnnotation] = []
    rest = f" {text} "
    for term in terms:
        before, found, after = rest.partition(f" {term.form} ")
        if not found:
            raise ValueError(f"{term.form!r} does not occur in its place in {text!r}")
        pieces += [f"{before} ", term]
        rest = f" {after}"
    pieces.append(rest)
    # The two spaces that made the first and the last word look like all the others.
    pieces[0] = str(pieces[0]).removeprefix(" ")
    pieces[-1] = str(pieces[-1]).removesuffix(" ")
    return pieces


def _read_words(language_pair: str, kind: str) -> Words:
    text = (_FOLDER / f"{language_pair}.{kind}.tsv").read_text("utf-8")
    rows = (line.partition("\t") for line in text.splitlines())
    return {word: replacement for word, _, replacement in rows}


# --- how files are written


def _as_text(test_set: TestSet, texts: Sequence[str], system: str) -> str:
    return "".join(f"{text}\n" for text in texts)


def _as_jsonl(test_set: TestSet, texts: Sequence[str], system: str) -> str:
    rows = (
        {"id": segment.id, "doc": segment.document, "translation": text}
        for segment, text in zip(test_set.segments, texts, strict=True)
    )
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _as_sgml(test_set: TestSet, texts: Sequence[str], system: str) -> str:
    lines = [f'<tstset trglang="{test_set.target_language}" setid="demo" srclang="any">']
    rows = zip(test_set.segments, texts, strict=True)
    for document, group in groupby(rows, key=lambda row: row[0].document):
        lines += [
            f'<doc sysid="{system}" docid="{document}" genre="terminology" '
            f'origlang="{test_set.source_language}">',
            "<p>",
            *(
                f'<seg id="{segment.id}"> {html.escape(text, quote=False)} </seg>'
                for segment, text in group
            ),
            "</p>",
            "</doc>",
        ]
    return "\n".join([*lines, "</tstset>", ""])


def _as_half_a_jsonl(test_set: TestSet, texts: Sequence[str], system: str) -> str:
    half = TestSet(test_set.source_language, test_set.target_language, test_set.segments[::2])
    return _as_jsonl(half, texts[::2], system)


# --- who hands in what

_TEAMS = (
    DemoTeam("Blue Teapots", "Department of Patient Readers, Lower Saltmarsh", "Mira Halloway"),
    DemoTeam("Paper Kites", "Old Mill School of Translation, Lhota nad Mlhou", "Tomáš Březinka"),
    DemoTeam("Night Owls", "Harbour Reading Room, Port-Lanterne", "Odile Marchetenne"),
    DemoTeam("Apricot Lab", "Institute for Gentle Machines, Aprikosenried", "Jonas Ebbinghofer"),
)

_RECIPES = (
    _Recipe(
        "Blue Teapots",
        "glossary-only",
        "The source, with each annotated term replaced by its first accepted translation.",
        _glossary_only,
        _as_sgml,
        "sgm",
        is_primary=True,
    ),
    _Recipe(
        "Blue Teapots",
        "source-copy",
        "The source, copied word for word: the floor that every system should leave behind.",
        _copy_source,
        _as_text,
        "txt",
    ),
    _Recipe(
        "Paper Kites",
        "lexicon-and-glossary",
        "Terms by their first accepted translation, all else word by word with a small lexicon.",
        _lexicon_and_glossary,
        _as_jsonl,
        "jsonl",
        is_primary=True,
    ),
    _Recipe(
        "Paper Kites",
        "lexicon-only",
        "Word by word with a small lexicon written by hand; unknown words stay as they are.",
        _lexicon_only,
        _as_jsonl,
        "jsonl",
    ),
    _Recipe(
        "Night Owls",
        "glossary-blind",
        "A control: the reference, with each term replaced by a near-synonym the glossary lacks.",
        _glossary_blind,
        _as_text,
        "txt",
        is_primary=True,
        is_constrained=False,
    ),
    _Recipe(
        "Night Owls",
        "every-fifth-word-dropped",
        "A control: the reference, with every fifth word left out.",
        _drop_fifths,
        _as_sgml,
        "sgm",
        is_constrained=False,
    ),
    _Recipe(
        "Apricot Lab",
        "thirds-shuffled",
        "A control: the reference, with the words of every third segment in random order.",
        _shuffle_thirds,
        _as_sgml,
        "sgm",
        is_primary=True,
        is_constrained=False,
    ),
    _Recipe(
        "Apricot Lab",
        "half-a-file",
        "A broken upload, to show a refusal: every second segment is missing.",
        _shuffle_thirds,
        _as_half_a_jsonl,
        "jsonl",
        is_constrained=False,
        language_pairs=("en-fr",),
    ),
)
