"""Which language is this file in? Offline, for warnings only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, cast

LETTERS_NEEDED = 200  # of a whole file; below that a guess is worth nothing
SAMPLE = 20_000  # characters; more changes no verdict
RELATED = {"yue": "zh", "wuu": "zh", "nn": "no"}  # labels that a file may get in place of its own
IMPLAUSIBLE = 0.01  # probability of the expected language below which another one is named


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def find_other_language(texts: Sequence[str], expected: str) -> str | None:
    """Return the likeliest language of all texts together if it can't be the expected one.

    `expected` and the answer are ISO 639-1 codes. None where the texts are too short to tell,
    or in the expected language, or where that is one the model doesn't know.
    """
    sample = _sample(texts)
    if sum(character.isalpha() for character in sample) < LETTERS_NEEDED:
        return None
    probabilities: dict[str, float] = {}
    for label, probability in _identifier().rank(sample):
        language = RELATED.get(label, label)
        probabilities[language] = probabilities.get(language, 0.0) + probability
    if probabilities.get(expected, 1.0) >= IMPLAUSIBLE:
        return None
    return max(probabilities, key=lambda language: probabilities[language])


def _sample(texts: Sequence[str]) -> str:
    parts: list[str] = []
    length = 0
    for text in texts:
        if length >= SAMPLE:
            break
        parts.append(text[: SAMPLE - length])
        length += len(parts[-1])
    return "\n".join(parts)


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    # Loaded on first use: half a second that a command without checks need not pay.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return cast("_Identifier", LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))
