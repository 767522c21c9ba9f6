"""The start page and the boards."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leaderboard.answers import answer_member, answer_visitor
from leaderboard.board_view import BoardView
from leaderboard.caching import allow_caching
from leaderboard.kept_boards import FACTS, START, BoardFacts
from leaderboard.kept_pages import PAGES, KeptPage, board_of
from leaderboard.queries import differs_in_lines_only, read_board, read_own_lines
from leaderboard.selection import Selection
from leaderboard.snapshots import Board
from leaderboard.tabs import (
    find_first_board,
    list_domain_tabs,
    list_mode_tabs,
    list_pair_tabs,
)
from sharedtasks.access import visible_phases, visible_tasks, with_test_sets
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import VISITOR, Thing, Viewer, can_see
from sharedtasks.viewers import viewer_of

LEADERS_ON_START_PAGE = 8
POLL_EVERY = 10  # seconds
POLL_EVERY_IN_DEMO = 1  # second: there the board fills while somebody looks


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this site is, which systems lead, and where to submit."""
    now, viewer = timezone.now(), viewer_of(request.user)
    start, read_at = START.find(now) if viewer == VISITOR else None, time.monotonic()
    if start and _is_polled(request) and request.GET.get("seen") == start.seen:
        unchanged = HttpResponse(status=204)
        return allow_caching(
            unchanged, request, phases=start.phases, now=now, at_most=_poll_every()
        )
    shown_phases = visible_phases(viewer).prefetch_related(with_test_sets())
    tasks = list(visible_tasks(viewer).prefetch_related(Prefetch("phases", shown_phases)))
    phases = _collect_phases(tasks)
    test_sets = _choose_test_sets(phases, viewer, now)
    first = find_first_board(test_sets)
    open_phase = _find_next_to_close(phases, now)
    context: dict[str, object] = {"tasks": tasks, "open_phase": open_phase, "is_start": True}
    view = None
    if first is not None:
        view = read_board(first, viewer=viewer, now=now, leaders=LEADERS_ON_START_PAGE)
        context["tabs"] = list_pair_tabs(test_sets, first, Selection())
    response = _render_live(request, "leaderboard/home.html", view, context, now)
    if view is not None and viewer == VISITOR:
        START.keep(view.seen, phases, read_at=read_at, now=now)
    return allow_caching(response, request, phases=phases, now=now, at_most=_poll_every())


