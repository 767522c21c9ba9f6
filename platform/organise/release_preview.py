"""The board page as somebody else gets it, at an instant of choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import QueryDict

from accounts.models import Team
from leaderboard.board_view import BoardView
from leaderboard.queries import read_board
from leaderboard.tabs import list_modes
from organise.release_forms import FORMATS, PreviewForm
from sharedtasks.access import listed, visible_test_sets
from sharedtasks.models import Phase
from sharedtasks.policy import VISITOR, Thing, Viewer, instant_of


@dataclass(frozen=True, slots=True)
class Preview:
    """A board for a chosen viewer; `board` is None where the form has errors."""

    form: PreviewForm
    viewer: str  # in words
    board: BoardView | None
    at: datetime

    @property
    def is_open(self) -> bool:
        """Return whether the phase takes submissions at that instant."""
        return self.board is not None and self.board.test_set.phase.is_open(self.at)

    @property
    def is_ahead(self) -> bool:
        """Return whether the phase opens after that instant."""
        return self.board is not None and self.board.test_set.phase.opens_at > self.at


def build_preview(phase: Phase, asked: QueryDict, now: datetime) -> Preview:
    """Return the board that an address asks for; the first as a visitor gets it on its date."""
    test_sets = list(listed(visible_test_sets(VISITOR)).filter(phase=phase))
    teams = Team.objects.filter(entries__test_set__phase=phase).distinct()
    at = max(instant_of(Thing.BOARD, phase) or now, now).astimezone(UTC)
    given = {"at": at.strftime(FORMATS[0])} | {
        name: asked[name] for name in PreviewForm.base_fields if name in asked
    }
    form = PreviewForm(given, teams=list(teams), test_sets=test_sets, at=at)
    is_valid = form.is_valid()
    at, team = form.at_instant, form.team
    words = dict(form.fields["viewer"].choices)[str(team or "")]  # type: ignore[attr-defined]
    by_slug = {test_set.slug: test_set for test_set in test_sets}
    shown = by_slug.get(form.cleaned_data.get("board") or next(iter(by_slug), ""))
    board = None
    if is_valid and shown is not None:
        shown.phase = phase
        viewer = Viewer(teams=frozenset([team] if team else []))
        board = read_board(shown, viewer=viewer, now=at, modes=list_modes(test_sets, shown))
    return Preview(form, words, board, at)
