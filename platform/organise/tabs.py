"""The pages of a shared task, as its organisers' tabs show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from organise.needs import Needs
from sharedtasks.models import SharedTask


@dataclass(frozen=True, slots=True)
class Tab:
    """A page with a tab. Its address has the shared task's slug as its only argument."""

    name: str  # of its address: organise-NAME
    label: str
    count_needs: Callable[[Needs], int] = lambda needs: 0  # what needs a person there


# In the order in which an edition needs them, with a line between groups. A page adds its tab here.
GROUPS: Sequence[Sequence[Tab]] = (
    (Tab("task", "Overview"),),
    (Tab("setup", "Setup"), Tab("phases", "Phases"), Tab("announce", "Announce")),
    (
        Tab("people", "People", lambda needs: needs.teams),
        Tab("entries", "Entries", lambda needs: needs.failed),
    ),
    (Tab("corrections", "Corrections"), Tab("release", "Release"), Tab("exports", "Exports")),
    (Tab("log", "Log"),),
)


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab on a page."""

    label: str
    address: str
    needs: int
    is_current: bool
    begins_group: bool


def list_tabs(task: SharedTask, current: str, needs: Needs) -> list[ShownTab]:
    """Return the tabs of a shared task; `current` is the name of the page's own tab."""
    shown: list[ShownTab] = []
    for group in filter(None, GROUPS):
        for tab in group:
            shown.append(
                ShownTab(
                    label=tab.label,
                    address=reverse(f"organise-{tab.name}", args=[task.slug]),
                    needs=tab.count_needs(needs),
                    is_current=tab.name == current,
                    begins_group=tab is group[0] and bool(shown),
                )
            )
    return shown


def find_address(name: str, task: SharedTask) -> str:
    """Return the address of a page with a tab; empty while there is no such page."""
    names = {tab.name for group in GROUPS for tab in group}
    return reverse(f"organise-{name}", args=[task.slug]) if name in names else ""
