"""Left-overs of pipelines in translations: one warning for each kind; the texts do not change.

A kind counts in a text that has it while its source does not. Most kinds lead to a warning if
most lines have them. Kinds that never occur by chance (`<unk>`, `▁`, mojibake) need a tenth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from evaluator.checking.leftover_signs import begins_with_preface

MOST = 0.5  # of the lines that hold a text
LABEL = 60  # characters of a label before a colon
ENOUGH = 4  # lines from which something that most share is not chance
ENOUGH_LETTERS = 5

Look = Callable[[str], object]  # truthy for a text that has it


def search_for(pattern: str, *signs: str, flags: int = 0) -> Look:
    """Return a look for a pattern: only in texts that hold any of the signs, which is faster."""
    search = re.compile(pattern, flags).search
    if not signs:
        return search
    if len(signs) == 1:
        sign = signs[0]
        return lambda text: sign in text and search(text)
    return lambda text: any(sign in text for sign in signs) and search(text)


@dataclass(frozen=True, slots=True)
class LeftoverKind:
    """Something left over: what it is, how it is told, what to do about it."""

    what: str  # in the middle of a sentence: "Most lines have …"
    has: Look
    remedy: str
    share: float = MOST
    allowed_by: Look | None = None  # of a source, if not by its having the kind itself
    not_in: tuple[str, ...] = ()  # languages in which it is a part of writing


@dataclass(frozen=True, slots=True)
class Leftover:
    """A kind that a file has: in how many lines, and in which first (0-based)."""

    kind: LeftoverKind
    count: int
    first: int

    @property
    def message(self) -> str:
        """Name the kind, the number of lines, and the remedy."""
        lines = "1 line has" if self.count == 1 else f"{self.count:,} lines have"
        return f"{lines} {self.kind.what}, which the sources do not. {self.kind.remedy}"


def find_leftovers(
    texts: Sequence[str], sources: Sequence[str], language: str, kinds: Iterable[LeftoverKind]
) -> Iterator[Leftover]:
    """Yield those of the `kinds` that hypotheses have, each once; linear in the texts.

    `language` is the primary subtag of the target's. `texts` and `sources` have the same length.
    """
    filled = sum(bool(text.strip()) for text in texts)
    for kind in (*kinds, *_compare_texts(texts, sources)):
        if language in kind.not_in:
            continue
        has, allowed = kind.has, kind.allowed_by or kind.has
        odd = [n for n, text in enumerate(texts) if has(text) and not allowed(sources[n])]
        if odd and len(odd) > kind.share * filled:
            yield Leftover(kind, len(odd), odd[0])


def _compare_texts(texts: Sequence[str], sources: Sequence[str]) -> Iterator[LeftoverKind]:
    """Yield kinds that show only in comparison: a common label before a colon, or a common text."""
    if len(texts) < ENOUGH:
        return
    labels: Counter[str] = Counter()
    for text in texts:
        head = text.lstrip()[:LABEL]
        colon = max(head.find(":"), head.find("："))
        if colon > 0:
            labels[head[: colon + 1]] += 1
    if labels and not begins_with_preface(labels.most_common(1)[0][0]):
        label = labels.most_common(1)[0][0]
        yield LeftoverKind(
            "one and the same label before a colon",
            lambda text: text.lstrip().startswith(label),
            "Send the translations only.",
        )
    if len(set(sources)) > 1:
        text = Counter(text.strip() for text in texts).most_common(1)[0][0]
        if text:
            yield LeftoverKind(
                "one and the same text",
                lambda other: other.strip() == text,
                "Check what the system was given.",
            )


def is_repeated(text: str) -> bool:
    """Return whether a text is the same words several times over."""
    words = text.split()
    count = len(words)
    if count < 4 and len(set(words)) != 1:
        return False
    return any(
        count % times == 0 and words[: count // times] * times == words
        for times in (2, 3, 4, 5, 6, 8, 10)
        if count // times > 1
    )


def is_spelled(text: str) -> bool:
    """Return whether a text is single letters with spaces in between."""
    parts = text.split()
    letters = sum(len(part) == 1 and part.isalpha() for part in parts)
    return letters >= ENOUGH_LETTERS and letters >= 0.7 * len(parts)
