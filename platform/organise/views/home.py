"""The organisers' start page."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from accounts.http import SignedInRequest
from organise.attention import list_items
from organise.gate import may_open_tasks, operates_nodes, organises, site_page
from organise.machines import list_machines
from organise.my_tasks import list_next_dates, list_tasks
from organise.pages import render_site_page
from sharedtasks.viewers import viewer_of


@site_page(may_enter=organises)
def home(request: SignedInRequest) -> HttpResponse:
    """Show what needs a person, the next dates, and the reader's shared tasks."""
    now = timezone.now()
    lines = list_tasks(request.user, viewer_of(request.user), now)
    items = list_items(lines, list_machines({}), now, operates=operates_nodes(request.user))
    context = {
        "lines": lines,
        "items": items,
        "things": sum(item.count for item in items),
        "tasks_in_need": sum(line.may_change and line.needs.total > 0 for line in lines),
        "may_open_tasks": may_open_tasks(request.user),
        "needs_second_factor": not all(line.counts for line in lines),
        "dates": list_next_dates(lines, now),
    }
    return render_site_page(request, "organise/home.html", context)
