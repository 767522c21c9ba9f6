"""Which entries of a shared task a list or an action is about: the fields of a filter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Q, QuerySet

from sharedtasks.models import Phase, SharedTask, TestSet
from submissions.models import Entry, Submission
from submissions.states import EntryState

NUMBER = re.compile(r"[0-9]{1,18}")
NOT_WITHDRAWN = Q(withdrawn_at=None)
UNFINISHED = [EntryState.WAITING, EntryState.RUNNING, EntryState.SCORING]
# What the field for a state offers: the word and the rows.
STATES: Mapping[str, tuple[str, Q]] = {
    "failed": ("failed on our side", Q(state=EntryState.FAILED) & NOT_WITHDRAWN),
    "unfinished": ("unfinished", Q(state__in=UNFINISHED) & NOT_WITHDRAWN),
    "waiting": ("waiting for a node", Q(state=EntryState.WAITING) & NOT_WITHDRAWN),
    "running": ("running", Q(state=EntryState.RUNNING) & NOT_WITHDRAWN),
    "scoring": ("being scored", Q(state=EntryState.SCORING) & NOT_WITHDRAWN),
    "scored": ("scored", Q(state=EntryState.SCORED) & NOT_WITHDRAWN),
    "rejected": ("rejected: the team's fault", Q(state=EntryState.REJECTED) & NOT_WITHDRAWN),
    "cancelled": ("cancelled", Q(state=EntryState.CANCELLED) & NOT_WITHDRAWN),
    "withdrawn": ("withdrawn", ~NOT_WITHDRAWN),
    "flagged": ("flagged", Q(flagged_at__isnull=False)),
    "excluded": ("excluded", Q(excluded_at__isnull=False)),
}
ROLES: Mapping[str, tuple[str, Q]] = {
    "primary": ("primary", Q(is_primary=True)),
    "contrastive": ("contrastive", Q(is_primary=False, kind=Entry.Kind.SYSTEM)),
}
KINDS: Mapping[str, tuple[str, Q]] = {
    "outputs": ("outputs", Q(submission__kind=Submission.Kind.OUTPUTS)),
    "image": ("images", Q(submission__kind=Submission.Kind.IMAGE)),
    "baseline": ("baselines", Q(team__is_organisers=True)),
    "reference-point": ("reference points", ~Q(kind=Entry.Kind.SYSTEM)),
}
# The lists above the table.
VIEWS = {"": "All", "failed": "Failed on our side", "unfinished": "Unfinished",
         "flagged": "Flagged", "excluded": "Excluded"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListLink:
    """A link to a list, with the number of its rows."""

    label: str
    address: str
    count: int
    is_current: bool
    needs_person: bool


class EntryFilter(forms.Form):
    """What of a shared task's entries to list; what is empty selects all."""

    q = forms.CharField(label="System, team or number", required=False, max_length=100)
    phase = forms.ChoiceField(label="Phase", required=False)
    test_set = forms.ChoiceField(label="Test set", required=False)
    state = forms.ChoiceField(label="State", required=False)
    role = forms.ChoiceField(label="Role", required=False)
    kind = forms.ChoiceField(label="Kind", required=False)

    def __init__(self, data: Mapping[str, str], task: SharedTask) -> None:
        super().__init__(data)
        rows = TestSet.objects.filter(phase__shared_task=task)
        self.test_sets = list(rows.select_related("phase", "terminology_mode"))
        for test_set in self.test_sets:
            test_set.phase.shared_task = task
        phases: dict[str, Phase] = {row.phase.slug: row.phase for row in self.test_sets}
        slugs = dict.fromkeys(row.slug for row in self.test_sets)
        self._offer("phase", {slug: phase.name for slug, phase in phases.items()})
        self._offer("test_set", {slug: slug for slug in slugs})
        for name, rules in (("state", STATES), ("role", ROLES), ("kind", KINDS)):
            self._offer(name, {key: label for key, (label, _) in rules.items()})
        self.fields["q"].widget = forms.TextInput({"class": "input is-short", "type": "search"})

    def _offer(self, name: str, choices: Mapping[str, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "any"), *choices.items()]

    @property
    def is_active(self) -> bool:
        """Return whether a field restricts the list."""
        return any(self.cleaned_data.values())

    @property
    def query(self) -> str:
        """Return the filled fields as the query of an address."""
        return self._write_query(self.cleaned_data)

    def select(self) -> QuerySet[Entry]:
        """Return the entries that match."""
        rules = STATES.get(self.cleaned_data["state"])
        return self._select_any_state().filter(rules[1] if rules else Q())

    def list_views(self, path: str) -> list[ListLink]:
        """Return the lists by state, each with its number of entries; one query."""
        counts = self._select_any_state().aggregate(
            all=Count("pk"),
            **{name: Count("pk", filter=STATES[name][1]) for name in STATES},
        )
        self.total = counts[self.cleaned_data["state"] or "all"]
        links = []
        for name, label in VIEWS.items():
            query = self._write_query(self.cleaned_data | {"state": name})
            links.append(
                ListLink(
                    label=label,
                    address=f"{path}?{query}" if query else path,
                    count=counts[name or "all"],
                    is_current=name == self.cleaned_data["state"],
                    needs_person=name == "failed" and counts["failed"] > 0,
                )
            )
        return links

    def _select_any_state(self) -> QuerySet[Entry]:
        wanted = self.cleaned_data
        keys = [
            row.pk
            for row in self.test_sets
            if wanted["phase"] in ("", row.phase.slug) and wanted["test_set"] in ("", row.slug)
        ]
        entries = Entry.objects.filter(test_set__in=keys)
        for name, rules in (("role", ROLES), ("kind", KINDS)):
            if wanted[name]:
                entries = entries.filter(rules[wanted[name]][1])
        return entries.filter(_search(wanted["q"])) if wanted["q"] else entries

    def _write_query(self, values: Mapping[str, str]) -> str:
        return urlencode({name: values[name] for name in self.fields if values[name]})


def _search(text: str) -> Q:
    """Return a condition for a part of a system's or a team's name, or for a number."""
    named = Q(system__icontains=text) | Q(team__name__icontains=text)
    return named | Q(pk=int(text)) if NUMBER.fullmatch(text) else named


def list_by_number(task: SharedTask, numbers: Sequence[str]) -> QuerySet[Entry]:
    """Return the entries of a shared task with these numbers."""
    keys = {int(number) for number in numbers if NUMBER.fullmatch(number)}
    return Entry.objects.filter(pk__in=keys, test_set__phase__shared_task=task)
