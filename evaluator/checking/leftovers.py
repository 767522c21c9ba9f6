"""Left-overs of pipelines in translations: one warning for each kind; the texts do not change.

A kind is a row of KINDS. It is looked for in every text at once, and counts where the text has
it and its own source does not. Most kinds are warned of where most lines have them; those that no
text has by chance (`<unk>`, `▁`, mojibake) where a tenth does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluator.checking.leftover_kinds import KINDS, Kind
from evaluator.checking.leftover_signs import begins_with_preface


@dataclass(frozen=True, slots=True)
class Leftover:
    """A kind that a file has: in how many lines, and in which first (0-based)."""

    kind: Kind
    count: int
    first: int

    @property
    def message(self) -> str:
        """Name the kind, the number of lines, and the remedy."""
        lines = "1 line has" if self.count == 1 else f"{self.count:,} lines have"
        return f"{lines} {self.kind.what}, which the sources do not. {self.kind.remedy}"


def find_leftovers(
    texts: Sequence[str], sources: Sequence[str], language: str
) -> Iterator[Leftover]:
    """Yield the kinds that these hypotheses have, each once; linear in the texts.

    `language` is the primary subtag of the target's. Shapes: one text for each source.
    """
    filled = sum(bool(text.strip()) for text in texts)
    for kind in (*KINDS, *_kinds_of_all(texts, sources)):
        if language in kind.not_in:
            continue
        has, allowed = kind.has, kind.allowed_by or kind.has
        odd = [n for n, text in enumerate(texts) if has(text) and not allowed(sources[n])]
        if odd and len(odd) > kind.share * filled:
            yield Leftover(kind, len(odd), odd[0])


LABEL = 60  # characters of a label before a colon
ENOUGH = 4  # lines from which something that most share is not chance


def _kinds_of_all(texts: Sequence[str], sources: Sequence[str]) -> Iterator[Kind]:
    """Yield kinds that show only in comparison: a label that most begin with, one text for all."""
    if len(texts) < ENOUGH:
        return
    labels = Counter(label for text in texts if (label := _label(text)))
    if labels and not begins_with_preface(labels.most_common(1)[0][0]):
        label = labels.most_common(1)[0][0]
        yield Kind(
            "one and the same label before a colon",
            lambda text: text.lstrip().startswith(label),
            "Send the translations only.",
        )
    if len(set(sources)) > 1:
        text = Counter(text.strip() for text in texts).most_common(1)[0][0]
        if text:
            yield Kind(
                "one and the same text",
                lambda other: other.strip() == text,
                "Check what the system was given.",
            )


def _label(text: str) -> str:
    head = text.lstrip()[:LABEL]
    colon = max(head.find(":"), head.find("："))
    return head[: colon + 1] if colon > 0 else ""
