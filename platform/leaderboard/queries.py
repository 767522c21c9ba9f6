"""What a reader may see of a snapshot, and asked for: the data of the board pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from django.core.paginator import Paginator
from django.utils import timezone

import evaluator
from leaderboard.blind_rows import hide_names
from leaderboard.board_view import (
    MOST_ROWS,
    BoardEmbargo,
    BoardLine,
    BoardState,
    BoardView,
    Cell,
    Heading,
)
from leaderboard.implausible import ImplausibleSystem, find_implausible
from leaderboard.kept_boards import BOARDS
from leaderboard.kept_pages import KeptPage
from leaderboard.modes import list_term_gains
from leaderboard.selection import CONSTRAINED, PRIMARY, Selection
from leaderboard.snapshots import BASELINE, EXCLUDED, Board, BoardRow
from leaderboard.versions import list_older_columns
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import Phase, TestSet
from sharedtasks.policy import (
    VISITOR,
    Thing,
    Viewer,
    can_see,
    instant_of,
    withholds_own_scores,
)
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
    boards: Mapping[int, Board] | None = None,
) -> BoardView:
    """Return a test set's board as a viewer may see it, by one query, or from `boards`.

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
    if boards is None:
        boards = BOARDS.read({test_set.pk, *(mode.pk for mode in modes)})
    if test_set.pk not in boards:
        state = BoardState.BUILDING if test_set.results_version else BoardState.EMPTY
        return replace(empty, state=state)
    reading = _Reading(boards[test_set.pk], empty, viewer, now, selection or Selection())
    view = reading.leaders(leaders) if leaders else reading.view(is_whole=is_whole)
    if len(modes) < 2 or leaders:
        return view
    named = [line.row for line in view.lines if isinstance(line.row, BoardRow)]
    return replace(view, has_modes=True, gains=list_term_gains(named, modes, boards))


def differs_in_lines_only(
    test_set: TestSet, board: Board, *, viewer: Viewer, now: datetime, has_modes: bool
) -> bool:
    """Return whether a viewer sees what visitors see, but for some lines of the table."""
    if viewer.has_role(test_set.phase.shared_task_id):
        return False
    teams = [board.teams[pk] for pk in viewer.teams & board.teams.keys()]
    if any(not team.is_verified or team.is_organisers for team in teams):
        return False
    kinds, owners = board.columns.kind, board.columns.team_id
    if board.excluded and any(
        kind == EXCLUDED and owner in viewer.teams
        for kind, owner in zip(kinds, owners, strict=True)
    ):  # the reader sees its name and the reason
        return False
    # The differences between modes name the viewer's systems before other readers know them.
    return not (teams and has_modes) or can_see(VISITOR, Thing.TEAM_NAMES, test_set.phase, now)


def read_own_lines(
    test_set: TestSet, board: Board, *, viewer: Viewer, now: datetime, page: KeptPage
) -> BoardView:
    """Return the lines of a kept page that are the viewer's teams' own.

    `places` are their numbers among the lines of the page.
    """
    embargo = _read_embargo(test_set.phase, viewer, now)
    order = [BY_METRIC[metric] for metric in board.order]
    ranges = replace(board.ranges, first_place="")
    empty = BoardView(test_set, BoardState.READY, embargo, page.selection, order, ranges=ranges)
    teams = board.columns.team_id
    own = [n for n, place in enumerate(page.lines) if teams[place] in viewer.teams]
    if not own:
        return empty
    reading = _Reading(board, empty, viewer, now, page.selection)
    reading.below_lines = page.below_lines
    columns = place_columns(page.metrics)
    lines = [reading.read_line(page.lines[n], columns) for n in own]
    return replace(empty, lines=lines, places=own)


