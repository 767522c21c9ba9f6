"""What a score's signature says, and which of several signatures a board shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from evaluator.metrics import split_name

VERSION = re.compile(r"(?:^|\|)v:(\d{1,9})(?:\||$)", re.ASCII)

# Parts of a signature that differ for a reference that is scored against the other references.
OF_REFERENCES = ("nrefs:", "testset:")


def read_version(signature: str) -> int:
    """Return the version of a metric's definition; 0 for a metric that another program defines."""
    match = VERSION.search(signature)
    return int(match[1]) if match else 0


def read_scorer(signature: str) -> str:
    """Return what a signature says of how an entry was scored, without the references' part."""
    return "|".join(part for part in signature.split("|") if not part.startswith(OF_REFERENCES))


def choose_version(versions: Sequence[int], chosen: int | None) -> int:
    """Return the version that a board shows, of those that its scores have.

    It is the version that the organisers have chosen; where no score has that version, the newest
    before it. Without a choice it is the oldest: a new version is shown once somebody says so.
    """
    allowed = [version for version in versions if chosen is not None and version <= chosen]
    return max(allowed) if allowed else min(versions)


def choose_signatures(
    scores: Sequence[tuple[str, str]], chosen_versions: Mapping[str, int]
) -> dict[str, str]:
    """Return the signature that a board shows of each metric; scores are (metric, signature).

    It is the most frequent of those with the version that the board shows, the last of several:
    the first upload after an upgrade of a library must not empty the board.
    """
    counts = Counter(scores)
    by_metric: dict[str, list[str]] = {}
    for metric, signature in dict.fromkeys(reversed(scores)):
        by_metric.setdefault(metric, []).append(signature)
    signatures = {}
    for metric, known in by_metric.items():
        chosen = chosen_versions.get(split_name(metric)[0])  # as of the metric's own list
        version = choose_version([*map(read_version, known)], chosen)
        shown = [signature for signature in known if read_version(signature) == version]
        signatures[metric] = max(shown, key=lambda signature: counts[metric, signature])
    return signatures
