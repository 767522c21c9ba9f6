"""Pages with a board, kept as the compressed bytes that visitors get.

Only what every visitor sees is kept. Such a page is made without a request, so nothing of a reader
can be in it. Readers who are signed in get it with their own header and rows put in; if more than
that differs, their page is made for them and not kept.
"""

from __future__ import annotations

import gzip
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock

from django.template.loader import render_to_string

from leaderboard.board_view import BoardView
from leaderboard.one_at_a_time import LocksByKey
from leaderboard.selection import Selection

MAX_BYTES = 200 * 1000**2  # of all pages that a process keeps
MAX_OTHERS = 64  # pages of a board beside its official order
OVERHEAD = 1000  # bytes that a kept page takes beside its body, roughly
LEVEL = 6  # of compression
# Where parts begin. It is another each time the server starts, so no team's words contain it.
MARK = secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A visitor's page. Its parts: before the header, header, between, board, after the board.

    The board's part is cut again: before its lines, each line, after them.
    """

    etag: str  # changes exactly when its bytes do
    seen: str  # changes exactly when its board does
    selection: Selection  # without what the board does not have
    metrics: Sequence[str]  # of the columns
    is_start: bool  # it is the start page
    lines: Sequence[int]  # places of the lines in the board's snapshot
    below_lines: Set[int]  # of these places, those of systems with a line above
    packed: bytes  # gzip
    lengths: Sequence[int]  # of the parts, bytes

    @classmethod
    def make(cls, template: str, context: Mapping[str, object], *, view: BoardView) -> KeptPage:
        """Render a page for visitors."""
        text = render_to_string(template, {**context, "mark": MARK, "is_visitor": True})
        parts = [part.encode() for part in text.split(MARK)]
        body = b"".join(parts)
        return cls(
            etag=blake2b(body, digest_size=12).hexdigest(),
            seen=view.seen,
            selection=view.selection,
            metrics=[heading.column.metric for heading in view.headings],
            is_start=bool(context.get("is_start")),
            lines=view.places,
            below_lines=frozenset(
                place
                for place, line in zip(view.places, view.lines, strict=True)
                if line.begins_cluster
            ),
            # Without the time, equal pages are equal bytes.
            packed=gzip.compress(body, LEVEL, mtime=0),
            lengths=[len(part) for part in parts],
        )

    def unpack(self) -> list[bytes]:
        """Return the parts."""
        body, parts, begin = gzip.decompress(self.packed), [], 0
        for length in self.lengths:
            parts.append(body[begin : begin + length])
            begin += length
        return parts

    def compose(self, own: BoardView, *, header: str | None = None) -> list[bytes]:
        """Return the parts with another header, and with a reader's own lines."""
        parts = self.unpack()
        if header is not None:
            parts[1] = header.encode()
        for number, line in zip(own.places, own.lines, strict=True):
            context = {"board": own, "line": line, "is_start": self.is_start}
            written = render_to_string("leaderboard/_board_line.html", context)
            parts[4 + number] = written.encode()
        return parts


def board_of(parts: Sequence[bytes]) -> bytes:
    """Return the board's part of a page, which polls ask for."""
    return b"".join(parts[3:-1])


class KeptPages:
    """Pages by board and selection; the least recently asked for go first.

    The start page is that of board 0. Whoever finds no page makes it while holding its lock in
    `making`, so that others wait for the page and do not make it too.
    """

    def __init__(self) -> None:
        self.making = LocksByKey()
        self._lock = Lock()
        self._size = 0
        self._pages: OrderedDict[tuple[int, Selection], tuple[str, KeptPage]] = OrderedDict()

    def find(self, board: int, selection: Selection, version: str) -> KeptPage | None:
        """Return a page if it is kept and of this version."""
        with self._lock:
            kept_version, page = self._pages.get((board, selection), ("", None))
            if page is None or kept_version != version:
                return None
            self._pages.move_to_end((board, selection))
            return page

    def keep(self, board: int, asked: Selection, version: str, page: KeptPage) -> None:
        """Keep a page instead of its earlier version."""
        with self._lock:
            self._drop((board, asked))
            self._pages[board, asked] = version, page
            self._size += len(page.packed) + OVERHEAD
            others = [key for key in self._pages if key[0] == board and key[1] != Selection()]
            for key in others[:-MAX_OTHERS]:
                self._drop(key)
            while self._size > MAX_BYTES:
                # Official orders stay as long as there is anything else.
                rest = (key for key in self._pages if key[1] != Selection())
                self._drop(next(rest, next(iter(self._pages))))

    def _drop(self, key: tuple[int, Selection]) -> None:
        _, page = self._pages.pop(key, ("", None))
        if page is not None:
            self._size -= len(page.packed) + OVERHEAD

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._pages.clear()
            self._size = 0


PAGES = KeptPages()
