"""What a board says of corrections: its own erratum, and the version that replaced it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Model

from sharedtasks.models import Correction, TestSet


@dataclass(frozen=True, slots=True)
class BoardErrata:
    """Published corrections that concern a version of a test set."""

    made_it: Correction | None  # whose successor it is
    newest: TestSet | None  # that replaced it, perhaps by several corrections; none: it is current

    @property
    def rows(self) -> list[Model]:
        """Return the rows that a page shows something of."""
        return [row for row in (self.made_it, self.newest) if row is not None]


def find_errata(shown: TestSet, published: Iterable[Correction]) -> BoardErrata:
    """Return what the published corrections of a phase say of one of its test sets."""
    by_old = {correction.test_set_id: correction for correction in published}
    made_it = next((c for c in by_old.values() if c.successor_id == shown.pk), None)
    newest, key = None, shown.pk
    while key in by_old:  # versions only ever count up, so this ends
        newest = by_old[key].successor
        assert newest is not None  # it is published
        key = newest.pk
    return BoardErrata(made_it, newest)
