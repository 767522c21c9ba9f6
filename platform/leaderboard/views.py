"""The start page and the boards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leaderboard.board_view import BoardView
from leaderboard.caching import allow_caching
from leaderboard.queries import read_board
from leaderboard.selection import Selection
from leaderboard.tabs import (
    find_first_board,
    list_domain_tabs,
    list_mode_tabs,
    list_modes,
    list_pair_tabs,
)
from sharedtasks.access import find_test_set, visible_phases, visible_tasks, with_test_sets
from sharedtasks.models import Phase, SharedTask, TestSet
from sharedtasks.policy import Thing, Viewer, can_see
from sharedtasks.viewers import viewer_of

LEADERS_ON_START_PAGE = 8
POLL_EVERY = 10  # seconds
POLL_EVERY_IN_DEMO = 1  # second: there the board fills while somebody looks


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this site is, which systems lead, and where to submit."""
    now, viewer = timezone.now(), viewer_of(request.user)
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
    return allow_caching(response, request, phases=phases, now=now, at_most=_poll_every())


@require_safe
def board(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Show a test set's leaderboard."""
    now, viewer = timezone.now(), viewer_of(request.user)
    test_sets = list(
        TestSet.objects.select_related("phase__shared_task", "terminology_mode").filter(
            phase__in=visible_phases(viewer), phase__shared_task__slug=task, phase__slug=phase
        )
    )
    shown = find_test_set(test_sets, test_set)
    if shown is None:
        raise Http404(f"There is no board {task}/{phase}/{test_set}.")
    if shown.slug != test_set:  # its domain was added later
        query = request.META["QUERY_STRING"]
        return redirect(shown.get_absolute_url() + (f"?{query}" if query else ""))
    view = read_board(
        shown,
        viewer=viewer,
        now=now,
        selection=Selection.of(request.GET),
        modes=list_modes(test_sets, shown),
    )
    context: dict[str, object] = {
        "tabs": list_pair_tabs(test_sets, shown, view.selection),
        "domain_tabs": list_domain_tabs(test_sets, shown, view.selection),
        "mode_tabs": list_mode_tabs(test_sets, shown, view.selection),
    }
    response = _render_live(request, "leaderboard/board.html", view, context, now)
    return allow_caching(response, request, phases=[shown.phase], now=now, at_most=_poll_every())


def _render_live(
    request: HttpRequest,
    page: str,
    view: BoardView | None,
    context: dict[str, object],
    now: datetime,
) -> HttpResponse:
    # The board's piece asks for itself, and says what the reader has before them.
    is_polled = request.headers.get("HX-Target") == "board"
    if is_polled and (view is None or request.GET.get("seen") == view.seen):
        return HttpResponse(status=204)
    if view is not None:
        phase = view.test_set.phase
        query = view.selection.query() | {"seen": view.seen}
        context |= {
            "board": view,
            "is_open": phase.is_open(now),
            "is_ahead": phase.opens_at > now,
            "live_url": f"{request.path}?{urlencode(query)}",
            "poll_every": _poll_every(),
        }
    return render(request, "leaderboard/_board.html" if is_polled else page, context)


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
