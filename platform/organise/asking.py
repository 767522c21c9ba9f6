"""Actions that ask first: a page says what happens, and its button does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.http import SignedInRequest
from audit.recording import Actor
from organise.pages import Confirmation, render_task_page
from sharedtasks.models import SharedTask
from sharedtasks.policy import Viewer
from sharedtasks.states import MAX_REASON

Values = Mapping[str, Any]  # of the form, by field


class ReasonForm(forms.Form):
    """Why something is done; the label says who reads it."""

    reason = forms.CharField(
        label="Public reason",
        max_length=MAX_REASON,
        help_text="Everybody reads it, on the site's own pages.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def ask_first(
    request: SignedInRequest,
    task: SharedTask,
    viewer: Viewer,
    confirmation: Confirmation,
    *,
    act: Callable[[Actor, Values], object],
    done: str,
    tab: str,
    then: str,
    form: forms.Form | None = None,
) -> HttpResponse:
    """Show the page that asks, or do what its button says and lead to the address `then`.

    `form` is bound to what was sent; without fields to fill in there is none.
    """
    form = form or forms.Form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            act(Actor.of(request.user), form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, done)
            return redirect(then)
    context = {"confirmation": replace(confirmation, form=form)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render_task_page(
        request, "organise/confirm.html", context, task=task, viewer=viewer, tab=tab, status=status
    )
