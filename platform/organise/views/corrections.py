"""Corrections of test sets: begin, watch the hidden scoring, compare, publish or discard."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

import evaluator
from accounts.http import SignedInRequest
from audit.recording import Actor
from config.body_limits import takes_up_to
from organise.correction_forms import CorrectionForm, ErratumForm
from organise.correction_pages import describe_correction
from organise.file_fields import TEST_SET_UPLOAD
from organise.file_problems import describe_problems
from organise.gate import task_action, task_page
from organise.pages import Confirmation, render_task_page
from sharedtasks.models import Correction, SharedTask
from sharedtasks.policy import Role, Viewer
from submissions.services import correcting

TAB = "corrections"


@takes_up_to(TEST_SET_UPLOAD)
@task_page(posts=Role.ORGANISER)
def corrections(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """List a task's corrections, and begin one: nothing is stored unless all files are right."""
    form = CorrectionForm(task=task)
    context: dict[str, object] = {}
    if request.method == "POST":
        form = CorrectionForm(request.POST, request.FILES, task=task)
        try:
            if form.is_valid():
                correction = correcting.begin_correction(
                    actor=Actor.of(request.user),
                    test_set=form.cleaned_data["test_set"],
                    files=form.read_files(),
                    reason=form.cleaned_data["reason"],
                )
                return redirect("organise-correction", task.slug, correction.pk)
        except evaluator.TestSetError as error:
            context = describe_problems(error, form.list_uploads())
        except ValidationError as error:
            form.add_error(None, error.messages)
    rows = Correction.objects.filter(test_set__phase__shared_task=task)
    context |= {
        "form": form,
        "corrections": rows.select_related("test_set__phase", "successor", "created_by"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render_task_page(
        request, "organise/corrections.html", context,
        task=task, viewer=viewer, tab=TAB, status=status,
    )  # fmt: skip


@task_page()
def correction(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Show how far a correction is, and what it changes."""
    row = _get(task, pk)
    context = describe_correction(row, reads_references=viewer.reads_references(task.pk))
    return render_task_page(
        request, "organise/correction.html", context, task=task, viewer=viewer, tab=TAB
    )


@task_action()
def score(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Have every entry scored on the new version, hidden."""
    row = _get(task, pk)
    try:
        correcting.score_correction(actor=Actor.of(request.user), correction=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("organise-correction", task.slug, pk)


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def publish(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Ask for the erratum, then replace the old version."""
    row = _get(task, pk)
    form = ErratumForm(request.POST) if request.method == "POST" else ErratumForm()
    if form.is_valid():
        try:
            correcting.publish_correction(
                actor=Actor.of(request.user),
                correction=row,
                erratum=form.cleaned_data["erratum"],
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"{row} is published.")
            return redirect("organise-correction", task.slug, pk)
    slug = row.test_set.slug
    confirmation = Confirmation(
        heading=f"Publish the correction of {slug}?",
        says=[
            "The new version replaces the old version in tabs, downloads and upload forms.",
            "Every entry has its new score and place. Primaries stay primaries.",
            "The old board keeps its address and its scores, with a note that leads to the new "
            "board.",
            "People read it from then on. It cannot be taken back; another correction can follow.",
        ],
        button=f"Publish the correction of {slug}",
        cancel=_address(task, pk),
        form=form,
    )
    return _confirm(request, task, viewer, confirmation)


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def discard(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Ask, then delete the new version and its hidden scores."""
    row = _get(task, pk)
    if request.method == "POST":
        try:
            correcting.discard_correction(actor=Actor.of(request.user), correction=row)
            messages.success(request, "The correction is discarded. The board has not changed.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("organise-correction", task.slug, pk)
    slug, scored = row.test_set.slug, correcting.read_progress(row).scored
    confirmation = Confirmation(
        heading=f"Discard the correction of {slug}?",
        says=[
            f"{scored} hidden score{'' if scored == 1 else 's'} and the new files are deleted.",
            "The board does not change.",
        ],
        button="Discard the correction",
        cancel=_address(task, pk),
        takes_away=True,
    )
    return _confirm(request, task, viewer, confirmation)


def _get(task: SharedTask, pk: int) -> Correction:
    rows = Correction.objects.select_related(
        "test_set__phase__shared_task",
        "test_set__terminology_mode",
        "successor__phase__shared_task",
    )
    return get_object_or_404(rows, test_set__phase__shared_task=task, pk=pk)


def _address(task: SharedTask, pk: int) -> str:
    return reverse("organise-correction", args=[task.slug, pk])


def _confirm(
    request: SignedInRequest, task: SharedTask, viewer: Viewer, confirmation: Confirmation
) -> HttpResponse:
    form = confirmation.form
    is_refused = form is not None and bool(form.errors)
    return render_task_page(
        request, "organise/confirm.html", {"confirmation": confirmation},
        task=task, viewer=viewer, tab=TAB,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK,
    )  # fmt: skip
