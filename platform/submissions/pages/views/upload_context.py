"""The context shared by the two upload pages, and the initial values of their forms."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone

from accounts.http import SignedInRequest
from accounts.models import Team
from sharedtasks.deadlines import find_extension, why_refused
from sharedtasks.models import Phase, TestSet
from submissions import slots
from submissions.models import Submission
from submissions.pages.access import list_visible_submissions
from submissions.pages.forms.systems import SystemForm
from submissions.states import SubmissionState

NAMES_OFFERED = 50  # earlier names of the team's systems


def build_context(
    request: SignedInRequest,
    phase: Phase,
    test_sets: Sequence[TestSet],
    form: SystemForm,
    again: Submission | None,
) -> dict[str, object]:
    """Return what both upload pages show."""
    teams = list(request.user.teams.order_by("name"))
    team = _choose_team(request, form, teams, again)
    now = timezone.now()
    is_over = phase.closes_at is not None and phase.closes_at <= now
    context: dict[str, object] = {
        "phase": phase,
        "form": form,
        "why_refused": why_refused(phase, teams, now),
        "extended_until": find_extension(phase, teams) if is_over else None,
        "is_early": now < phase.opens_at,
        "is_over": is_over,
        "wanted": test_sets,
        "teams": teams,
        "team": team,
        "again": again,
    }
    if team is not None:
        context |= _describe_team(phase, test_sets, team)
    return context


def _describe_team(phase: Phase, test_sets: Sequence[TestSet], team: Team) -> dict[str, object]:
    own = team.submissions.order_by()
    names = own.values("system").annotate(at=Max("created_at")).order_by("-at")
    return {
        "slots": slots.build_views(test_sets, team),
        "names": names.values_list("system", flat=True)[:NAMES_OFFERED],
        "unchecked": own.filter(phase=phase, state=SubmissionState.CHECKING).count(),
    }


def _choose_team(
    request: SignedInRequest, form: SystemForm, teams: list[Team], again: Submission | None
) -> Team | None:
    """Return the team to submit for: from the form, from the address, or the first."""
    by_pk = {str(team.pk): team for team in teams}
    by_slug = {team.slug: team for team in teams}
    chosen = by_pk.get(form.data.get("team", "")) or by_slug.get(request.GET.get("team", ""))
    if chosen is None and again is not None:
        chosen = by_pk.get(str(again.team_id))
    return chosen or next(iter(teams), None)


def find_corrected(request: SignedInRequest, phase: Phase) -> Submission | None:
    """Return the submission of the viewer's teams that is to be corrected, if any."""
    pk = request.GET.get("again", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= 18):  # digits of a 64-bit number
        return None
    own = list_visible_submissions(request.user).filter(team__members=request.user, phase=phase)
    return own.filter(pk=int(pk)).first()


def prefill(again: Submission | None) -> dict[str, object]:
    """Return the initial values of a form."""
    if again is None:
        return {"is_constrained": True}
    return {
        "test_set": again.test_set_id,
        "system": again.system,
        "description": again.description,
        "terminology_use": again.terminology_use,
        "is_constrained": again.is_constrained,
        "wants_primary": again.wants_primary,
        "needs_gpu": again.needs_gpu,
        "reference": again.image_reference,
    }
