"""The upload page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Team, User
from sharedtasks.models import Phase, TestSet
from submissions import services, slots
from submissions.access import visible_submissions
from submissions.forms.outputs import SubmissionForm
from submissions.models import Submission
from submissions.states import SubmissionState

NAMES_OFFERED = 50  # earlier names of the team's systems


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: SignedInRequest, task: str, phase: str) -> HttpResponse:
    """Take files of hypotheses; the answer only stores and enqueues."""
    found = get_object_or_404(Phase, shared_task__slug=task, slug=phase)
    if request.method == "POST":
        form = SubmissionForm(request.POST, request.FILES, member=request.user, phase=found)
        if form.is_valid():
            try:
                return redirect(_submit(request.user, found, form))
            except ValidationError as error:
                form.add_error(None, error)
        return _page(request, found, form, status=422)
    again = _again(request, found)
    form = SubmissionForm(initial=_initial(again), member=request.user, phase=found)
    return _page(request, found, form, again=again)


def _submit(member: User, phase: Phase, form: SubmissionForm) -> Submission:
    return services.submit(
        team=form.cleaned_data["team"],
        member=member,
        phase=phase,
        test_set=form.cleaned_data["test_set"],
        system=form.described_system(),
        wants_primary=form.cleaned_data["wants_primary"],
        files=[services.Upload(file, file.name or "unnamed") for file in form.uploaded()],
    )


def _page(
    request: SignedInRequest,
    phase: Phase,
    form: SubmissionForm,
    *,
    again: Submission | None = None,
    status: int = 200,
) -> HttpResponse:
    teams = list(request.user.teams.order_by("name"))
    team = _team(request, form, teams, again)
    test_sets = slots.wanted(phase)
    form.offer(test_sets)
    now = timezone.now()
    context: dict[str, object] = {
        "phase": phase,
        "form": form,
        "is_open": phase.is_open(now),
        "is_early": now < phase.opens_at,
        "wanted": test_sets,
        "teams": teams,
        "team": team,
        "again": again,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "max_files": services.MAX_FILES,
    }
    if team is not None:
        context |= _of_team(phase, test_sets, team)
    return render(request, "submissions/submit.html", context, status=status)


def _of_team(phase: Phase, test_sets: list[TestSet], team: Team) -> dict[str, object]:
    own = team.submissions.order_by()
    names = own.values("system").annotate(at=Max("created_at")).order_by("-at")
    return {
        "slots": slots.of_team(test_sets, team),
        "names": names.values_list("system", flat=True)[:NAMES_OFFERED],
        "unchecked": own.filter(phase=phase, state=SubmissionState.CHECKING).count(),
    }


def _team(
    request: SignedInRequest, form: SubmissionForm, teams: list[Team], again: Submission | None
) -> Team | None:
    """Return the team to submit for: the form's, the address's, or the first one."""
    by_pk = {str(team.pk): team for team in teams}
    by_slug = {team.slug: team for team in teams}
    chosen = by_pk.get(form.data.get("team", "")) or by_slug.get(request.GET.get("team", ""))
    if chosen is None and again is not None:
        chosen = by_pk.get(str(again.team_id))
    return chosen or next(iter(teams), None)


def _again(request: SignedInRequest, phase: Phase) -> Submission | None:
    """Return the earlier submission that this one corrects, if it is one of the viewer's teams."""
    pk = request.GET.get("again", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):  # digits of a 64-bit number
        return None
    own = visible_submissions(request.user).filter(team__members=request.user, phase=phase)
    return own.filter(pk=int(pk)).first()


def _initial(again: Submission | None) -> dict[str, object]:
    if again is None:
        return {"is_constrained": True}
    return {
        "test_set": again.test_set_id,
        "system": again.system,
        "description": again.description,
        "terminology_use": again.terminology_use,
        "is_constrained": again.is_constrained,
        "wants_primary": again.wants_primary,
    }
