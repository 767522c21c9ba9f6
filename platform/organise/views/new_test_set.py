"""A new test set: its files are checked at once, then shown as understood, then created."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect

import evaluator
from accounts.http import SignedInRequest
from audit.recording import Actor
from config.body_limits import takes_up_to
from organise.file_fields import TEST_SET_UPLOAD, name_file
from organise.file_problems import describe_problems
from organise.gate import task_action, task_page
from organise.pages import render_task_page
from organise.refusals import add_refusal
from organise.setup_forms import CreateForm, NewTestSetForm
from organise.test_set_uploads import (
    WARNINGS_KEPT,
    TestSetUpload,
    gather_files,
    keep_upload,
    read_upload,
)
from sharedtasks.metric_columns import BY_METRIC
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import test_sets as services
from sharedtasks.testsets import ImportedTestSet

TAB = "setup"


@takes_up_to(TEST_SET_UPLOAD)
@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def new_test_set(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Check the files of a test set; show every problem, or what would be created."""
    form, context = NewTestSetForm(task=task, initial=request.GET.dict()), {}
    if request.method == "POST":
        form = NewTestSetForm(request.POST, request.FILES, task=task)
        try:
            if form.is_valid():
                upload, checked = _check(request, task, form)
                return _show_checked(request, task, viewer, upload, checked)
        except evaluator.TestSetError as error:
            context = describe_problems(error, [file for _, file in form.list_uploads()])
        except ValidationError as error:
            add_refusal(form, error)
    return render_task_page(
        request, "organise/new_test_set.html", context | {"form": form},
        task=task, viewer=viewer, tab=TAB,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK,
    )  # fmt: skip


@task_action()
def create_test_set(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Create the test set of the files that were checked before, as a draft."""
    try:
        upload = read_upload(request.POST.get("token", ""), request.user, task)
        form = CreateForm(request.POST, upload=upload)
        if form.is_valid() and _create(request, upload, form):
            return redirect("organise-setup", task.slug)
        with upload.open_files() as files:
            checked = services.check_test_set(
                actor=Actor.of(request.user),
                phase=upload.phase,
                description=upload.description,
                files=files,
            )
        return _show_checked(request, task, viewer, upload, checked, form)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("organise-new-test-set", task.slug)


def _create(request: SignedInRequest, upload: TestSetUpload, form: CreateForm) -> bool:
    """Create the test set; return False, with the reason in the form, if that cannot be."""
    try:
        with upload.open_files() as files:
            row = services.create_test_set(
                actor=Actor.of(request.user),
                phase=upload.phase,
                description=upload.description,
                files=files,
                official_order=form.cleaned_data["official_order"],
            ).test_set
    except ValidationError as error:
        add_refusal(form, error)
        return False
    messages.success(request, f"{row.slug} is created as a draft of {row.phase.name}.")
    return True


def _check(
    request: SignedInRequest, task: SharedTask, form: NewTestSetForm
) -> tuple[TestSetUpload, ImportedTestSet]:
    """Check what a valid form holds, and keep its files only if nothing is wrong with them."""
    description, phase, uploads = form.description, form.cleaned_data["phase"], form.list_uploads()
    files = gather_files(((part, name_file(file)) for part, file in uploads), task, description)
    checked = services.check_test_set(
        actor=Actor.of(request.user), phase=phase, description=description, files=files
    )
    return keep_upload(phase, description, uploads, checked), checked


def _show_checked(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    upload: TestSetUpload,
    checked: ImportedTestSet,
    form: CreateForm | None = None,
) -> HttpResponse:
    context = {
        "form": form or CreateForm(upload=upload),
        "token": upload.sign(request.user),
        "upload": upload,
        "row": checked.test_set,
        "references": checked.references,
        "warnings": checked.list_notes(WARNINGS_KEPT),
        "metrics": [BY_METRIC[name].label for name in checked.metrics],
    }
    return render_task_page(
        request, "organise/create_test_set.html", context, task=task, viewer=viewer, tab=TAB,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK,
    )  # fmt: skip
