"""The upload page of hypotheses."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from config.arrival_times import read_arrival_time
from config.body_limits import declared_length
from files.gate import before_body
from sharedtasks.access import phase_or_404
from sharedtasks.models import Phase
from sharedtasks.viewers import viewer_of
from submissions import slots
from submissions.models import Submission
from submissions.pages import quotas
from submissions.pages.forms.outputs import SubmissionForm
from submissions.pages.views import upload_context
from submissions.services import sending


@before_body(quotas.refuse)
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: SignedInRequest, task: str, phase: str) -> HttpResponse:
    """Take files of hypotheses: store them and tell the workers."""
    phase_row = phase_or_404(viewer_of(request.user), task, phase)
    if request.method == "POST":
        form = SubmissionForm(request.POST, request.FILES, member=request.user, phase=phase_row)
        if form.is_valid():
            team, size = form.cleaned_data["team"], declared_length(request)
            if (refusal := quotas.refuse_team(request, team, phase_row, size)) is not None:
                return refusal
            try:
                submission = sending.submit(
                    team=team,
                    member=request.user,
                    phase=phase_row,
                    test_set=form.cleaned_data["test_set"],
                    system=form.described_system(),
                    wants_primary=form.cleaned_data["wants_primary"],
                    files=[
                        sending.NamedStream(file, file.name or "unnamed")
                        for file in form.uploaded()
                    ],
                    form_token=form.token,
                    begun_at=read_arrival_time(request),
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return redirect(submission)
        return _page(request, phase_row, form, status=422)
    again = upload_context.find_corrected(request, phase_row)
    form = SubmissionForm(
        initial=upload_context.prefill(again), member=request.user, phase=phase_row
    )
    return _page(request, phase_row, form, again=again)


def _page(
    request: SignedInRequest,
    phase: Phase,
    form: SubmissionForm,
    *,
    again: Submission | None = None,
    status: int = 200,
) -> HttpResponse:
    test_sets = slots.list_expected(phase)
    form.offer(test_sets)
    context = upload_context.build_context(request, phase, test_sets, form, again)
    context |= {"max_bytes": settings.MAX_UPLOAD_BYTES, "max_files": sending.MAX_FILES}
    return render(request, "submissions/submit.html", context, status=status)
