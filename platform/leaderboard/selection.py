"""What a reader asks a board for. It stands in the address, so that a link can be shared."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from sharedtasks.metric_columns import BY_METRIC

CONSTRAINED, UNCONSTRAINED = "constrained", "unconstrained"
TRACKS = (CONSTRAINED, UNCONSTRAINED)
PRIMARY = "primary"
MAX_DIGITS = 9  # of a page's number


@dataclass(frozen=True, slots=True)
class Selection:
    """Order, filters, page and density; without any, the official board from its top."""

    sort: str = ""  # a metric; empty: the official order
    track: str = ""  # from TRACKS; empty: both
    entries: str = ""  # "primary"; empty: contrastive entries too
    team: str = ""  # its slug, or a part of teams' names; empty: all
    page: int = 1
    is_dense: bool = False
    is_whole: bool = False  # all rows on one page, to print them

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """Read an address; parts of it that make no sense are ignored."""
        return cls(
            sort=_keep_known(BY_METRIC, query.get("sort", "")),
            track=_keep_known(TRACKS, query.get("track", "")),
            entries=_keep_known((PRIMARY,), query.get("entries", "")),
            team=query.get("team", "")[:100],
            page=_read_page(query.get("page", "")),
            is_dense=query.get("dense") == "1",
            is_whole=query.get("rows") == "all",
        )

    @property
    def is_filtered(self) -> bool:
        """Return whether it may hide rows."""
        return bool(self.track or self.entries or self.team)

    def cleared(self) -> Selection:
        """Return it without filters."""
        return replace(self, track="", entries="", team="", page=1)

    def address(self, path: str, **changes: Any) -> str:
        """Return the address of a board with this selection, changed. Any change but of density
        leads to the first page again."""
        if not changes.keys() <= {"page", "is_dense"}:
            changes.setdefault("page", 1)
        query = urlencode(replace(self, **changes).query())
        return f"{path}?{query}" if query else path

    def query(self) -> dict[str, str]:
        """Return it as parameters, only what differs from an empty selection."""
        values = {
            "sort": self.sort,
            "track": self.track,
            "entries": self.entries,
            "team": self.team,
            "page": str(self.page) if self.page > 1 else "",
            "dense": "1" if self.is_dense else "",
            "rows": "all" if self.is_whole else "",
        }
        return {name: value for name, value in values.items() if value}


def _keep_known(known: Container[str], value: str) -> str:
    return value if value in known else ""


def _read_page(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        return max(int(value), 1)
    return 1
