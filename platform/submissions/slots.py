"""The slots of a phase: the expected files, and what a team has sent for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery

from accounts.models import Team
from sharedtasks.models import Phase, TestSet
from sharedtasks.states import State
from sharedtasks.testsets import Slots
from submissions.models import Entry, Verdict


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot as the upload page shows it."""

    test_set: TestSet
    primary: Entry | None  # the team is ranked with it
    latest: Entry | None  # the newest entry; withdrawn only if all are
    refused: Verdict | None  # of the newest upload for it, if that upload was refused

    @property
    def is_empty(self) -> bool:
        """Return whether the team has sent nothing for it."""
        return self.latest is None and self.refused is None

    @property
    def has_other(self) -> bool:
        """Return whether the newest entry is not the primary."""
        return self.latest is not None and self.latest != self.primary


def list_expected(phase: Phase) -> list[TestSet]:
    """Return the test sets that take files: the newest announced version of each slot."""
    test_sets = phase.test_sets.select_related("terminology_mode").filter(state=State.ANNOUNCED)
    return list(Slots(test_sets).rows.values())


def takes_images(test_set: TestSet) -> bool:
    """Return whether images are run on a test set: a container is given no sample bitexts."""
    return not test_set.terminology_mode.gives_samples


def build_views(test_sets: Sequence[TestSet], team: Team) -> list[SlotView]:
    """Return for each test set what the team has there, with four queries."""
    own = Entry.objects.filter(test_set=OuterRef("pk"), team=team)
    newest = own.order_by(F("withdrawn_at").desc(nulls_first=True), "-pk")
    refused = Verdict.objects.filter(
        test_set=OuterRef("pk"), submission__team=team, errors__gt=0
    ).order_by("-submission_id", "position")
    keys = {
        pk: rest
        for pk, *rest in TestSet.objects.filter(pk__in=[row.pk for row in test_sets]).values_list(
            "pk",
            Subquery(own.filter(is_primary=True).values("pk")[:1]),
            Subquery(newest.values("pk")[:1]),
            Subquery(refused.values("pk")[:1]),
        )
    }
    entries = Entry.objects.in_bulk(
        [key for primary, latest, _ in keys.values() for key in (primary, latest) if key]
    )
    verdicts = Verdict.objects.select_related("submission").in_bulk(
        [key for _, _, key in keys.values() if key]
    )
    views = []
    for test_set in test_sets:
        primary, latest, verdict = keys[test_set.pk]
        views.append(
            SlotView(
                test_set,
                entries.get(primary),
                entries.get(latest),
                _unless_outdated(verdicts.get(verdict), entries.get(latest)),
            )
        )
    return views


def _unless_outdated(refused: Verdict | None, latest: Entry | None) -> Verdict | None:
    """Return the verdict, or None if the team has sent an entry since."""
    if refused is None or latest is None:
        return refused
    return None if refused.submission_id < (latest.submission_id or 0) else refused
