"""What people see of nodes and runs: how busy the site is, an entry's runs, their logs."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from health import monitoring
from nodes.pages import logs, panel
from nodes.pages import status as site_status
from nodes.pages.access import run_with_log_or_404
from nodes.pages.panel import Panel
from sharedtasks.viewers import viewer_of
from submissions.pages.access import entry_or_404
from submissions.pages.views.live import compute_version, render_live

POLL_EVERY = 5  # seconds
PANEL_EVERY = 2  # seconds; a progress bar should seem to move
LOG_SHOWN = 6000  # characters of a log's end, on an entry's page


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show what waits and which nodes are there; everybody may know.

    Superusers, and organisers of any shared task, also read which of the site's own services are
    missing, and which nodes are in trouble.
    """
    status = site_status.now()
    is_organiser = request.user.is_superuser or bool(viewer_of(request.user).roles)
    missing = monitoring.everything.get() if is_organiser else ()
    context: dict[str, object] = {
        "status": status,
        "poll_every": POLL_EVERY,
        "is_organiser": is_organiser,
        "missing": missing,
    }
    return render_live(request, "status", context, facts=(*status.facts, missing), folder="nodes")


@login_required
@never_cache
@require_safe
def entry_runs(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer the panel of an entry's runs, which asks for itself; 204 if nothing has changed."""
    entry = entry_or_404(request.user, pk)
    shown = panel.of_entry(entry, viewer_of(request.user), timezone.now())
    if request.GET.get("seen") == compute_version(panel.facts(shown)):
        return HttpResponse(status=204)
    return render(request, "nodes/_run_panel.html", panel_context(shown))


@login_required
@never_cache
@require_safe
def run_log(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """Give the end of what a run wrote to standard error, as text."""
    run = run_with_log_or_404(request.user, pk)
    assert run.log is not None
    return StreamingHttpResponse(
        (piece.encode() for piece in logs.readable(run.log)),
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": f'attachment; filename="run-{run.pk}.log"',
        },
    )


def panel_context(shown: Panel) -> dict[str, object]:
    """Return what the panel's template needs."""
    last = next((ended.run for ended in shown.ended[:1] if ended.shows_log and ended.run.log), None)
    return {
        "panel": shown,
        "seen": urlencode({"seen": compute_version(panel.facts(shown))}),
        "panel_every": PANEL_EVERY,
        "log_end": logs.ending(last.log, LOG_SHOWN) if last and last.log else "",
    }
