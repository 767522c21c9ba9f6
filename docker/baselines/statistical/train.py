"""Learns to translate from a few sentences: IBM model 1 and a bigram language model.

    train.py DATA MODELS      DATA/en-fr.tsv, DATA/en-fr.lexicon.tsv … → MODELS/en-fr.json …

IBM model 1 is of Brown et al., 1993, "The Mathematics of Statistical Machine Translation".
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from words import split

ROUNDS = 8  # of expectation maximisation
LEXICON_WEIGHT = 3  # a word of the lexicon counts as so many sentences of one word
CANDIDATES = 8  # translations that are kept of a word
NULL = ""  # what target words come from that have no source word

Pair = tuple[list[str], list[str]]
Table = dict[str, dict[str, float]]  # source word → target word → probability


def read_pairs(data: Path, pair: str) -> list[Pair]:
    """Return the sentences and the lexicon of a language pair, as words."""
    source, target = pair.split("-")
    with (data / f"{pair}.lexicon.tsv").open(encoding="utf-8") as file:
        lexicon = [line.rstrip("\n").split("\t")[:2] for line in file if "\t" in line]
    with (data / f"{pair}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        sentences = [[row["source"], row["target"]] for row in rows]
    known = [found for _, found in lexicon]
    texts = sentences + lexicon * LEXICON_WEIGHT
    return [(split(one.lower(), source), split(other, target, known)) for one, other in texts]


def learn_words(pairs: Sequence[Pair]) -> Table:
    """Return how probably each source word (or none) is translated by each target word."""
    table: Table = defaultdict(dict)
    for source, target in pairs:
        for word in {NULL, *source}:
            table[word].update(dict.fromkeys(target, 1.0))
    for _ in range(ROUNDS):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for source, target in pairs:
            words = [NULL, *source]
            for found in target:
                total = sum(table[word][found] for word in words)
                for word in words:
                    counts[word][found] += table[word][found] / total
        table = {
            word: {found: count / sum(row.values()) for found, count in row.items()}
            for word, row in counts.items()
        }
    return table


def learn_silence(pairs: Sequence[Pair], table: Table) -> dict[str, float]:
    """Return how often each source word is translated by nothing."""
    seen: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for source, target in pairs:
        used = {max([NULL, *source], key=lambda word: table[word][found]) for found in target}
        seen.update(source)
        silent.update(word for word in source if word not in used)
    return {word: (silent[word] + 0.1) / (count + 1) for word, count in seen.items()}


def learn_bigrams(pairs: Sequence[Pair]) -> dict[str, dict[str, int]]:
    """Return how often each target word follows another; "" is a sentence's start and end."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for _, target in pairs:
        for first, second in zip(["", *target], [*target, ""], strict=True):
            counts[first][second] += 1
    return {word: dict(row) for word, row in counts.items()}


def train(data: Path, pair: str) -> dict[str, object]:
    """Return the model of a language pair."""
    pairs = read_pairs(data, pair)
    table = learn_words(pairs)
    best = {
        word: dict(sorted(row.items(), key=lambda item: -item[1])[:CANDIDATES])
        for word, row in table.items()
        if word != NULL
    }
    return {
        "words": best,
        "silence": learn_silence(pairs, table),
        "bigrams": learn_bigrams(pairs),
    }


if __name__ == "__main__":
    data, models = map(Path, sys.argv[1:])
    models.mkdir(parents=True)
    for path in sorted(data.glob("*.lexicon.tsv")):
        pair = path.name.split(".")[0]
        model = json.dumps(train(data, pair), ensure_ascii=False)
        (models / f"{pair}.json").write_text(model, encoding="utf-8")
        print(f"{pair}: {len(model):,} bytes", file=sys.stderr)