@require_safe
def board(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Show a test set's leaderboard."""
    now, viewer = timezone.now(), viewer_of(request.user)
    facts = FACTS.read(viewer, task, phase, test_set, now)
    if facts is None:
        raise Http404(f"There is no board {task}/{phase}/{test_set}.")
    if facts.shown.slug != test_set:  # its domain was added later
        query = request.META["QUERY_STRING"]
        return redirect(facts.shown.get_absolute_url() + (f"?{query}" if query else ""))
    response = _answer_kept(request, facts, viewer, now)
    if response is None:
        view, context = _describe(facts, viewer, now, Selection.of(request.GET))
        response = _render_live(request, "leaderboard/board.html", view, context, now)
    phases = [facts.shown.phase]
    return allow_caching(response, request, phases=phases, now=now, at_most=_poll_every())


def _answer_kept(
    request: HttpRequest, facts: BoardFacts, viewer: Viewer, now: datetime
) -> HttpResponse | None:
    """Answer from the page that is kept for visitors; None if this reader's differs too much."""
    if viewer.has_role(facts.shown.phase.shared_task_id) or len(get_messages(request)):
        return None
    board = facts.board
    if board is not None and not differs_in_lines_only(
        facts.shown, board, viewer=viewer, now=now, has_modes=len(facts.modes) > 1
    ):
        return None
    page, is_polled = _find_page(facts, now, Selection.of(request.GET)), _is_polled(request)
    if is_polled and request.GET.get("seen") == page.seen:
        return HttpResponse(status=204)
    if not (is_polled or request.user.is_authenticated):
        return answer_visitor(request, page)
    own = read_own_lines(facts.shown, board or Board([]), viewer=viewer, now=now, page=page)
    if is_polled:
        return HttpResponse(board_of(page.compose(own)))
    return answer_member(request, page, own)


def _find_page(facts: BoardFacts, now: datetime, asked: Selection) -> KeptPage:
    """Return the page that visitors get, from what is kept or made now."""
    version = f"{facts.digest} {_poll_every()}"
    page = PAGES.find(facts.shown.pk, asked, version)
    if page is None:
        view, context = _describe(facts, VISITOR, now, asked)
        page = KeptPage.make(
            "leaderboard/board.html", context | _describe_live(view, view.path, now), view=view
        )
        is_searched = asked.team not in ("", *(slug for slug, _ in view.teams))
        if not is_searched:
            PAGES.keep(facts.shown.pk, asked, version, page)
    return page


def _describe(
    facts: BoardFacts, viewer: Viewer, now: datetime, selection: Selection
) -> tuple[BoardView, dict[str, object]]:
    """Return the board as a viewer may see it, its release, and links to the other boards."""
    view = read_board(
        facts.shown, viewer=viewer, now=now, selection=selection, modes=facts.modes,
        boards=facts.boards,
    )  # fmt: skip
    return view, {
        "release": facts.release,
        "tabs": list_pair_tabs(facts.test_sets, facts.shown, view.selection),
        "domain_tabs": list_domain_tabs(facts.test_sets, facts.shown, view.selection),
        "mode_tabs": list_mode_tabs(facts.test_sets, facts.shown, view.selection),
    }


def _is_polled(request: HttpRequest) -> bool:
    # The board's piece asks for itself, and says what the reader has before them.
    return request.headers.get("HX-Target") == "board"


def _render_live(
    request: HttpRequest,
    page: str,
    view: BoardView | None,
    context: dict[str, object],
    now: datetime,
) -> HttpResponse:
    is_polled = _is_polled(request)
    if is_polled and (view is None or request.GET.get("seen") == view.seen):
        return HttpResponse(status=204)
    if view is not None:
        context |= _describe_live(view, request.path, now)
    return render(request, "leaderboard/_board.html" if is_polled else page, context)


def _describe_live(view: BoardView, path: str, now: datetime) -> dict[str, object]:
    phase = view.test_set.phase
    query = view.selection.query() | {"seen": view.seen}
    return {
        "board": view,
        "is_open": phase.is_open(now),
        "is_ahead": phase.opens_at > now,
        "live_url": f"{path}?{urlencode(query)}",
        "poll_every": _poll_every(),
    }


def _poll_every() -> int:
    return POLL_EVERY_IN_DEMO if settings.DEMO else POLL_EVERY


def _collect_phases(tasks: Iterable[SharedTask]) -> list[Phase]:
    """Return the phases of all shared tasks, each knowing its task, each test set its phase."""
    phases = []
    for task in tasks:
        for phase in task.phases.all():
            phase.shared_task = task
            for test_set in phase.test_sets.all():
                test_set.phase = phase
            phases.append(phase)
    return phases


def _choose_test_sets(phases: list[Phase], viewer: Viewer, now: datetime) -> list[TestSet]:
    """Choose the phase that the start page is about, and return its test sets.

    It is the last phase of the newest shared task that has a board to show. Without a board to
    show it is the first phase, whose board says when it opens.
    """
    filled = [phase for phase in phases if phase.test_sets.all()]
    newest = [phase for phase in filled if phase.shared_task_id == filled[0].shared_task_id]
    shown = [phase for phase in newest if can_see(viewer, Thing.BOARD, phase, now)]
    # A post-evaluation phase repeats what is decided.
    deciding = [phase for phase in shown if phase.kind != Phase.Kind.POST]
    chosen = [*newest[:1], *shown, *deciding][-1:]
    return [test_set for phase in chosen for test_set in phase.test_sets.all()]


def _find_next_to_close(phases: Iterable[Phase], now: datetime) -> Phase | None:
    """Return the open phase whose deadline comes first; phases without a deadline come last."""
    is_open = [phase for phase in phases if phase.is_open(now) and phase.test_sets.all()]
    return min(is_open, key=lambda phase: (phase.closes_at is None, phase.closes_at or now),
               default=None)  # fmt: skip
