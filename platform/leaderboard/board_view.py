"""A board as a page shows it to a reader: it holds nothing that this reader may not see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from django.core.paginator import Page

from leaderboard.blind_rows import BlindRow
from leaderboard.implausible import ImplausibleSystem
from leaderboard.modes import TermGains
from leaderboard.selection import Selection
from leaderboard.snapshots import BoardRow, RangesOnBoard
from leaderboard.versions import OlderColumns, find_older
from sharedtasks.metric_columns import BY_METRIC, Column
from sharedtasks.models import TestSet

MOST_ROWS = 1000  # that a page may have; more take seconds, and JSON and CSV have them
SUGGESTED_TEAMS = 60  # at most, by the field for a team


class BoardState(StrEnum):
    """What there is to show."""

    HIDDEN = "hidden"  # not before its instant
    BUILDING = "building"  # there are results, and no snapshot yet
    EMPTY = "empty"  # no system that this reader may see
    READY = "ready"


@dataclass(frozen=True, slots=True)
class BoardEmbargo:
    """What visitors cannot see of a board yet, and from when on (None: not announced)."""

    is_board_hidden: bool  # from visitors
    board_at: datetime | None
    are_names_hidden: bool  # from visitors
    names_at: datetime | None
    sees_names: bool  # this reader


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading on this board."""

    column: Column
    signature: str
    is_sorted: bool
    begins_group: bool
    group_size: int  # columns in its group
    address: str  # of the board sorted by it


