"""The slots of a phase: what is wanted, and what a team has there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery

from accounts.models import Team
from sharedtasks.models import Phase, TestSet
from sharedtasks.testsets import Slots
from submissions.models import Entry, Verdict


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot as the upload page shows it."""

    test_set: TestSet
    primary: Entry | None  # what the team is ranked with
    latest: Entry | None  # the newest one; withdrawn only if all are
    refused: Verdict | None  # of the newest upload for it, if that was refused

    @property
    def is_empty(self) -> bool:
        """Say whether the team has sent nothing for it."""
        return self.latest is None and self.refused is None

    @property
    def has_other(self) -> bool:
        """Say whether the newest entry is another one than the primary."""
        return self.latest is not None and self.latest != self.primary


def list_expected(phase: Phase) -> list[TestSet]:
    """Return the test sets that files are taken for: of each slot the newest version."""
    return list(Slots(TestSet.objects.filter(phase=phase)).rows.values())


def build_views(test_sets: Sequence[TestSet], team: Team) -> list[SlotView]:
    """Say for each test set what the team has there; four queries however many there are."""
    own = Entry.objects.filter(test_set=OuterRef("pk"), team=team)
    newest = own.order_by(F("withdrawn_at").desc(nulls_first=True), "-pk")
    refused = Verdict.objects.filter(
        test_set=OuterRef("pk"), submission__team=team, errors__gt=0
    ).order_by("-submission_id", "position")
    found = {
        pk: keys
        for pk, *keys in TestSet.objects.filter(pk__in=[one.pk for one in test_sets]).values_list(
            "pk",
            Subquery(own.filter(is_primary=True).values("pk")[:1]),
            Subquery(newest.values("pk")[:1]),
            Subquery(refused.values("pk")[:1]),
        )
    }
    entries = Entry.objects.in_bulk([key for keys in found.values() for key in keys[:2] if key])
    verdicts = Verdict.objects.select_related("submission").in_bulk(
        [keys[2] for keys in found.values() if keys[2]]
    )
    return [
        _view(
            test_set,
            entries.get(found[test_set.pk][0]),
            entries.get(found[test_set.pk][1]),
            verdicts.get(found[test_set.pk][2]),
        )
        for test_set in test_sets
    ]


def _view(
    test_set: TestSet, primary: Entry | None, latest: Entry | None, refused: Verdict | None
) -> SlotView:
    is_old = (
        refused is not None
        and latest is not None
        and (refused.submission_id < (latest.submission_id or 0))
    )
    return SlotView(test_set, primary, latest, None if is_old else refused)
