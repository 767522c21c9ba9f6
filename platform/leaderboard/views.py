"""The start page and the boards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leaderboard.answers import answer_member, answer_visitor
from leaderboard.board_view import BoardView
from leaderboard.caching import allow_caching
from leaderboard.kept_facts import FACTS, PageFacts
from leaderboard.kept_pages import PAGES, KeptPage, board_of
from leaderboard.queries import count_pages, differs_in_lines_only, read_board, read_own_lines
from leaderboard.selection import Selection
from leaderboard.snapshots import Board
from leaderboard.start import find_next_to_close, read_tasks
from leaderboard.tabs import list_domain_tabs, list_mode_tabs, list_pair_tabs
from sharedtasks.policy import VISITOR, Viewer
from sharedtasks.viewers import viewer_of

LEADERS_ON_START_PAGE = 8
POLL_EVERY = 10  # seconds
POLL_EVERY_IN_DEMO = 1  # second: there the board fills while somebody looks


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this site is, which systems lead, and where to submit."""
    now, viewer = timezone.now(), viewer_of(request.user)
    facts = FACTS.read(viewer, now)
    if facts is not None:
        return _answer(request, facts, viewer, now)
    if _is_polled(request):  # by a page with a board that is gone
        response = HttpResponse(status=204)
    else:
        context = {"tasks": read_tasks(viewer), "is_start": True}
        response = render(request, "leaderboard/home.html", context)
    return allow_caching(response, request, phases=[], now=now, at_most=_poll_every())


@require_safe
def board(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Show a test set's leaderboard."""
    now, viewer = timezone.now(), viewer_of(request.user)
    facts = FACTS.read(viewer, now, task, phase, test_set)
    if facts is None:
        raise Http404(f"There is no board {task}/{phase}/{test_set}.")
    if facts.shown.slug != test_set:  # its domain was added later
        query = request.META["QUERY_STRING"]
        return redirect(facts.path + (f"?{query}" if query else ""))
    return _answer(request, facts, viewer, now)


def _answer(request: HttpRequest, facts: PageFacts, viewer: Viewer, now: datetime) -> HttpResponse:
    asked = Selection() if facts.is_start else Selection.of(request.GET)
    response = _answer_kept(request, facts, viewer, now, asked)
    if response is None:
        response = _render_live(request, facts, viewer, now, asked)
    return allow_caching(response, request, phases=facts.phases, now=now, at_most=_poll_every())


def _answer_kept(
    request: HttpRequest, facts: PageFacts, viewer: Viewer, now: datetime, asked: Selection
) -> HttpResponse | None:
    """Answer from the page that is kept for visitors; None if this reader's differs too much."""
    if not facts.is_public or len(get_messages(request)):
        return None
    board = facts.board
    if board is not None and not differs_in_lines_only(
        facts.shown, board, viewer=viewer, now=now, has_modes=len(facts.modes) > 1
    ):
        return None
    page, is_polled = _find_page(facts, now, asked), _is_polled(request)
    if is_polled and request.GET.get("seen") == page.seen:
        return HttpResponse(status=204)
    if not (is_polled or request.user.is_authenticated):
        return answer_visitor(request, page)
    own = read_own_lines(facts.shown, board or Board([]), viewer=viewer, now=now, page=page)
    if is_polled:
        return HttpResponse(board_of(page.compose(own)))
    return answer_member(request, page, own)


def _find_page(facts: PageFacts, now: datetime, asked: Selection) -> KeptPage:
    """Return the page that visitors get, from what is kept or made now."""
    board = 0 if facts.is_start else facts.shown.pk
    version = f"{facts.digest} {_poll_every()}"
    # Beyond the last page stands the last page: any number leads to few pages.
    asked = replace(asked, page=min(asked.page, count_pages(facts.board)))
    with PAGES.making.hold((board, asked)):
        page = PAGES.find(board, asked, version)
        if page is None:
            view, context = _describe(facts, VISITOR, now, asked)
            page = KeptPage.make(_template_of(facts), context, view=view)
            is_searched = asked.team not in ("", *(slug for slug, _ in view.teams))
            if not is_searched:
                PAGES.keep(board, asked, version, page)
    return page


def _render_live(
    request: HttpRequest, facts: PageFacts, viewer: Viewer, now: datetime, asked: Selection
) -> HttpResponse:
    view, context = _describe(facts, viewer, now, asked)
    is_polled = _is_polled(request)
    if is_polled and request.GET.get("seen") == view.seen:
        return HttpResponse(status=204)
    template = "leaderboard/_board.html" if is_polled else _template_of(facts)
    return render(request, template, context)


def _template_of(facts: PageFacts) -> str:
    return "leaderboard/home.html" if facts.is_start else "leaderboard/board.html"


def _describe(
    facts: PageFacts, viewer: Viewer, now: datetime, asked: Selection
) -> tuple[BoardView, dict[str, object]]:
    """Return the board as a viewer may see it, and the context of its page."""
    view = read_board(
        facts.shown, viewer=viewer, now=now, selection=asked, modes=facts.modes,
        leaders=LEADERS_ON_START_PAGE if facts.is_start else None, boards=facts.boards,
    )  # fmt: skip
    phase, query = facts.shown.phase, view.selection.query() | {"seen": view.seen}
    context: dict[str, object] = {
        "board": view,
        "release": facts.release,
        "is_open": phase.is_open(now),
        "is_ahead": phase.opens_at > now,
        "live_url": f"{facts.path}?{urlencode(query)}",
        "poll_every": _poll_every(),
        "tabs": list_pair_tabs(facts.test_sets, facts.shown, view.selection),
    }
    if facts.is_start:
        return view, context | {
            "is_start": True,
            "tasks": facts.tasks,
            "open_phase": find_next_to_close(facts.phases, now),
            "demo": settings.DEMO,
        }
    return view, context | {
        "domain_tabs": list_domain_tabs(facts.test_sets, facts.shown, view.selection),
        "mode_tabs": list_mode_tabs(facts.test_sets, facts.shown, view.selection),
        "errata": facts.errata,
    }


def _is_polled(request: HttpRequest) -> bool:
    # The board's piece asks for itself, and says what the reader has before them.
    return request.headers.get("HX-Target") == "board"


def _poll_every() -> int:
    return POLL_EVERY_IN_DEMO if settings.DEMO else POLL_EVERY
