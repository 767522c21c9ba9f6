"""A phase's release: checklist, preview, what it holds, and publishing it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.http import SignedInRequest
from audit.recording import Actor
from leaderboard.models import Release
from leaderboard.releases.checklist import Result, make_checklist
from leaderboard.releases.documents import ReleaseDocument
from leaderboard.releases.publishing import (
    draft_release,
    publish,
    take_back,
    withdraw,
)
from organise.gate import task_action, task_page
from organise.pages import Confirmation, render_task_page
from organise.release_forms import DecisionForm, EndForm, PublishForm
from organise.release_preview import build_preview
from sharedtasks.models import Phase, SharedTask
from sharedtasks.policy import Role, Thing, Viewer, instant_of

HIDDEN_THINGS = {
    Thing.OUTPUTS: "outputs",
    Thing.REFERENCES: "references",
}


@task_page()
def release(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show the checklist, a preview and the releases of a phase."""
    phase = _find_phase(task, request.GET.get("phase", ""))
    return _show(request, task, viewer, phase, PublishForm())


@task_action(least=Role.OWNER)
def publish_release(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Ask for a reason for each open decision, then publish the release."""
    phase = _find_phase(task, request.POST.get("phase", ""))
    asked = PublishForm(request.POST)
    if phase is None or not asked.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(request, task, viewer, phase, asked, status=status)
    checks, is_confirmed = make_checklist(phase), "confirmed" in request.POST
    initial = asked.cleaned_data | {"phase": phase.slug}
    form = DecisionForm(request.POST if is_confirmed else None, checks=checks, initial=initial)
    try:
        if is_confirmed and form.is_valid():
            made = publish(
                actor=Actor.of(request.user), phase=phase, is_now=form.is_now,
                decisions=form.read_decisions(), note=form.cleaned_data["note"],
                erratum=form.cleaned_data["erratum"],
            )  # fmt: skip
            messages.success(request, f"Release {made.number} is made.")
            return redirect(_find_address(phase))
        document = draft_release(phase, is_now=asked.is_now, now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(_find_address(phase))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {
        "confirmation": _describe_publishing(phase, document, form),
        "document": document,
        "stays_hidden": _list_hidden(phase, document),
    }
    return render_task_page(
        request, "organise/publish_release.html", context,
        task=task, viewer=viewer, tab="release", status=status,
    )  # fmt: skip


@task_page(least=Role.OWNER, posts=Role.OWNER)
def end_release(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Take a release back that is not public yet; withdraw a public one, with a reason."""
    phase = _find_phase(task, request.GET.get("phase", ""))
    row = _find_release(phase, request.GET.get("number", ""))
    is_public = row.public_at <= timezone.now()
    form = EndForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or (is_public and not form.is_valid()):
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        confirmation = _describe_withdrawal(row, form) if is_public else _describe_return(row)
        return render_task_page(
            request, "organise/confirm.html", {"confirmation": confirmation},
            task=task, viewer=viewer, tab="release", status=status,
        )  # fmt: skip
    actor = Actor.of(request.user)
    try:
        if is_public:
            withdraw(actor=actor, release=row, reason=form.cleaned_data["reason"])
        else:
            take_back(actor=actor, release=row)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        done = "withdrawn" if is_public else "taken back"
        messages.success(request, f"Release {row.number} is {done}.")
    return redirect(_find_address(row.phase))


def _find_phase(task: SharedTask, slug: str) -> Phase | None:
    """Return the phase that the address names, or else the last; None without test sets."""
    phases = task.phases.filter(test_sets__isnull=False).distinct()
    chosen = phases.filter(slug=slug).first() if slug else phases.last()
    if chosen is None and slug:
        raise Http404(f"{task} has no phase {slug} with test sets.")
    if chosen is not None:
        chosen.shared_task = task
    return chosen


def _find_release(phase: Phase | None, number: str) -> Release:
    releases = Release.objects.filter(phase=phase, withdrawn_at=None)
    row = next((row for row in releases if str(row.number) == number), None)
    if row is None or phase is None:
        raise Http404(f"There is no release {number} that could be taken back or withdrawn.")
    row.phase = phase
    return row


def _find_address(phase: Phase) -> str:
    return reverse("organise-release", args=[phase.shared_task.slug]) + f"?phase={phase.slug}"


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    phase: Phase | None,
    form: PublishForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, object] = {"phase": phase, "form": form}
    if phase is not None:
        now, board_at = timezone.now(), instant_of(Thing.BOARD, phase)
        checks = make_checklist(phase)
        releases = list(Release.objects.filter(phase=phase).select_related("document"))
        context |= {
            "phases": task.phases.filter(test_sets__isnull=False).distinct(),
            "checks": checks,
            "blocking": [check for check in checks if check.result == Result.BLOCKS],
            "open_decisions": sum(check.result == Result.DECIDE for check in checks),
            "releases": [(row, row.find_state(now)) for row in releases],
            "scheduled": next((row for row in releases if row.public_at > now), None),
            "document": draft_release(phase, is_now=board_at is None, now=now),
            "board_at": board_at,
            "preview": build_preview(phase, request.GET, now),
        }
    return render_task_page(
        request, "organise/release.html", context,
        task=task, viewer=viewer, tab="release", status=status,
    )  # fmt: skip


def _list_hidden(phase: Phase, document: ReleaseDocument) -> Sequence[tuple[str, datetime | None]]:
    """Return what a release does not show, with the instant from which the phase shows it."""
    instants = {words: instant_of(thing, phase) for thing, words in HIDDEN_THINGS.items()}
    names = [] if document.names_teams else [("names", instant_of(Thing.TEAM_NAMES, phase))]
    later = [(words, at) for words, at in instants.items() if at is None or at > document.public_at]
    return names + later


def _describe_publishing(
    phase: Phase, document: ReleaseDocument, form: DecisionForm
) -> Confirmation:
    name = f"Release {document.number}"
    when = f"{document.public_at:%-d %B, %H:%M} UTC"
    is_now = document.public_at <= timezone.now()
    says = [
        f"{name} is made now, as a copy of the boards that never changes.",
        "A later change of a score, a team or a verification makes another release.",
        "It cannot be changed; withdrawing it leaves a public note.",
    ]
    if not is_now:
        says.insert(
            1, f"Nobody but organisers sees it before {when}. Until then you can take it back."
        )
    return Confirmation(
        heading=f"Publish {name} of {phase.name}{' now' if is_now else ''}?",
        says=says,
        button=f"Publish {name} now" if is_now else f"Publish {name} on {when}",
        cancel=_find_address(phase),
        form=form,
    )


def _describe_return(release: Release) -> Confirmation:
    name = f"Release {release.number}"
    says = [
        "Nobody but organisers has seen it. Its number is used again.",
        "The boards stay hidden until their date.",
    ]
    return Confirmation(
        f"Take back {name}?", says, f"Take back {name}", _find_address(release.phase),
        takes_away=True,
    )  # fmt: skip


def _describe_withdrawal(release: Release, form: EndForm) -> Confirmation:
    name = f"Release {release.number}"
    says = [
        "Its address shows your reason in place of the boards, and its files are gone.",
        "It stays withdrawn; the next release gets a new number.",
        "What somebody has read or downloaded cannot be taken back.",
    ]
    return Confirmation(
        f"Withdraw {name}?", says, f"Withdraw {name}", _find_address(release.phase),
        takes_away=True, form=form,
    )  # fmt: skip
