"""What a reader may see of a snapshot, and asked for: the data of the board pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from django.core.paginator import Paginator
from django.utils import timezone

import evaluator
from leaderboard.blind_rows import hide_names
from leaderboard.board_view import BoardEmbargo, BoardLine, BoardState, BoardView, Cell, Heading
from leaderboard.implausible import ImplausibleSystem, find_implausible
from leaderboard.models import BoardSnapshot
from leaderboard.modes import list_term_gains
from leaderboard.selection import CONSTRAINED, PRIMARY, Selection
from leaderboard.snapshots import BASELINE, Board, BoardRow
from leaderboard.versions import list_older_columns
from sharedtasks.metric_columns import BY_METRIC
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import VISITOR, Thing, Viewer, can_see, instant_of
from submissions.models import Entry

ROWS_ON_A_PAGE = 100
ROWS_WITHOUT_PAGES = 200  # a board of up to so many rows is one page


def read_board(
    test_set: TestSet,
    *,
    viewer: Viewer = VISITOR,
    now: datetime | None = None,
    selection: Selection | None = None,
    modes: Sequence[TestSet] = (),
    leaders: int | None = None,
    is_whole: bool = False,
) -> BoardView:
    """Return a test set's board as a viewer may see it, by one query.

    `modes` are all test sets of its language pair, for the differences between them. `leaders`
    asks for so many of the best systems, and for the headline columns only; `is_whole` asks for
    all rows on one page.
    """
    now = now or timezone.now()
    embargo = _read_embargo(test_set.phase, viewer, now)
    order = [BY_METRIC[metric] for metric in test_set.official_order]
    empty = BoardView(test_set, BoardState.HIDDEN, embargo, Selection(), order)
    if not can_see(viewer, Thing.BOARD, test_set.phase, now):
        return empty
    snapshots = BoardSnapshot.objects.filter(
        test_set__in={test_set.pk, *(mode.pk for mode in modes)},
        population=BoardSnapshot.Population.SCORED,
    ).values_list("test_set_id", "body", "teams")
    boards = {pk: Board.from_json(body, teams) for pk, body, teams in snapshots}
    if test_set.pk not in boards:
        state = BoardState.BUILDING if test_set.results_version else BoardState.EMPTY
        return replace(empty, state=state)
    reading = _Reading(boards[test_set.pk], empty, viewer, now, selection or Selection())
    view = reading.leaders(leaders) if leaders else reading.view(is_whole=is_whole)
    if len(modes) < 2 or leaders:
        return view
    named = [line.row for line in view.lines if isinstance(line.row, BoardRow)]
    return replace(view, has_modes=True, gains=list_term_gains(named, modes, boards))


def _read_embargo(phase: Phase, viewer: Viewer, now: datetime) -> BoardEmbargo:
    return BoardEmbargo(
        is_board_hidden=not can_see(VISITOR, Thing.BOARD, phase, now),
        board_at=instant_of(Thing.BOARD, phase),
        are_names_hidden=not can_see(VISITOR, Thing.TEAM_NAMES, phase, now),
        names_at=instant_of(Thing.TEAM_NAMES, phase),
        sees_names=can_see(viewer, Thing.TEAM_NAMES, phase, now),
    )


class _Reading:
    """A board while a reader's page of it is put together."""

    below_lines: Set[int] = frozenset()  # rows

    def __init__(
        self,
        board: Board,
        empty: BoardView,
        viewer: Viewer,
        now: datetime,
        selection: Selection,
    ) -> None:
        self.board, self.empty, self.viewer, self.now = board, empty, viewer, now
        self.embargo = empty.embargo
        self.systems = [
            index
            for index, kind in enumerate(board.columns.kind)
            if kind == Entry.Kind.SYSTEM and self._is_visible(index)
        ]
        self.teams = self._list_teams()
        self.older = list_older_columns(board.signatures)
        # The numbers count rows that other readers may not see.
        self.has_counts = bool(self.older) and viewer.is_organiser
        self.selection = self._drop_unknown(selection)

    def view(self, *, is_whole: bool) -> BoardView:
        """Return the page that was asked for."""
        indices = self._ordered([index for index in self.systems if self._is_wanted(index)])
        self.below_lines = self._find_lines(indices)
        is_short = is_whole or len(indices) <= ROWS_WITHOUT_PAGES
        size = max(len(indices), 1) if is_short else ROWS_ON_A_PAGE
        page = Paginator(indices, size).get_page(self.selection.page)
        self.selection = replace(self.selection, page=page.number)
        headings = self._headings(self.board.shown_metrics)
        return replace(
            self._view(headings, list(page), self._list_yardsticks()),
            shown=len(indices),
            pages=page,
            implausible=self._list_implausible(),
        )

    def leaders(self, count: int) -> BoardView:
        """Return the best ranked systems, or, while no system is ranked, the best systems."""
        self.selection = Selection()
        ranked = [index for index in self.systems if self.board.columns.place[index]]
        metrics = [
            metric
            for metric in self.board.shown_metrics
            if BY_METRIC[metric].is_headline or metric in self.board.order
        ]
        indices = self._ordered(ranked or self.systems)[:count]
        return replace(self._view(self._headings(metrics), indices, []), shown=len(indices))

    def _view(
        self, headings: list[Heading], indices: list[int], yardsticks: list[int]
    ) -> BoardView:
        places, ranges = self.board.columns.place, self.board.ranges
        return replace(
            self.empty,
            state=BoardState.READY if self.systems else BoardState.EMPTY,
            selection=self.selection,
            order=[BY_METRIC[metric] for metric in self.board.order],
            headings=headings,
            lines=[self._line(index, headings) for index in indices],
            yardsticks=[self._line(index, headings) for index in yardsticks],
            references=self.board.references,
            total=len(self.systems),
            ranked=sum(bool(places[index]) for index in self.systems),
            ranges=ranges if self.viewer.is_organiser else replace(ranges, first_place=""),
            teams=self.teams,
            older=self.older,
            rescored=f"{self.board.rescored} of {len(self.board)}" if self.has_counts else "",
        )

    def _list_implausible(self) -> list[ImplausibleSystem]:
        """Return the systems that organisers should look at; nobody else is told."""
        if not self.viewer.is_organiser:
            return []
        return find_implausible(self.board, self.empty.test_set.terminology_mode)

    def _is_visible(self, index: int) -> bool:
        """Return whether a system is shown.

        Systems of unverified teams are shown only to the team and to organisers.
        """
        team = self.board.columns.team_id[index]
        if team is None or self.viewer.is_organiser or self.board.teams[team].is_verified:
            return True
        return team in self.viewer.teams

    def _list_teams(self) -> list[tuple[str, str]]:
        """Return the teams to filter by: slugs and names; none where names are hidden."""
        if not self.embargo.sees_names:
            return []
        ids = {self.board.columns.team_id[index] for index in self.systems}
        teams = [self.board.teams[pk] for pk in ids if pk is not None]
        return sorted(((team.slug, team.name) for team in teams), key=lambda team: team[1].lower())

    def _drop_unknown(self, selection: Selection) -> Selection:
        """Drop what this board does not have, or does not show to this reader."""
        is_other = [selection.sort] != self.board.order
        has_it = selection.sort in self.board.signatures
        is_team = any(selection.team == slug for slug, _ in self.teams)
        return replace(
            selection,
            sort=selection.sort if has_it and is_other else "",
            team=selection.team if is_team else "",
        )

    def _is_wanted(self, index: int) -> bool:
        columns, wanted = self.board.columns, self.selection
        if wanted.track and columns.is_constrained[index] != (wanted.track == CONSTRAINED):
            return False
        if wanted.entries == PRIMARY and not columns.is_primary[index]:
            return False
        team = columns.team_id[index]
        return not wanted.team or (team is not None and self.board.teams[team].slug == wanted.team)

    def _ordered(self, indices: list[int]) -> list[int]:
        """Sort by score. Equal scores are sorted by entry, but by alias where names are hidden:
        the order of entries tells which came first."""
        columns = self.board.columns
        ranks = self._rank(self.selection.sort, indices) if self.selection.sort else None
        ties: Sequence[object] = columns.entry if self.embargo.sees_names else columns.alias

        def key(index: int) -> tuple[float, object]:
            rank = columns.position[index] if ranks is None else ranks[index]
            return (float("inf") if rank is None else rank, ties[index])

        return sorted(indices, key=key)

    def _find_lines(self, indices: list[int]) -> set[int]:
        """Return the rows with a line above, of rows in the official order."""
        below, reached = set(), 0
        for index in [] if self.selection.sort else indices:
            cluster = self.board.columns.cluster[index] or 0
            if 0 < reached < cluster:
                below.add(index)
            reached = max(reached, cluster)
        return below

    def _rank(self, metric: str, indices: list[int]) -> Mapping[int, float | None]:
        values = self.board.scores[metric]
        higher = BY_METRIC[metric].higher_is_better
        order = evaluator.rank({index: values[index] for index in indices}, higher_is_better=higher)
        return {ranked.entry_id: ranked.rank for ranked in order}

    def _list_yardsticks(self) -> list[int]:
        """Return the rows that are not ranked. Baselines without names are ordered by alias."""
        columns = self.board.columns

        def alias(index: int) -> str:
            is_blind = columns.kind[index] == BASELINE and not self.embargo.sees_names
            return columns.alias[index] if is_blind else ""

        others = [index for index, kind in enumerate(columns.kind) if kind != Entry.Kind.SYSTEM]
        return sorted(others, key=alias)

    def _headings(self, metrics: list[str]) -> list[Heading]:
        sorted_by = [self.selection.sort] if self.selection.sort else self.board.order
        headings: list[Heading] = []
        for metric in metrics:
            column = BY_METRIC[metric]
            headings.append(
                Heading(
                    column=column,
                    signature=self.board.signatures[metric],
                    is_sorted=[metric] == sorted_by,
                    begins_group=not headings or headings[-1].column.group != column.group,
                    group_size=sum(BY_METRIC[m].group == column.group for m in metrics),
                    address=self.selection.address(self.empty.path, sort=metric),
                )
            )
        return headings

    def _line(self, index: int, headings: list[Heading]) -> BoardLine:
        row = self.board.row(index)
        is_own = row.team_id in self.viewer.teams
        is_named = row.team_id is None or can_see(
            self.viewer, Thing.TEAM_NAMES, self.empty.test_set.phase, self.now, team=row.team_id
        )
        can_filter = self.embargo.sees_names and row.kind == Entry.Kind.SYSTEM
        has_page = row.team_id is not None and (is_own or self.viewer.is_organiser)
        return BoardLine(
            row=replace(row, alias="", position=None) if is_named else hide_names(row),
            cells=[
                Cell(
                    heading.column,
                    row.scores.get(heading.column.metric),
                    row.signatures.get(heading.column.metric, ""),
                    heading.begins_group,
                    heading.column.metric in row.cut_short,
                )
                for heading in headings
            ],
            begins_cluster=index in self.below_lines,
            is_own=is_own,
            may_open=has_page,
            team_address=self.selection.address(self.empty.path, team=row.team_slug)
            if can_filter
            else "",
        )
