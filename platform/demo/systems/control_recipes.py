"""Uploads made from the references; they had more than anybody else, so they are unconstrained."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from demo.systems import from_references as texts
from demo.systems.file_formats import JSONL, JSONL_GZ, TEXT, TEXT_GZ, XML, XML_GZ, Output
from demo.systems.recipe import Recipe

_control = partial(Recipe, is_constrained=False)


def _every_second_segment(output: Output) -> Output:
    return replace(output, segments=output.segments[::2], texts=output.texts[::2])


def _without_last_document(output: Output) -> Output:
    last = output.segments[-1].document
    kept = sum(segment.document != last for segment in output.segments)
    return replace(output, segments=output.segments[:kept], texts=output.texts[:kept])


def _with_a_line_more(output: Output) -> Output:
    return replace(
        output,
        segments=[*output.segments, output.segments[-1]],
        texts=[*output.texts, output.texts[-1]],
    )


CONTROL_RECIPES = (
    _control(
        "Night Owls",
        "glossary-blind",
        "A control: the reference, with terms reworded as the terminology does not have them.",
        texts.with_loose_wordings,
        TEXT,
        is_primary=True,
    ),
    _control(
        "Night Owls",
        "glossary-blind-by-halves",
        "A control: the reference, with terms reworded in every second document, "
        "from the first on.",
        partial(texts.with_loose_wordings, every=2),
        XML,
    ),
    _control(
        "Night Owls",
        "glossary-blind-and-restless",
        "A control: the reference with terms reworded, and then one word in ten swapped with the "
        "next one, at random. For Korean alone.",
        partial(texts.with_loose_wordings_swapped, percent=10),
        TEXT,
        language_pairs=("en-ko",),
    ),
    _control(
        "Apricot Lab",
        "windows-of-three",
        "A control: the reference, with its words in random order within windows of three. "
        "In Chinese a character is a word.",
        partial(texts.shuffled_within, window=3),
        XML,
        is_primary=True,
    ),
    _control(
        "Apricot Lab",
        "windows-of-eight",
        "A control: the reference, with its words in random order within windows of eight. "
        "In Chinese a character is a word.",
        partial(texts.shuffled_within, window=8),
        XML_GZ,
    ),
    _control(
        "Apricot Lab",
        "half-a-file",
        "A broken upload, to show a refusal: the reference with its words in random order within "
        "windows of three, and every second segment missing.",
        partial(texts.shuffled_within, window=3),
        JSONL,
        language_pairs=("en-fr",),
        flaws={"en-fr": _every_second_segment},
    ),
    _control(
        "Copper Lanterns",
        "one-in-twenty-lost",
        "A control: the reference, with one word in twenty left out at random. "
        "In Chinese a character is a word.",
        partial(texts.with_words_dropped, percent=5),
        TEXT,
        is_primary=True,
    ),
    _control(
        "Copper Lanterns",
        "one-in-five-lost",
        "A control: the reference, with one word in five left out at random. "
        "In Chinese a character is a word.",
        partial(texts.with_words_dropped, percent=20),
        TEXT_GZ,
    ),
    _control(
        "Copper Lanterns",
        "every-other-lost",
        "A control: the reference, with one character in two left out at random. "
        "For Chinese alone.",
        partial(texts.with_words_dropped, percent=50),
        TEXT_GZ,
        language_pairs=("en-zh",),
    ),
    _control(
        "Seven Pines",
        "first-variants",
        "A control: the reference, with each term it renders in the form that is listed first, "
        "not inflected; without terms in wordings that the terminology does not have.",
        texts.with_first_variants,
        JSONL,
        is_primary=True,
        without_terms=texts.with_loose_wordings,
    ),
    _control(
        "Seven Pines",
        "changing-variants",
        "A control: the reference, with each term's listed variants in turn from one occurrence "
        "to the next: correct, and inconsistent.",
        texts.with_changing_variants,
        JSONL,
    ),
    _control(
        "Birch and Letter",
        "neighbours-swapped",
        "A control: the reference, with one word in ten swapped with the next one at random. "
        "In Chinese a character is a word.",
        partial(texts.with_neighbours_swapped, percent=10),
        TEXT,
        is_primary=True,
    ),
    _control(
        "Birch and Letter",
        "neighbours-swapped-often",
        "A control: the reference, with two words in five swapped with the next one at random.",
        partial(texts.with_neighbours_swapped, percent=40),
        TEXT,
        language_pairs=("en-fr", "en-ru", "cs-de"),
    ),
    _control(
        "Tin Whistles",
        "few-gaps",
        "A control: the reference, with each segment left empty by a chance of one in ten.",
        partial(texts.with_gaps, percent=10),
        JSONL,
        is_primary=True,
    ),
    _control(
        "Tin Whistles",
        "many-gaps",
        "A control: the reference, with each segment left empty by a chance of three in ten.",
        partial(texts.with_gaps, percent=30),
        JSONL_GZ,
    ),
    _control(
        "Polar Notebook",
        "every-third-lost",
        "A control: the reference, with every third word left out. For Russian alone.",
        texts.with_every_third_dropped,
        XML,
        language_pairs=("en-ru",),
    ),
    _control(
        "Olive Press",
        "too-eager",
        "A control: the reference, and after every second segment the translation of a term that "
        "no source holds.",
        partial(texts.with_absent_terms, every=2),
        TEXT,
        is_primary=True,
    ),
    _control(
        "Olive Press",
        "a-little-eager",
        "A control: the reference, and after every eighth segment the translation of a term that "
        "no source holds.",
        partial(texts.with_absent_terms, every=8),
        TEXT,
        language_pairs=("en-zh", "en-ko", "cs-de"),
    ),
    _control(
        "Marble Finch",
        "some-noise",
        "A control: the reference, with three words in twenty replaced by random words of a small "
        "lexicon. "
        "In Chinese a character is a word.",
        partial(texts.with_random_words, percent=15),
        XML_GZ,
        is_primary=True,
    ),
    _control(
        "Marble Finch",
        "much-noise",
        "A control: the reference, with nine words in twenty replaced by random words of a small "
        "lexicon. "
        "In Chinese a character is a word.",
        partial(texts.with_random_words, percent=45),
        XML,
        language_pairs=("en-fr", "en-zh", "en-ko"),
    ),
    _control(
        "Quiet Harbour",
        "wrong-slot",
        "A control with a mistake, to show a refusal in part: the reference with words in random "
        "order within windows of two, but the file for Russian holds the French. "
        "In Chinese a character is a word.",
        partial(texts.shuffled_within, window=2),
        XML,
        is_primary=True,
        taken_from={"en-ru": "en-fr"},
    ),
    _control(
        "Quiet Harbour",
        "right-slot",
        "A control: the reference with words in random order within windows of two; the Russian "
        "file that wrong-slot should have held.",
        partial(texts.shuffled_within, window=2),
        XML,
        language_pairs=("en-ru",),
        is_primary=True,
    ),
    _control(
        "Cactus Flower",
        "six-tenths",
        "A control: the first six tenths of each segment of the reference, by words. "
        "In Chinese a character is a word.",
        partial(texts.beginnings, percent=60),
        TEXT,
        is_primary=True,
    ),
    _control(
        "Cactus Flower",
        "three-tenths",
        "A control: the first three tenths of each segment of the reference, by words. "
        "For Korean alone.",
        partial(texts.beginnings, percent=30),
        TEXT,
        language_pairs=("en-ko",),
    ),
    _control(
        "Maple Syntax",
        "small-letters",
        "A control: the reference in lower case, with its punctuation set apart by spaces.",
        texts.lower_cased,
        TEXT,
        language_pairs=("en-fr", "en-ru", "cs-de"),
        is_primary=True,
    ),
    _control(
        "Maple Syntax",
        "capitals",
        "A control: the reference in capitals.",
        texts.upper_cased,
        TEXT,
        language_pairs=("en-fr", "en-ru", "cs-de"),
    ),
    _control(
        "Fern Sentences",
        "half-and-half",
        "A control: the reference in every second document, from the first on; in the others word "
        "by word with a small lexicon and the terms' first listed translations.",
        partial(texts.in_some_documents, every=2),
        TEXT_GZ,
        is_primary=True,
    ),
    _control(
        "Fern Sentences",
        "one-good-document",
        "A control: the reference in the first document; in the others word by word with a small "
        "lexicon and the terms' first listed translations. For French alone.",
        partial(texts.in_some_documents, every=100),
        TEXT,
        language_pairs=("en-fr",),
    ),
    _control(
        "Amber Coast",
        "one-document-short",
        "A control with a mistake, to show a refusal in part: the reference with one word in ten "
        "left out at random; the last document of the German file is missing.",
        partial(texts.with_words_dropped, percent=10),
        JSONL,
        language_pairs=("en-fr", "en-ru", "cs-de"),
        is_primary=True,
        flaws={"cs-de": _without_last_document},
    ),
    _control(
        "Amber Coast",
        "other-words-lost",
        "A control: the reference with one word in ten left out, drawn by another seed than in "
        "one-document-short, and all documents there. For German alone.",
        partial(texts.with_words_dropped, percent=10, seed=2),
        JSONL,
        language_pairs=("cs-de",),
    ),
    _control(
        "Stork Tower",
        "last-word-first",
        "A control: the reference, with the words of each segment from the last to the first. "
        "In Chinese a character is a word.",
        texts.reversed_words,
        XML,
        is_primary=True,
    ),
    _control(
        "Stork Tower",
        "a-line-too-many",
        "A broken upload, to show a refusal: the reference with its words from the last to the "
        "first, and the last line twice.",
        texts.reversed_words,
        TEXT,
        language_pairs=("cs-de",),
        flaws={"cs-de": _with_a_line_more},
    ),
)
