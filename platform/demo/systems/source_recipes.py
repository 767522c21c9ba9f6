"""Uploads made from the sources, without a look at any reference."""

from __future__ import annotations

from functools import partial

from demo.systems import from_sources as texts
from demo.systems.file_formats import JSONL, JSONL_GZ, TEXT, TEXT_GZ, XML
from demo.systems.recipe import Recipe

SOURCE_RECIPES = (
    Recipe(
        "Blue Teapots",
        "glossary-only",
        "The source copied, with each term replaced by its first listed translation; without "
        "terms the source alone.",
        texts.terms_in_copy,
        TEXT,
        is_primary=True,
        without_terms=texts.copy,
    ),
    Recipe(
        "Blue Teapots",
        "source-copy",
        "The source, copied word for word: the floor that every system should leave behind.",
        texts.copy,
        TEXT_GZ,
    ),
    Recipe(
        "Paper Kites",
        "lexicon-and-glossary",
        "Word by word with a small lexicon written by hand, and the terms' first listed "
        "translations laid over it, longer terms first; without terms the lexicon alone.",
        partial(texts.word_by_word, use=texts.first_listed),
        JSONL,
        is_primary=True,
        without_terms=texts.word_by_word,
    ),
    Recipe(
        "Paper Kites",
        "lexicon-and-last-variants",
        "Word by word with a small lexicon; each term by the translation that is listed last.",
        partial(texts.word_by_word, use=texts.last_listed),
        JSONL,
    ),
    Recipe(
        "Paper Kites",
        "lexicon-only",
        "Word by word with a small lexicon, without the terminology; unknown words stay.",
        texts.word_by_word,
        JSONL_GZ,
    ),
    Recipe(
        "Polar Notebook",
        "glossary-by-halves",
        "Word by word with a small lexicon; the terms' first listed translations only in every "
        "second document, from the first on.",
        partial(texts.word_by_word, use=texts.in_even_documents),
        XML,
        is_primary=True,
    ),
    Recipe(
        "Polar Notebook",
        "learnt-terms",
        "Word by word with a small lexicon into which the terminology's entries of one word were "
        "merged beforehand; the terminology is not looked at again.",
        texts.word_by_word_with_learnt_terms,
        XML,
        terminology_use="training",
    ),
    Recipe(
        "Saffron Threads",
        "terms-alone",
        "The first listed translations of the source's terms in their order, and not one word "
        "more; a segment without terms stays empty.",
        texts.terms_alone,
        JSONL,
        is_primary=True,
    ),
    Recipe(
        "Saffron Threads",
        "long-terms-only",
        "Word by word with a small lexicon; of the terminology only the entries of several words.",
        partial(texts.word_by_word, use=texts.of_several_words),
        JSONL,
        language_pairs=("en-fr", "en-zh", "en-ru"),
    ),
    Recipe(
        "Baobab Circle",
        "two-thirds-of-terms",
        "Word by word with a small lexicon; the first listed translation for two thirds of the "
        "terms' occurrences, drawn at random; without terms the lexicon alone.",
        partial(texts.word_by_word, use=texts.at_random(67)),
        JSONL,
        is_primary=True,
        without_terms=texts.word_by_word,
    ),
    Recipe(
        "Baobab Circle",
        "a-third-of-terms",
        "Word by word with a small lexicon; the first listed translation for a third of the "
        "terms' occurrences, drawn at random.",
        partial(texts.word_by_word, use=texts.at_random(33)),
        JSONL_GZ,
    ),
)
