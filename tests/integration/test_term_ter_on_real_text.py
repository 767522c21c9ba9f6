"""Term TER's kernel with weights 1 against sacrebleu on real sentences."""

from __future__ import annotations

import csv
import html
import random
import re
import time
from pathlib import Path

import pytest
from sacrebleu.metrics.lib_ter import translation_edit_rate

from evaluator.metrics.term.edits import find_edits
from evaluator.normalise import Normaliser


def tokens(text, language):
    return Normaliser.for_language(language).normalise(text).folded_tokens


def translations(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["target"] for row in rows]


def sentences(path: Path) -> list[str]:
    """The texts of an SGML file, without term tags."""
    found = re.findall(r"<seg[^>]*>(.*?)</seg>", path.read_text(encoding="utf-8"), re.DOTALL)
    return [html.unescape(re.sub(r"</?term[^>]*>", "", text)) for text in found]


def disturbed(words, source):
    """A bad translation: words moved, replaced, dropped and repeated."""
    words = list(words)
    for _ in range(1 + len(words) // 6):
        at, choice = source.randrange(len(words)), source.random()
        if choice < 0.5:
            run = words[at : at + 3]
            del words[at : at + 3]
            to = max(0, min(len(words), at + source.randint(-12, 12)))
            words[to:to] = run
        elif choice < 0.7:
            words[at] = "new"
        elif choice < 0.85 and len(words) > 1:
            del words[at]
        else:
            words.insert(at, source.choice(words))
    return words


def compare(pairs):
    for hypothesis, reference in pairs:
        found = find_edits(hypothesis, reference, [1] * len(reference))

        wanted, _ = translation_edit_rate(list(hypothesis), list(reference))
        assert found.total == wanted, (hypothesis, reference)
        assert found.is_complete


@pytest.mark.slow
def test_it_is_sacrebleu_on_real_system_outputs(shared_data):
    folder = shared_data / "wmt21-en-fr"
    hypotheses = sentences(folder / "en-fr.dev.txt.truecased.sgm")
    references = sentences(folder / "dev.en-fr.fr.sgm")
    assert len(hypotheses) == len(references) == 971

    pairs = list(zip(hypotheses, references, strict=True))[::8]

    compare([tuple(tokens(text, "fr") for text in pair) for pair in pairs])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["fr", "ru", "zh"])
def test_it_is_sacrebleu_on_disturbed_references(shared_data, language):
    source = random.Random(20241)
    references = translations(shared_data / "tico19" / "text" / f"test.en-{language}.tsv")

    own = [tokens(text, language) for text in references[::60]]

    compare([(disturbed(words, source), words) for words in own])


@pytest.mark.slow
def test_a_test_set_takes_seconds(shared_data):
    source = random.Random(20242)
    references = translations(shared_data / "tico19" / "text" / "test.en-fr.tsv")[::10]
    pairs = [(disturbed(words, source), words) for words in map(str.split, references)]
    start = time.process_time()

    found = [find_edits(own, words, [1] * len(words)) for own, words in pairs]

    assert all(edits.is_complete for edits in found)
    # Seconds for a tenth of the test set; far above the usual, far below a hang.
    assert time.process_time() - start < 10
