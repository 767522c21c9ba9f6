"""Opening a shared task; its texts, its modes, and what its test sets hold."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.gate import may_open_tasks, site_page, task_page
from organise.pages import render_site_page, render_task_page
from organise.refusals import add_refusal
from organise.setup_forms import ModeForm, NewTaskForm, OrderForm, TaskForm
from sharedtasks.models import SharedTask, TestSet
from sharedtasks.policy import Role, Viewer
from sharedtasks.services import tasks
from sharedtasks.services.roles import open_task
from sharedtasks.services.test_sets import change_test_set

TAB = "setup"


@site_page(may_enter=may_open_tasks, takes_post=True)
def new_task(request: SignedInRequest) -> HttpResponse:
    """Open a shared task, a draft that the reader owns."""
    if request.method != "POST":
        return render_site_page(request, "organise/new_task.html", {"form": NewTaskForm()})
    form = NewTaskForm(request.POST)
    if form.is_valid():
        task = open_task(actor=request.user, **form.cleaned_data)
        messages.success(request, f"{task} is a draft: only its organisers see it.")
        return redirect("organise-setup", task.slug)
    return render_site_page(
        request, "organise/new_task.html", {"form": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
    )


@task_page(posts=Role.ORGANISER)
def setup(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show what a shared task consists of, and change its texts."""
    if request.method != "POST":
        return _show(request, task, viewer, TaskForm(instance=task))
    form = TaskForm(request.POST, instance=SharedTask.objects.get(pk=task.pk))
    if form.is_valid():
        tasks.change_task(actor=Actor.of(request.user), task=task, texts=form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("organise-setup", task.slug)
    return _show(request, task, viewer, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def new_mode(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Add a terminology mode."""
    form = ModeForm(request.POST) if request.method == "POST" else ModeForm()
    if form.is_bound and form.is_valid():
        try:
            tasks.create_mode(actor=Actor.of(request.user), task=task, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return redirect("organise-setup", task.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render_task_page(
        request, "organise/new_mode.html", {"form": form},
        task=task, viewer=viewer, tab=TAB, status=status,
    )  # fmt: skip


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def test_set(request: SignedInRequest, task: SharedTask, viewer: Viewer, pk: int) -> HttpResponse:
    """Change the domain of a test set, and what its board ranks by."""
    row = get_object_or_404(
        TestSet.objects.select_related("phase__shared_task", "terminology_mode"),
        phase__shared_task=task,
        pk=pk,
    )
    form = OrderForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_valid():
        change_test_set(actor=Actor.of(request.user), test_set=row, **form.cleaned_data)
        messages.success(request, f"{row.slug} is saved. Its board is built again.")
        return redirect("organise-setup", task.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render_task_page(
        request, "organise/test_set.html", {"form": form, "row": row},
        task=task, viewer=viewer, tab=TAB, status=status,
    )  # fmt: skip


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    form: TaskForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    test_sets = TestSet.objects.select_related("phase__shared_task", "terminology_mode").annotate(
        references=Count("testsetreference")
    )
    context = {
        "form": form,
        "phases": task.phases.prefetch_related(Prefetch("test_sets", test_sets)),
        "modes": task.modes.annotate(uses=Count("test_sets")),
    }
    return render_task_page(
        request, "organise/setup.html", context, task=task, viewer=viewer, tab=TAB, status=status
    )
