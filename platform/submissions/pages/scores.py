"""The scores of an entry, as its page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluator.metrics import count_stopped, describe, split_name
from sharedtasks.metric_columns import COLUMNS, Column
from submissions.models import Entry, Score
from submissions.signatures import read_scorer, read_version


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score and the column that says how to write it."""

    column: Column
    score: Score
    parts: str  # in words; empty if there is nothing to say
    version: str  # of several, in words; empty if there is only the leaderboard's

    @property
    def is_cut_short(self) -> bool:
        """Return whether a search for it was cut short; the parts say in how many segments."""
        return bool(count_stopped(self.score.details))


@dataclass(frozen=True, slots=True)
class OtherList:
    """Scores by a list of terms that is not the test set's own."""

    name: str  # random, proper
    rows: list[ShownScore]


@dataclass(frozen=True, slots=True)
class ShownScores:
    """The scores of an entry, and how they differ from what the leaderboard shows."""

    rows: list[ShownScore]
    has_newer: bool  # by versions that the leaderboard does not show yet
    lacks_older: bool  # so the leaderboard has no score there
    others: list[OtherList]  # by name


def list_scores(entry: Entry) -> ShownScores:
    """Return the scores of an entry in column order: the leaderboard's, then other versions.

    Of several scores by the same version only the newest is listed, or the leaderboard's.
    """
    on_board = _read_board_signatures(entry)
    by_metric: dict[str, list[Score]] = {}
    for score in entry.scores.order_by("-pk"):
        by_metric.setdefault(score.metric, []).append(score)
    rows: list[ShownScore] = []
    has_newer = lacks_older = False
    for column in COLUMNS:
        signature = on_board.get(column.metric, "")
        shown, others = _split(by_metric.get(column.metric, []), signature)
        version = read_version(signature)
        if signature and any(read_version(score.signature) > version for score in others):
            has_newer, lacks_older = True, lacks_older or not shown
        for score in shown + others:
            word = _name_version(score, shown, others, signature) if others else ""
            parts = describe(column.metric, score.details)
            rows.append(ShownScore(column, score, parts, word))
    return ShownScores(rows, has_newer, lacks_older, _list_others(by_metric))


def _list_others(by_metric: Mapping[str, list[Score]]) -> list[OtherList]:
    """Return the newest scores by other lists of terms, which no leaderboard shows."""
    newest = {split_name(name): scores[0] for name, scores in by_metric.items()}
    lists = sorted({name for _, name in newest if name})
    return [
        OtherList(
            name,
            [
                ShownScore(column, score, describe(column.metric, score.details), "")
                for column in COLUMNS
                if (score := newest.get((column.metric, name)))
            ],
        )
        for name in lists
    ]


def _name_version(score: Score, shown: list[Score], others: list[Score], signature: str) -> str:
    """Return for instance `version 2, not on the leaderboard`."""
    version = read_version(score.signature)
    words = [f"version {version}"] if version else []
    if signature:
        words.append("on the leaderboard" if score in shown else "not on the leaderboard")
    elif len(others) == 1:
        return ""
    return ", ".join(words)


def _split(scores: list[Score], signature: str) -> tuple[list[Score], list[Score]]:
    """Return the leaderboard's score, if the entry has it, and one of each other version."""
    scorer = read_scorer(signature)
    shown = [score for score in scores if read_scorer(score.signature) == scorer][:1]
    of_version = {read_version(score.signature): score for score in reversed(scores)}
    for score in shown:
        del of_version[read_version(score.signature)]
    return shown, [of_version[version] for version in sorted(of_version, reverse=True)]


def _read_board_signatures(entry: Entry) -> Mapping[str, str]:
    """Return the signature of each metric on the entry's board; none if it is on no board.

    They come from the board that pages show, so both always agree.
    """
    if entry.withdrawn_at is not None:
        return {}
    signatures = entry.test_set.snapshots.values_list("body__signatures", flat=True).first()
    return signatures or {}
