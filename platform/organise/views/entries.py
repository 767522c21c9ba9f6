"""All entries of a shared task: filtered, and what organisers do with many of them at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import SignedInRequest
from audit.recording import Actor
from evaluator.errors import printable
from organise.bulk import act_on, tell
from organise.entry_actions import ACTIONS, MOST_AT_ONCE, EntryAction, Plan, make_plan
from organise.entry_filter import EntryFilter, list_by_number
from organise.entry_list import build_lines, list_columns, place_in_test_sets, read_page
from organise.gate import task_page
from organise.output_zip import MOST_PACKED, pack_outputs
from organise.pages import Confirmation, render_task_page
from sharedtasks.models import SharedTask
from sharedtasks.policy import Role, Viewer
from submissions.models import Entry
from submissions.models.entries import MAX_NOTE_CHARACTERS

DOWNLOAD = "download"
TICKED, MATCHING = "ticked", "matching"
MOST_SHOWN = 50  # entries on the page that asks; each may have a reason of its own
INPUT = {"class": "input is-wide"}


class ActionForm(forms.Form):
    """The bar below the list: what to do, with which entries, and why."""

    action = forms.ChoiceField(
        label="Do this",
        choices=[*((row.name, row.label) for row in ACTIONS.values()),
                 (DOWNLOAD, "Download outputs (zip)")],
    )  # fmt: skip
    scope = forms.ChoiceField(label="with", choices=[(TICKED, TICKED), (MATCHING, MATCHING)])
    reason = forms.CharField(
        label="Reason or note",
        required=False,
        max_length=MAX_NOTE_CHARACTERS,
        widget=forms.TextInput(INPUT),
    )

    def __init__(self, data: QueryDict | None, wanted: EntryFilter, task: SharedTask) -> None:
        super().__init__(data)
        self.wanted, self.task = wanted, task

    @property
    def ticks(self) -> list[str]:
        """Return the values of the ticked boxes."""
        return cast(QueryDict, self.data).getlist("entry") if self.is_bound else []

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        is_download = self.cleaned_data["action"] == DOWNLOAD
        most = MOST_PACKED if is_download else MOST_AT_ONCE
        self.entries = self._choose(most + 1)
        if not self.entries:
            raise ValidationError("Tick entries, or choose all that match the filter.")
        if len(self.entries) > most:
            raise ValidationError(f"At most {most:,} entries at once. Restrict the filter.")
        if is_download and not any(entry.hypotheses_id for entry in self.entries):
            raise ValidationError("None of these entries has outputs.")

    def _choose(self, most: int) -> list[Entry]:
        """Return the chosen entries, newest first."""
        is_ticked = self.cleaned_data["scope"] == TICKED
        entries = list_by_number(self.task, self.ticks) if is_ticked else self.wanted.select()
        entries = entries.select_related("team", "submission__image", "hypotheses")
        return place_in_test_sets(self.wanted, entries.order_by("-pk")[:most])

    def read_reason(self, entry: Entry) -> str:
        """Return the reason for an entry: its own, or else that for all."""
        own = self.data.get(f"reason-{entry.pk}", self.cleaned_data["reason"])
        return printable(" ".join(str(own).split()), 2 * MAX_NOTE_CHARACTERS)


@task_page()
def entries(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponse:
    """Show the entries that match the filter, newest first."""
    wanted = EntryFilter(request.GET, task)
    return _show(request, task, viewer, wanted, ActionForm(None, wanted, task))


@task_page(least=Role.ORGANISER, posts=Role.ORGANISER)
def act(request: SignedInRequest, task: SharedTask, viewer: Viewer) -> HttpResponseBase:
    """Show what an action would do to the chosen entries, or do it once that is confirmed."""
    wanted = EntryFilter(request.GET, task)
    if request.method != "POST":  # the page that asks was loaded again
        return redirect(_find_list(task, wanted))
    form = ActionForm(request.POST, wanted, task)
    if not wanted.is_valid():  # what it would act on is not known
        return _show(request, task, viewer, wanted, ActionForm(None, wanted, task))
    if not form.is_valid():
        return _show(request, task, viewer, wanted, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if form.cleaned_data["action"] == DOWNLOAD:
        packed = pack_outputs([entry for entry in form.entries if entry.hypotheses_id])
        return FileResponse(packed, as_attachment=True, filename=f"{task.slug}.outputs.zip")
    plan = make_plan(ACTIONS[form.cleaned_data["action"]], form.entries)
    if not plan.ready:
        form.add_error(None, f"Left out, all of them. {plan.rows[0].obstacle}")
        return _show(request, task, viewer, wanted, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    error = _find_error(request, form, plan)
    if error is not None:
        return _ask(request, task, viewer, form, plan, error)
    actor = Actor.of(request.user)
    outcome = act_on(
        plan.ready, lambda entry: plan.action.act(entry, actor, form.read_reason(entry))
    )
    tell(request, outcome, plan.action.done)
    return redirect(_find_list(task, wanted))


def _find_error(request: SignedInRequest, form: ActionForm, plan: Plan) -> str | None:
    """Return what is wrong with a confirmation: empty if there is none yet; None if nothing is."""
    confirmed = request.POST.get("confirmed", "")
    if not confirmed:
        return ""
    if confirmed != plan.digest:
        return "The entries have changed since you chose them. Look at the list again."
    reasons = [form.read_reason(entry) for entry in plan.ready]
    if plan.action.needs_reason and not all(reasons):
        return f"Fill in each field: {plan.action.reason_label}."
    if any(len(reason) > MAX_NOTE_CHARACTERS for reason in reasons):
        return f"Write at most {MAX_NOTE_CHARACTERS} characters in each field."
    return None


def _ask(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    form: ActionForm,
    plan: Plan,
    error: str,
) -> HttpResponse:
    action: EntryAction = plan.action
    context = {
        "confirmation": Confirmation(
            action.heading.format(what=plan.what),
            list(plan.says),
            action.button.format(what=plan.what),
            _find_list(task, form.wanted),
            takes_away=action.takes_away,
        ),
        "plan": plan,
        "form": form,
        "error": error,
        "rows": [(row, form.read_reason(row.entry)) for row in plan.rows[:MOST_SHOWN]],
        "unshown": max(len(plan.rows) - MOST_SHOWN, 0),
        "most_characters": MAX_NOTE_CHARACTERS,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render_task_page(
        request, "organise/confirm_entries.html", context,
        task=task, viewer=viewer, tab="entries", status=status,
    )  # fmt: skip


def _show(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    wanted: EntryFilter,
    form: ActionForm,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context: dict[str, object] = {"filter": wanted, "form": form, "columns": list_columns()}
    if wanted.is_valid():
        path = reverse("organise-entries", args=[task.slug])
        context["views"] = wanted.list_views(path)
        page = read_page(wanted, request.GET.get("page", ""), wanted.total)
        context |= {
            "page": page,
            "lines": build_lines(task, place_in_test_sets(wanted, page)),
            "act_address": f"{reverse('organise-act', args=[task.slug])}?{wanted.query}",
            "ticked": {int(tick) for tick in form.ticks if tick.isdecimal()},
            "ticks_all": request.GET.get("tick") == "all",
        }
    else:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render_task_page(
        request, "organise/entries.html", context,
        task=task, viewer=viewer, tab="entries", status=status,
    )  # fmt: skip


def _find_list(task: SharedTask, wanted: EntryFilter) -> str:
    """Return the address of the list, with the filter if it is valid."""
    path = reverse("organise-entries", args=[task.slug])
    return f"{path}?{wanted.query}" if wanted.is_valid() and wanted.query else path
