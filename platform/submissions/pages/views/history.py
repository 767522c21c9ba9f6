"""The list of submissions."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from submissions.pages.access import visible_submissions
from submissions.pages.forms.history import FilterForm
from submissions.pages.history import FILES_SHOWN, select

ROWS = 50  # on a page


@login_required
@never_cache
@require_safe
def submissions(request: SignedInRequest) -> HttpResponse:
    """List what the viewer's teams have sent, for organisers all teams, newest first."""
    visible = visible_submissions(request.user)
    form = FilterForm(request.GET, submissions=visible)
    form.is_valid()  # a choice that there is not is said, and counts as open
    chosen = form.cleaned_data
    found = select(
        visible, team=chosen.get("team"), phase=chosen.get("phase"), state=chosen.get("state", "")
    )
    context = {
        "form": form,
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "is_filtered": any(chosen.values()),
        "files_shown": FILES_SHOWN,
    }
    return render(request, "submissions/submissions.html", context)
