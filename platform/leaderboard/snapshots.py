"""What a board consists of, and how a snapshot keeps it: column by column, best entry first.

A page reads some columns of all rows, to filter and to sort, and whole rows only of those that it
shows: with thousands of entries that is most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from accounts.models import Team
from sharedtasks.metric_columns import BY_METRIC, COLUMNS

BASELINE = "baseline"  # the kind of a row that is the organisers' own system
EXCLUDED = "excluded"  # the kind of a row that the organisers have left out of ranks


@dataclass(frozen=True, slots=True)
class TeamOnBoard:
    """What a board says about a team; a board that says something else is out of date."""

    name: str
    slug: str
    is_verified: bool
    is_organisers: bool = False

    @classmethod
    def of(cls, team: Team) -> TeamOnBoard:
        """Return what boards say about a team now."""
        return cls(team.name, team.slug, team.is_verified, team.is_organisers)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """An entry on a board; an undefined score is absent, not zero."""

    entry: int
    submission: int | None  # None for rows without a submission
    kind: str  # of Entry.Kind, BASELINE or EXCLUDED
    team_id: int | None  # None for rows without a team
    team: str
    team_slug: str
    is_verified: bool  # the team
    is_organisers: bool  # the team: its systems are baselines
    system: str
    description: str
    is_primary: bool
    is_constrained: bool
    terminology_use: str
    alias: str  # its name where names are hidden
    place: str  # among the ranked: `1`, or `1=` where it is shared; empty: not ranked
    position: int | None  # in the order of all systems, ranked or not; the same for equal systems
    scores: Mapping[str, float]  # by metric
    range: str = ""  # of its place, by the ranges computed last: `1`, `2–4`
    cluster: int | None = None  # by the same; lines stand between clusters
    signatures: Mapping[str, str] = field(default_factory=dict)  # where not the board's
    cut_short: Sequence[str] = ()  # the metrics for whose score a search was cut short, sorted
    excluded_reason: str = ""  # of EXCLUDED, in the organisers' words


@dataclass(frozen=True, slots=True)
class RangesOnBoard:
    """What a board says of the ranges that were computed last."""

    computed_at: str = ""  # ISO 8601; empty: never by this order
    note: str = ""  # why there are none, in words
    lines: Sequence[int] = ()  # the places after which a line stands
    first_place: str = ""  # for organisers: whether it depends on a single document


@dataclass(frozen=True, slots=True)
class BoardColumns:
    """The rows, column by column."""

    entry: list[int] = field(default_factory=list)
    submission: list[int | None] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    team_id: list[int | None] = field(default_factory=list)
    system: list[str] = field(default_factory=list)
    description: list[str] = field(default_factory=list)
    is_primary: list[bool] = field(default_factory=list)
    is_constrained: list[bool] = field(default_factory=list)
    terminology_use: list[str] = field(default_factory=list)
    alias: list[str] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    position: list[int | None] = field(default_factory=list)
    range: list[str] = field(default_factory=list)
    cluster: list[int | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """All entries of a test set: the systems, best first, then what they are compared with."""

    order: Sequence[str]  # a metric, or several for the mean of ranks
    references: int = 1  # of the test set
    signatures: Mapping[str, str] = field(default_factory=dict)  # by metric, in column order
    teams: Mapping[int, TeamOnBoard] = field(default_factory=dict)
    columns: BoardColumns = field(default_factory=BoardColumns)
    scores: Mapping[str, list[float | None]] = field(default_factory=dict)  # by metric
    own_signatures: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # by entry
    cut_short: Mapping[int, Sequence[str]] = field(default_factory=dict)  # metrics, by entry
    excluded: Mapping[int, str] = field(default_factory=dict)  # reasons, by entry
    ranges: RangesOnBoard = RangesOnBoard()
    rescored: int = 0  # rows with scores by a version of the metrics that the board does not show

    def __len__(self) -> int:
        return len(self.columns.entry)

    @property
    def shown_metrics(self) -> list[str]:
        """Return the metrics that have a column; other scores are for differences only."""
        return [metric for metric in self.signatures if metric in BY_METRIC]

    def row(self, index: int) -> BoardRow:
        """Put a row together."""
        columns = self.columns
        team_id, entry = columns.team_id[index], columns.entry[index]
        team = self.teams[team_id] if team_id is not None else NOBODY
        scores = {metric: values[index] for metric, values in self.scores.items()}
        return BoardRow(
            entry=entry,
            submission=columns.submission[index],
            kind=columns.kind[index],
            team_id=team_id,
            team=team.name,
            team_slug=team.slug,
            is_verified=team.is_verified,
            is_organisers=team.is_organisers,
            system=columns.system[index],
            description=columns.description[index],
            is_primary=columns.is_primary[index],
            is_constrained=columns.is_constrained[index],
            terminology_use=columns.terminology_use[index],
            alias=columns.alias[index],
            place=columns.place[index],
            position=columns.position[index],
            range=columns.range[index],
            cluster=columns.cluster[index],
            scores={metric: value for metric, value in scores.items() if value is not None},
            signatures=self.own_signatures.get(entry, {}),
            cut_short=self.cut_short.get(entry, ()),
            excluded_reason=self.excluded.get(entry, ""),
        )

    @classmethod
    def of(
        cls, rows: Iterable[BoardRow], *, order: Sequence[str], references: int,
        signatures: Mapping[str, str], ranges: RangesOnBoard = RangesOnBoard(), rescored: int = 0,
    ) -> Board:  # fmt: skip
        """Take rows apart into columns."""
        rows = list(rows)
        names = BoardColumns.__dataclass_fields__
        return cls(
            order=list(order),
            references=references,
            signatures=_sort_by_column(signatures),
            teams={
                row.team_id: TeamOnBoard(
                    row.team, row.team_slug, row.is_verified, row.is_organisers
                )
                for row in rows
                if row.team_id is not None
            },
            columns=BoardColumns(**{name: [getattr(row, name) for row in rows] for name in names}),
            scores={metric: [row.scores.get(metric) for row in rows] for metric in signatures},
            own_signatures={row.entry: row.signatures for row in rows if row.signatures},
            cut_short={row.entry: row.cut_short for row in rows if row.cut_short},
            excluded={row.entry: row.excluded_reason for row in rows if row.excluded_reason},
            ranges=ranges,
            rescored=rescored,
        )

    def body(self) -> dict[str, object]:
        """Return what a snapshot keeps beside the teams."""
        names = BoardColumns.__dataclass_fields__
        return {
            "order": list(self.order),
            "references": self.references,
            "signatures": dict(self.signatures),
            # Not `asdict`, which copies each value of thousands.
            "columns": {name: getattr(self.columns, name) for name in names},
            "scores": dict(self.scores),
            "own_signatures": {str(pk): dict(own) for pk, own in self.own_signatures.items()},
            "cut_short": {str(pk): list(metrics) for pk, metrics in self.cut_short.items()},
            "excluded": {str(pk): reason for pk, reason in self.excluded.items()},
            "ranges": asdict(self.ranges),
            "rescored": self.rescored,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any], teams: Mapping[str, Any]) -> Board:
        """Read back what a snapshot keeps."""
        return cls(
            order=body["order"],
            references=body["references"],
            signatures=_sort_by_column(body["signatures"]),
            teams={int(pk): TeamOnBoard(**team) for pk, team in teams.items()},
            columns=BoardColumns(**body["columns"]),
            scores=body["scores"],
            own_signatures={int(pk): own for pk, own in body["own_signatures"].items()},
            # Not in what earlier releases have built:
            cut_short={int(pk): own for pk, own in body.get("cut_short", {}).items()},
            excluded={int(pk): reason for pk, reason in body.get("excluded", {}).items()},
            ranges=RangesOnBoard(**body["ranges"]),
            rescored=body.get("rescored", 0),
        )


NOBODY = TeamOnBoard("", "", True)


def _sort_by_column(signatures: Mapping[str, str]) -> dict[str, str]:
    """Return them in column order, then those of scores that have no column (`bleu@random`)."""
    # PostgreSQL's JSON keeps no order of keys.
    columns = {c.metric: signatures[c.metric] for c in COLUMNS if c.metric in signatures}
    return columns | dict(sorted(signatures.items() - columns.items()))
