"""The upload page of container images: uploads take up to hours, and are never held in memory."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Team
from config.arrival_times import read_arrival_time
from config.body_limits import SMALL_BODY, BodyLimit, declared_length, takes_up_to
from files.gate import before_body
from files.incoming import require_room
from files.trouble import StorageTrouble, trouble_in
from sharedtasks.access import phase_or_404
from sharedtasks.deadlines import why_refused
from sharedtasks.models import Phase
from sharedtasks.viewers import viewer_of
from submissions import slots
from submissions.models import Submission
from submissions.pages import quotas
from submissions.pages.forms.images import BROKE_OFF, ImageForm
from submissions.pages.views import upload_context
from submissions.services import image_permissions, image_queue, image_tries, sending

logger = logging.getLogger(__name__)

LIMIT = BodyLimit(
    "MAX_IMAGE_BYTES",
    "MAX_IMAGE_BODY_BYTES",
    "Leave out of the image what it does not need to run.",
)


@csrf_exempt  # the check reads the whole body, so it is on _take, after all earlier refusals
@takes_up_to(LIMIT)
@before_body(quotas.refuse)
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit_image(request: SignedInRequest, task: str, phase: str) -> HttpResponse:
    """Take a container image, or its reference: store it and tell the workers."""
    phase_row = phase_or_404(viewer_of(request.user), task, phase)
    if request.method != "POST":
        again = upload_context.find_corrected(request, phase_row)
        form = ImageForm(initial=upload_context.prefill(again), member=request.user)
        return _page(request, phase_row, form, again=again)
    try:
        _require_acceptance(request, phase_row)
        require_room(declared_length(request))
        return _take(request, phase_row)
    except ValidationError as error:
        return _refuse_unread(
            request, phase_row, " ".join(error.messages), HTTPStatus.UNPROCESSABLE_ENTITY
        )
    except UnreadablePostError:  # for the log: nobody is there to read this answer
        return _refuse_unread(request, phase_row, BROKE_OFF, HTTPStatus.UNPROCESSABLE_ENTITY)
    except (StorageTrouble, OSError) as error:
        if (trouble := trouble_in(error)) is None:
            raise
        logger.error("an image could not be stored: %r", error)
        return _refuse_unread(request, phase_row, str(trouble), trouble.status)


def _require_acceptance(request: SignedInRequest, phase: Phase) -> None:
    """Raise ValidationError if no image is accepted from this member now, whatever the body has."""
    if not phase.takes_images:
        raise ValidationError(f"{phase.name} takes no container images at the moment.")
    teams, form_token = list(request.user.teams.all()), request.GET.get("form", "")
    begun_at = image_permissions.find_beginning(
        read_arrival_time(request), member=request.user, phase=phase, form_token=form_token
    )
    if reason := why_refused(phase, teams, timezone.now(), begun_at=begun_at):
        raise ValidationError(reason)
    if not teams:
        raise ValidationError("You are not in a team yet.")
    # A small body is read first, because the same form sent twice makes one submission. For an
    # archive, the address names the form.
    is_small = declared_length(request) <= SMALL_BODY
    if is_small or sending.was_sent(request.user, form_token):
        return
    if all(image_tries.find_next_time(team, phase) for team in teams):
        image_tries.require_try_left(teams[0], phase)
    if reason := image_queue.find_reason(teams, request.user):
        raise ValidationError(reason)


@csrf_protect
def _take(request: SignedInRequest, phase: Phase) -> HttpResponse:
    form = ImageForm(request.POST, request.FILES, member=request.user)
    phase.refresh_from_db()  # the upload may have taken hours
    if form.is_valid():
        try:
            return _answer(request, phase, form)
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, phase, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _answer(request: SignedInRequest, phase: Phase, form: ImageForm) -> HttpResponse:
    """Store an image; or only tell whether it would be accepted (204). Raises ValidationError."""
    planned = sending.PlannedImage(
        team=form.cleaned_data["team"],
        member=request.user,
        phase=phase,
        system=form.described_system(),
        wants_primary=form.cleaned_data["wants_primary"],
        needs_gpu=form.cleaned_data["needs_gpu"],
        form_token=form.token,
        begun_at=read_arrival_time(request),
    )
    announced = form.cleaned_data.get("announced") or declared_length(request)
    if form.fetched is not None:  # its size is not known yet
        announced = settings.MAX_IMAGE_BYTES
    if (refusal := quotas.refuse_team(request, planned.team, phase, announced)) is not None:
        return refusal
    if (reference := form.fetched) is not None:
        return redirect(sending.submit_image_by_reference(planned=planned, reference=reference))
    if form.is_question:
        planned = image_permissions.begin(planned, size=announced)
        sending.require_image_taken(planned)
        image_permissions.keep_permission(planned, size=announced)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    file = form.uploaded()
    archive = sending.NamedStream(file, file.name or "unnamed")
    planned = image_permissions.begin(planned, size=file.size or 0)
    return redirect(sending.submit_image(planned=planned, archive=archive))


def _refuse_unread(
    request: SignedInRequest, phase: Phase, reason: str, status: int
) -> HttpResponse:
    """Refuse a body that was not read, or not to its end."""
    response = _page(request, phase, ImageForm(member=request.user), error=reason, status=status)
    response["Connection"] = "close"
    return response


def _page(
    request: SignedInRequest,
    phase: Phase,
    form: ImageForm,
    *,
    again: Submission | None = None,
    error: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    expected = slots.list_expected(phase)
    run_on = list(filter(slots.takes_images, expected))
    context = upload_context.build_context(request, phase, run_on, form, again)
    context |= {
        "error": error,
        "is_image_page": True,
        "max_bytes": settings.MAX_IMAGE_BYTES,
        "outputs_only": [test_set for test_set in expected if test_set not in run_on],
    }
    if isinstance(team := context["team"], Team) and not (form.is_bound or error):
        context["why_not_now"] = image_queue.why_not_now(team, request.user)
    return render(request, "submissions/submit_image.html", context, status=status)
