"""The start page and the boards."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from leaderboard.queries import BoardView, board_view
from sharedtasks.models import Phase, SharedTask, TestSet

ROWS_ON_START_PAGE = 8


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this is, who leads, and where to submit."""
    tasks = list(SharedTask.objects.prefetch_related("phases__test_sets"))
    tabs = _test_sets_of_first(tasks)
    view = board_view(tabs[0], rows_at_most=ROWS_ON_START_PAGE) if tabs else None
    return _live(request, "leaderboard/home.html", view, {"tasks": tasks, "tabs": tabs})


@require_safe
def board(request: HttpRequest, task: str, phase: str, test_set: str) -> HttpResponse:
    """Show one test set's leaderboard."""
    found = get_object_or_404(
        Phase.objects.select_related("shared_task"), shared_task__slug=task, slug=phase
    )
    tabs = _of_phase(found)
    shown = next((tab for tab in tabs if tab.slug == test_set), None)
    if shown is None:
        raise Http404(f"{found} has no test set {test_set}.")
    view = board_view(shown, sort=request.GET.get("sort", ""))
    return _live(request, "leaderboard/board.html", view, {"tabs": tabs})


def _live(
    request: HttpRequest, page: str, view: BoardView | None, context: dict[str, object]
) -> HttpResponse:
    # The board's piece asks for itself, and says which version the reader has before them.
    is_polled = request.headers.get("HX-Target") == "board"
    version = str(view.version) if view else ""
    if is_polled and (view is None or request.GET.get("seen") == version):
        return _varied(HttpResponse(status=204))
    query = {"seen": version} | ({"sort": view.sort} if view and view.sort else {})
    context |= {"board": view, "live_url": f"{request.path}?{urlencode(query)}"}
    return _varied(render(request, "leaderboard/_board.html" if is_polled else page, context))


def _varied(response: HttpResponse) -> HttpResponse:
    # One address has two bodies: a cache between us and the reader has to know.
    patch_vary_headers(response, ["HX-Target"])
    return response


def _of_phase(phase: Phase) -> list[TestSet]:
    test_sets = list(phase.test_sets.all())
    for test_set in test_sets:
        test_set.phase = phase
    return test_sets


def _test_sets_of_first(tasks: list[SharedTask]) -> list[TestSet]:
    for task in tasks:
        phases = list(task.phases.all())
        for phase in phases:
            phase.shared_task = task
        if found := [test_set for phase in phases for test_set in _of_phase(phase)]:
            return found
    return []
