"""An organiser uploads outputs in place of a team."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import Team
from config.arrival_times import read_arrival_time
from organise.gate import task_page
from organise.pages import render_task_page
from organise.views.people import team_or_404
from sharedtasks.deadlines import why_refused
from sharedtasks.models import Phase, SharedTask
from sharedtasks.policy import Role, Viewer
from submissions import slots
from submissions.pages.forms.outputs import SubmissionForm
from submissions.services import sending as services


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def send_for(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, team: int, phase: str
) -> HttpResponse:
    """Take a team's outputs from an organiser: checked, scored and limited as the team's own."""
    row = team_or_404(task, viewer, team)
    phase_row = get_object_or_404(task.phases, slug=phase)
    phase_row.shared_task = task
    is_sent = request.method == "POST"
    sent = (request.POST, request.FILES) if is_sent else ()
    form = SubmissionForm(
        *sent, initial={"is_constrained": True}, member=request.user, phase=phase_row
    )
    form.choice_field("team").queryset = Team.objects.filter(pk=row.pk)
    if form.is_valid():
        try:
            submission = services.submit(
                team=row,
                member=request.user,
                phase=phase_row,
                test_set=form.cleaned_data["test_set"],
                system=form.described_system(),
                wants_primary=form.cleaned_data["wants_primary"],
                files=[
                    services.NamedStream(file, file.name or "unnamed") for file in form.uploaded()
                ],
                form_token=form.token,
                begun_at=read_arrival_time(request),
                is_on_behalf=True,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(submission)
    return _show(request, task, viewer, row, phase_row, form)


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    team: Team,
    phase: Phase,
    form: SubmissionForm,
) -> HttpResponse:
    test_sets = slots.list_expected(phase)
    form.offer(test_sets)
    context = {
        "team": team,
        "phase": phase,
        "form": form,
        "wanted": test_sets,
        "slots": slots.build_views(test_sets, team),
        "why_refused": why_refused(phase, [team], timezone.now()),
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "max_files": services.MAX_FILES,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render_task_page(
        request, "organise/send_for.html", context,
        task=task, viewer=viewer, tab="people", status=status,
    )  # fmt: skip
