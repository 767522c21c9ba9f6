"""The list of submissions."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from sharedtasks.viewers import viewer_of
from submissions.pages.access import list_visible_entries, list_visible_submissions
from submissions.pages.forms.history import FilterForm
from submissions.pages.history import FILES_SHOWN, filter_submissions

ROWS = 50  # on a page


@login_required
@never_cache
@require_safe
def submissions(request: SignedInRequest) -> HttpResponse:
    """List the submissions that the viewer may see, newest first."""
    visible, reader = list_visible_submissions(request.user), viewer_of(request.user)
    form = FilterForm(request.GET, submissions=visible)
    form.is_valid()  # an unknown choice is an error of the form, and filters nothing
    chosen = form.cleaned_data
    submissions = filter_submissions(
        visible,
        visible=list_visible_entries(reader),
        team=chosen.get("team"),
        phase=chosen.get("phase"),
        state=chosen.get("state", ""),
    )
    context = {
        "form": form,
        "page": Paginator(submissions, ROWS).get_page(request.GET.get("page")),
        "is_filtered": any(chosen.values()),
        "files_shown": FILES_SHOWN,
        "has_roles": bool(reader.roles),
    }
    return render(request, "submissions/submissions.html", context)