def count_pages(board: Board | None) -> int:
    """Return how many pages a board has at most, whoever reads it."""
    rows = 0 if board is None else len(board)
    return 1 if rows <= ROWS_WITHOUT_PAGES else -(-rows // ROWS_ON_A_PAGE)


def place_columns(metrics: Iterable[str]) -> list[tuple[Column, bool]]:
    """Return the columns of metrics, each with whether it begins a group."""
    columns = [BY_METRIC[metric] for metric in metrics]
    groups = [None, *(column.group for column in columns)]
    return [
        (column, column.group != before) for column, before in zip(columns, groups, strict=False)
    ]


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
        self.embargo, self.path = empty.embargo, empty.path
        self.is_organiser = viewer.has_role(empty.test_set.phase.shared_task_id)
        self.wanted_teams: frozenset[str] = frozenset()  # slugs
        self.selection = selection

    @cached_property
    def systems(self) -> list[int]:
        """Return the systems that the reader sees."""
        return [
            index
            for index, kind in enumerate(self.board.columns.kind)
            if kind == Entry.Kind.SYSTEM and self._is_visible(index)
        ]

    def view(self, *, is_whole: bool) -> BoardView:
        """Return the page that was asked for."""
        self.selection = self._drop_unknown(self.selection)
        indices = self._ordered([index for index in self.systems if self._is_wanted(index)])
        self.below_lines = self._find_lines(indices)
        is_long = len(indices) > ROWS_WITHOUT_PAGES
        may_be_whole = is_long and len(indices) <= MOST_ROWS
        self.selection = replace(self.selection, is_whole=self.selection.is_whole and may_be_whole)
        has_pages = is_long and not (is_whole or self.selection.is_whole)
        size = ROWS_ON_A_PAGE if has_pages else max(len(indices), 1)
        page = Paginator(indices, size).get_page(self.selection.page)
        self.selection = replace(self.selection, page=page.number)
        headings = self.list_headings(self.board.shown_metrics)
        return replace(
            self._view(headings, list(page), self._list_yardsticks()),
            shown=len(indices),
            pages=page,
            is_team_unknown=bool(self.selection.team) and not self.wanted_teams,
            implausible=self._list_implausible(),
            excluded=[self.read_line(index, []) for index in self._list_excluded()],
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
        return replace(self._view(self.list_headings(metrics), indices, []), shown=len(indices))

    def _view(
        self, headings: list[Heading], indices: list[int], yardsticks: list[int]
    ) -> BoardView:
        places, ranges = self.board.columns.place, self.board.ranges
        columns = [(heading.column, heading.begins_group) for heading in headings]
        older = list_older_columns(self.board.signatures)
        # The numbers count rows that other readers may not see.
        has_counts = bool(older) and self.is_organiser
        return replace(
            self.empty,
            state=BoardState.READY if self.systems else BoardState.EMPTY,
            selection=self.selection,
            order=[BY_METRIC[metric] for metric in self.board.order],
            headings=headings,
            lines=[self.read_line(index, columns) for index in indices],
            places=indices,
            yardsticks=[self.read_line(index, columns) for index in yardsticks],
            references=self.board.references,
            total=len(self.systems),
            ranked=sum(bool(places[index]) for index in self.systems),
            ranges=ranges if self.is_organiser else replace(ranges, first_place=""),
            teams=self.teams,
            older=older,
            rescored=f"{self.board.rescored} of {len(self.board)}" if has_counts else "",
        )

    def _list_implausible(self) -> list[ImplausibleSystem]:
        """Return the systems that organisers should look at; nobody else is told."""
        if not self.is_organiser:
            return []
        return find_implausible(self.board, self.empty.test_set.terminology_mode)

    def _is_visible(self, index: int) -> bool:
        """Return whether a system is shown.

        Systems of unverified teams are shown only to the team and to organisers.
        """
        team = self.board.columns.team_id[index]
        if team is None or self.is_organiser or self.board.teams[team].is_verified:
            return True
        phase = self.empty.test_set.phase
        return team in self.viewer.teams and not withholds_own_scores(self.viewer, phase, team)

    @cached_property
    def teams(self) -> list[tuple[str, str]]:
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
        found = self._find_teams(selection.team) if selection.team else []
        self.wanted_teams = frozenset(found)
        # Without teams there is no field for them. A text that no team has stays, and finds none.
        team = found[0] if len(found) == 1 else selection.team if self.teams else ""
        return replace(selection, sort=selection.sort if has_it and is_other else "", team=team)

    def _find_teams(self, text: str) -> list[str]:
        """Return the slugs of the teams that a text names: exactly, or else by a part of a name."""
        wanted = text.casefold()
        exact = [slug for slug, name in self.teams if wanted in (slug, name.casefold())]
        return exact or [slug for slug, name in self.teams if wanted in name.casefold()]

    def _is_wanted(self, index: int) -> bool:
        columns, wanted = self.board.columns, self.selection
        if wanted.track and columns.is_constrained[index] != (wanted.track == CONSTRAINED):
            return False
        if wanted.entries == PRIMARY and not columns.is_primary[index]:
            return False
        team = columns.team_id[index]
        is_asked = team is not None and self.board.teams[team].slug in self.wanted_teams
        return is_asked or not wanted.team

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

        others = [
            index
            for index, kind in enumerate(columns.kind)
            if kind not in (Entry.Kind.SYSTEM, EXCLUDED)
        ]
        return sorted(others, key=alias)

    def _list_excluded(self) -> list[int]:
        """Return the rows that organisers have excluded, as far as the reader sees the team."""
        columns = self.board.columns
        excluded = [
            index
            for index, kind in enumerate(columns.kind)
            if kind == EXCLUDED and self._is_visible(index)
        ]
        # The order of entries would tell which came first.
        return (
            excluded if self.embargo.sees_names else sorted(excluded, key=columns.alias.__getitem__)
        )

    def list_headings(self, metrics: list[str]) -> list[Heading]:
        """Return the headings of these metrics' columns."""
        sorted_by = [self.selection.sort] if self.selection.sort else self.board.order
        sizes = Counter(BY_METRIC[metric].group for metric in metrics)
        return [
            Heading(
                column=column,
                signature=self.board.signatures[column.metric],
                is_sorted=[column.metric] == sorted_by,
                begins_group=begins_group,
                group_size=sizes[column.group],
                address=self.selection.address(self.path, sort=column.metric),
            )
            for column, begins_group in place_columns(metrics)
        ]

    def read_line(self, index: int, columns: Iterable[tuple[Column, bool]]) -> BoardLine:
        """Return a row as the reader may see it."""
        row = self.board.row(index)
        is_own = row.team_id in self.viewer.teams
        is_named = row.team_id is None or can_see(
            self.viewer, Thing.TEAM_NAMES, self.empty.test_set.phase, self.now, team=row.team_id
        )
        can_filter = self.embargo.sees_names and row.kind == Entry.Kind.SYSTEM
        has_page = row.team_id is not None and (is_own or self.is_organiser)
        return BoardLine(
            row=replace(row, alias="", position=None) if is_named else hide_names(row),
            cells=[
                Cell(
                    column,
                    row.scores.get(column.metric),
                    row.signatures.get(column.metric, ""),
                    begins_group,
                    column.metric in row.cut_short,
                )
                for column, begins_group in columns
            ],
            begins_cluster=index in self.below_lines,
            is_own=is_own,
            may_open=has_page,
            team_address=self.selection.address(self.path, team=row.team_slug)
            if can_filter
            else "",
        )