@dataclass(frozen=True, slots=True)
class Cell:
    """A row's score in a column; `value` is None where the metric is undefined."""

    column: Column
    value: float | None
    own_signature: str  # empty: the heading's
    begins_group: bool
    is_cut_short: bool  # a search for it was; the table marks it


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A row as this reader may see it, with its cells in column order."""

    row: BoardRow | BlindRow
    cells: list[Cell]
    begins_cluster: bool = False  # a line parts it from the ranked systems above
    is_own: bool = False
    may_open: bool = False  # its entry's page
    team_address: str = ""  # of the board with only this team

    @property
    def team(self) -> str:
        """Return the team's name; empty if the row has no team, or may not name it yet."""
        return self.row.team if isinstance(self.row, BoardRow) else ""

    @property
    def description(self) -> str:
        """Return what the team says of its system; empty if the row may not be named yet."""
        return self.row.description if isinstance(self.row, BoardRow) else ""

    @property
    def excluded_reason(self) -> str:
        """Return why it is excluded; empty while names are hidden, since it could name a team."""
        return self.row.excluded_reason if isinstance(self.row, BoardRow) else ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """The link to a page; without an address it stands for the pages left out."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class BoardView:
    """A board as a page shows it to a reader."""

    test_set: TestSet
    state: BoardState
    embargo: BoardEmbargo
    selection: Selection
    order: list[Column]  # the official order: a metric, or several for the mean of ranks
    headings: list[Heading] = field(default_factory=list)
    lines: list[BoardLine] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # of the lines in the snapshot
    yardsticks: list[BoardLine] = field(default_factory=list)
    excluded: list[BoardLine] = field(default_factory=list)  # without cells
    references: int = 1
    total: int = 0  # systems that this reader may see
    shown: int = 0  # of them, after the filters
    ranked: int = 0  # of them, with a place
    ranges: RangesOnBoard = field(default_factory=RangesOnBoard)
    pages: Page[int] | None = None
    teams: list[tuple[str, str]] = field(default_factory=list)  # slug and name, to filter by
    is_team_unknown: bool = False  # no team has the text in its name
    has_modes: bool = False
    gains: TermGains = field(default_factory=TermGains)
    older: list[OlderColumns] = field(default_factory=list)
    rescored: str = ""  # for organisers, how many rows have newer scores, such as "12 of 43"
    # For organisers: systems far too good for what they are given.
    implausible: list[ImplausibleSystem] = field(default_factory=list)

    @property
    def team_text(self) -> str:
        """Return what the field for a team holds: a name, or a part of names."""
        return dict(self.teams).get(self.selection.team, self.selection.team)

    @property
    def suggested_teams(self) -> list[tuple[str, str]]:
        """Return the teams that the field offers; of very many, none."""
        return self.teams if len(self.teams) <= SUGGESTED_TEAMS else []

    @property
    def ranges_at(self) -> datetime | None:
        """Return when ranges were computed last."""
        at = self.ranges.computed_at
        return datetime.fromisoformat(at) if at else None

    @property
    def path(self) -> str:
        """Return the address of the official board."""
        return self.test_set.get_absolute_url()

    @property
    def sorted_by(self) -> Column | None:
        """Return the column whose best value stands first; None for the mean of ranks."""
        if self.selection.sort:
            return BY_METRIC[self.selection.sort]
        return self.order[0] if len(self.order) == 1 else None

    @property
    def order_words(self) -> str:
        """Write what the official order is by: `chrF++`, `the mean of ranks over … and …`."""
        *others, last = (column.label for column in self.order)
        return f"the mean of ranks over {', '.join(others)} and {last}" if others else last

    @property
    def official_address(self) -> str:
        """Return the address of this selection in official order."""
        return self.selection.address(self.path, sort="")

    @property
    def unfiltered_address(self) -> str:
        """Return the address of this selection without filters."""
        return self.selection.cleared().address(self.path)

    @property
    def density_address(self) -> str:
        """Return the address of this selection with the other height of rows."""
        return self.selection.address(self.path, is_dense=not self.selection.is_dense)

    @property
    def whole_address(self) -> str:
        """Return the address of this selection on one page, or in pages if it is on one.

        It is empty if the selection has too many rows for a page.
        """
        if self.shown > MOST_ROWS:
            return ""
        return self.selection.address(self.path, is_whole=not self.selection.is_whole)

    @property
    def page_links(self) -> list[PageLink]:
        """Return the links to all pages; an empty list if there is only one page."""
        if self.pages is None or self.pages.paginator.num_pages == 1:
            return []
        numbers = self.pages.paginator.get_elided_page_range(
            self.pages.number, on_each_side=2, on_ends=1
        )
        return [
            PageLink(
                label=str(number),
                address=self.selection.address(self.path, page=number)
                if isinstance(number, int)
                else "",
                is_current=number == self.selection.page,
            )
            for number in numbers
        ]

    @property
    def seen(self) -> str:
        """Return a digest that changes exactly when this reader's page changes.

        It is made from what the page shows: a counter of results would count hidden results too.
        """
        shown = (self.state, self.embargo, self.selection, self.headings, self.total, self.shown,
                 self.rescored, self.implausible, self.ranges)  # fmt: skip
        rows = [
            (line.row, line.is_own, line.begins_cluster)
            for line in self.lines + self.yardsticks + self.excluded
        ]
        content = repr((shown, rows, self.teams, self.gains))
        return blake2b(content.encode(), digest_size=8).hexdigest()

    @property
    def ranks_by_older(self) -> bool:
        """Return whether a metric of the order has a newer version than the board shows."""
        shown = {h.column.metric: h.signature for h in self.headings if h.column in self.order}
        return bool(find_older(shown))

    @property
    def has_cut_short(self) -> bool:
        """Return whether a number in the table has the mark of a search that was cut short."""
        return any(
            cell.is_cut_short for line in self.lines + self.yardsticks for cell in line.cells
        )

    @property
    def has_shared_places(self) -> bool:
        """Return whether the table shows a place such as `1=`; a range stands in its stead."""
        return any("=" in line.row.place and not line.row.range for line in self.lines)

    @property
    def has_unverified(self) -> bool:
        """Return whether there are rows that others do not see before their team is verified."""
        return any(not line.row.is_verified for line in self.lines)
