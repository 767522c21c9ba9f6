"""The document of a release: what visitors see of a phase's boards at an instant, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version

from django.core.serializers.json import DjangoJSONEncoder

from leaderboard.board_view import BoardState, BoardView, Heading
from leaderboard.exports import build_json
from leaderboard.kept_boards import BOARDS
from leaderboard.queries import read_board
from sharedtasks.access import listed, visible_test_sets
from sharedtasks.errata import list_published
from sharedtasks.models import Correction, Phase, TestSet
from sharedtasks.policy import VISITOR

SCHEMA = 1  # counts changes that a program which reads these documents has to know of


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How many rows of each kind a board has."""

    test_set: TestSet
    ranked: int
    contrastive: int
    reference_points: int


@dataclass(frozen=True, slots=True)
class ReleaseDocument:
    """What a release is going to say, and what it counts."""

    number: int
    public_at: datetime
    body: dict[str, object]
    names_teams: bool
    boards: Sequence[BoardCounts]
    teams: int  # that it names
    hidden: Sequence[TestSet]  # test sets without a board that visitors see

    def write(self) -> bytes:
        """Return the file: ASCII, so that no reader meets a control character in a name."""
        text = json.dumps(self.body, cls=DjangoJSONEncoder, allow_nan=False, indent=1)
        return f"{text}\n".encode()


def build_document(
    phase: Phase, *, number: int, made_at: datetime, public_at: datetime,
    note: str = "", erratum: str = "",
) -> ReleaseDocument:  # fmt: skip
    """Return the document of a release.

    Boards are read as a visitor reads them at `public_at`. So the document holds what the embargo
    allows at that instant, and nothing else.
    """
    test_sets = list(listed(visible_test_sets(VISITOR)).filter(phase=phase))
    boards = BOARDS.read([test_set.pk for test_set in test_sets])
    views = []
    for test_set in test_sets:
        test_set.phase = phase
        views.append(read_board(test_set, now=public_at, is_whole=True, boards=boards))
    shown = [view for view in views if view.state == BoardState.READY]
    task, names_teams = phase.shared_task, any(view.embargo.sees_names for view in shown)
    body: dict[str, object] = {
        "schema": SCHEMA,
        "release": number,
        "shared_task": {"slug": task.slug, "name": task.name},
        "phase": {"slug": phase.slug, "name": phase.name, "kind": phase.kind},
        "made_at": made_at,
        "public_at": public_at,
        "note": note,
        "erratum": erratum,
        "names_teams": names_teams,
        "made_with": f"terminarium {version('terminarium')}",
        "errata": [_describe_correction(row) for row in list_published([phase])],
        "boards": [_describe_board(view) for view in shown],
    }
    return ReleaseDocument(
        number=number,
        public_at=public_at,
        body=body,
        names_teams=names_teams,
        boards=[_count_rows(view) for view in shown],
        teams=len({slug for view in shown for slug, _ in view.teams}),
        hidden=[view.test_set for view in views if view.state != BoardState.READY],
    )


def _count_rows(view: BoardView) -> BoardCounts:
    contrastive = view.total - view.ranked
    return BoardCounts(view.test_set, view.ranked, contrastive, len(view.yardsticks))


def _describe_board(view: BoardView) -> dict[str, object]:
    test_set = view.test_set
    return {
        **build_json(view),
        "source_language": test_set.source_language,
        "target_language": test_set.target_language,
        "domain": test_set.domain,
        "mode": test_set.terminology_mode.label,
        "version": test_set.version,
        "digest": test_set.digest,
        "unit": test_set.unit,
        "segments": test_set.segments,
        "documents": test_set.documents,
        "required_terms": test_set.required_terms,
        "references": view.references,
        "columns": [_describe_column(heading) for heading in view.headings],
    }


def _describe_correction(correction: Correction) -> dict[str, object]:
    """Return what readers know of a correction."""
    assert correction.successor is not None  # it is published
    return {
        "test_set": correction.successor.slug,
        "replaces": correction.test_set.slug,
        "published_at": correction.published_at,
        "erratum": correction.erratum,
    }


def _describe_column(heading: Heading) -> dict[str, object]:
    """Return a column's words as they are now: a later metric may say something else."""
    return {**asdict(heading.column), "signature": heading.signature}
