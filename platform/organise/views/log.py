"""The log of a shared task: who did what. Rows are only ever added, so nothing can be done here."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import SignedInRequest
from audit.queries import select_older
from organise.event_log import LogFilter, read_page, write_csv
from organise.gate import task_page
from organise.pages import render_task_page
from sharedtasks.models import SharedTask
from sharedtasks.policy import Viewer


@task_page()
def log(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show the events that match the filter, newest first."""
    wanted = LogFilter(request.GET, task)
    context: dict[str, object] = {"filter": wanted}
    status = HTTPStatus.OK
    if wanted.is_valid():
        events, before = wanted.select(), request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            events = select_older(events, int(before))
        rows, has_more = read_page(events)
        context |= {"rows": rows, "last": rows[-1][0].pk if has_more else None, "before": before}
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render_task_page(
        request, "organise/log.html", context, task=task, viewer=viewer, tab="log", status=status
    )


@task_page()
def log_as_csv(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponseBase:
    """Send all events that match the filter as a table with a heading."""
    wanted = LogFilter(request.GET, task)
    if not wanted.is_valid():
        return redirect(reverse("organise-log", args=[task.slug]))
    lines = (line.encode() for line in write_csv(wanted.select()))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{task.slug}.log.csv"'
    return response
