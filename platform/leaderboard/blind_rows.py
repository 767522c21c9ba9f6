"""What a blind board shows of another team's row: the fields in here, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard.snapshots import BoardRow


@dataclass(frozen=True, slots=True)
class BlindRow:
    """A row before its team may be named.

    A new column of a team, an entry or a snapshot is not in here unless somebody adds it to
    this class and to `hide_names`.
    """

    system: str  # the alias
    kind: str  # of Entry.Kind, BASELINE or EXCLUDED
    is_verified: bool  # the team
    is_primary: bool
    is_constrained: bool
    terminology_use: str  # from a few fixed phrases, not the team's words
    place: str
    range: str
    scores: Mapping[str, float]  # by metric
    signatures: Mapping[str, str]  # where not the board's; the evaluator's words
    cut_short: Sequence[str]  # metrics whose score is from a search that was cut short


def hide_names(row: BoardRow) -> BlindRow:
    """Return what everybody may see of a row before its team may be named."""
    return BlindRow(
        system=row.alias,
        kind=row.kind,
        is_verified=row.is_verified,
        is_primary=row.is_primary,
        is_constrained=row.is_constrained,
        terminology_use=row.terminology_use,
        place=row.place,
        range=row.range,
        scores=row.scores,
        signatures=row.signatures,
        cut_short=row.cut_short,
    )
