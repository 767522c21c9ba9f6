"""Translates word by word, in order, by the model of `train.py`; terms are rendered as asked for.

translate.py MODELS      segments on standard input, translations on standard output
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from html import unescape
from pathlib import Path

from words import join, split

UNSUPPORTED = 64  # exit status for "I don't do this language pair"
BEAM = 20  # partial translations that are kept
SMOOTHING = 0.1  # of the bigrams
WORD_BONUS = 6.0  # log probability for each word: else the shortest translation always wins
TERM = re.compile(r'<term target="([^"]*)">.*?</term>')

Partial = tuple[float, tuple[str, ...]]  # log probability, target words


class Translator:
    """The model of one language pair."""

    def __init__(self, model: Path, source: str, target: str) -> None:
        found = json.loads(model.read_text(encoding="utf-8"))
        self.words: dict[str, dict[str, float]] = found["words"]
        self.silence: dict[str, float] = found["silence"]
        self.bigrams: dict[str, dict[str, int]] = found["bigrams"]
        self.source, self.target = source, target

    def translate(self, annotated: str) -> str:
        """Return the most probable translation that renders each marked term by a target."""
        beam: list[Partial] = [(0.0, ())]
        for options in self._options(annotated):
            longer = [self._extend(partial, *option) for partial in beam for option in options]
            beam = sorted(longer, key=lambda partial: -partial[0])[:BEAM]
        best = max(beam, key=lambda partial: partial[0] + self._follows(partial[1], ""))
        text = join(best[1], self.target)
        return text[:1].upper() + text[1:]

    def _options(self, annotated: str) -> list[list[tuple[str, float]]]:
        """Return for each word or term what it may become, with the log probabilities."""
        options: list[list[tuple[str, float]]] = []
        at = 0
        for term in TERM.finditer(annotated):
            options += self._of_text(annotated[at : term.start()])
            options.append([(unescape(target), 0.0) for target in term[1].split("|")])
            at = term.end()
        return options + self._of_text(annotated[at:])

    def _of_text(self, text: str) -> list[list[tuple[str, float]]]:
        return [self._of_word(word) for word in split(unescape(text), self.source)]

    def _of_word(self, word: str) -> list[tuple[str, float]]:
        known = self.words.get(word.lower())
        if known is None or not word.isalpha():
            return [(word, 0.0)]  # names, numbers, marks
        silence = self.silence.get(word.lower(), 0.0)
        options = [(found, math.log(share * (1 - silence))) for found, share in known.items()]
        return [*options, ("", math.log(silence))] if silence else options

    def _extend(self, partial: Partial, word: str, weight: float) -> Partial:
        score, words = partial
        if not word:
            return score + weight, words
        return score + weight + self._follows(words, word) + WORD_BONUS, (*words, word)

    def _follows(self, words: tuple[str, ...], word: str) -> float:
        row = self.bigrams.get(words[-1] if words else "", {})
        share = (row.get(word, 0) + SMOOTHING) / (
            sum(row.values()) + SMOOTHING * (len(self.bigrams) + 1)
        )
        return math.log(share)


def main() -> int:
    """Translate what stands on standard input."""
    source, target = os.environ["SOURCE_LANGUAGE"], os.environ["TARGET_LANGUAGE"]
    model = Path(sys.argv[1]) / f"{source}-{target}.json"
    if not model.exists():
        print(f"no model for {source}-{target}", file=sys.stderr)
        return UNSUPPORTED
    translator = Translator(model, source, target)
    for line in sys.stdin:
        segment = json.loads(line)
        text = translator.translate(segment["annotated"])
        print(json.dumps({"id": segment["id"], "translation": text}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
