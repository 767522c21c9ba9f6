"""What an owner looks at before a release: each check is in order, to decide, or blocks it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.db.models import Count, F, Min, Q, QuerySet

from leaderboard.implausible import find_implausible
from leaderboard.kept_boards import BOARDS
from leaderboard.snapshots import Board
from sharedtasks.models import Phase, TestSet
from sharedtasks.states import State
from submissions.models import Entry, Submission
from submissions.states import EntryState, SubmissionState

MOST_SENTENCES = 20  # of a check; more are counted
UNFINISHED = (EntryState.WAITING, EntryState.RUNNING, EntryState.SCORING)


class Result(StrEnum):
    """What a check says."""

    IN_ORDER = "in order"
    DECIDE = "decide"  # an owner says why the release goes out as it is
    BLOCKS = "blocks"  # no release before this is done


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the checklist."""

    key: str  # in forms and in the log
    title: str
    result: Result
    sentences: Sequence[str]  # what is the matter, or how many were looked at


def make_checklist(phase: Phase) -> list[Check]:
    """Return the checks of a phase: what blocks first, then what is to be decided."""
    looked_at = _PhaseRows(phase)
    checks = [
        _check_announced(phase),
        _check_drafts(looked_at),
        _check_boards(looked_at),
        _check_unfinished(looked_at),
        _check_ranges(looked_at),
        _check_failed(looked_at),
        _check_identical(looked_at),
        _check_implausible(looked_at),
        _check_unverified(looked_at),
        _check_primaries(looked_at),
    ]
    order = [Result.BLOCKS, Result.DECIDE, Result.IN_ORDER]
    return sorted(checks, key=lambda check: order.index(check.result))


class _PhaseRows:
    """What the checks look at, each read once."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        test_sets = phase.test_sets.select_related("terminology_mode", "ranges").order_by("pk")
        self.test_sets: list[TestSet] = list(test_sets.filter(state=State.ANNOUNCED))
        self.drafts: list[TestSet] = list(test_sets.filter(state=State.DRAFT))

    @cached_property
    def boards(self) -> dict[int, Board]:
        """Return the boards that are built, by test set."""
        return BOARDS.read([test_set.pk for test_set in self.test_sets])

    @property
    def entries(self) -> QuerySet[Entry]:
        """Return all entries that are not withdrawn."""
        return Entry.objects.filter(test_set__in=self.test_sets, withdrawn_at=None)

    @property
    def of_teams(self) -> QuerySet[Entry]:
        """Return those of teams that take part."""
        return self.entries.filter(team__isnull=False, team__is_organisers=False)


def _judge(
    key: str, title: str, sentences: Sequence[str], *, otherwise: str, fault: Result = Result.DECIDE
) -> Check:
    if not sentences:
        return Check(key, title, Result.IN_ORDER, [otherwise])
    more = len(sentences) - MOST_SENTENCES
    shown = [*sentences[:MOST_SENTENCES], *([f"and {more} more"] if more > 0 else [])]
    return Check(key, title, fault, shown)


def _check_announced(phase: Phase) -> Check:
    faults = [] if phase.is_public else [f"{phase} is not announced: nobody would see a release."]
    return _judge(
        "announced", "Phase announced", faults, otherwise="announced", fault=Result.BLOCKS
    )


def _check_drafts(rows: _PhaseRows) -> Check:
    faults = [f"{test_set.slug} is a draft: not in the release" for test_set in rows.drafts]
    count = f"{len(rows.test_sets)} of {len(rows.test_sets)}"
    return _judge("drafts", "Test sets announced", faults, otherwise=count)


def _check_boards(rows: _PhaseRows) -> Check:
    """A release holds boards with a ranked system; another board is left out or without places."""
    ranked = {pk for pk, board in rows.boards.items() if any(board.columns.place)}
    empty = [test_set.slug for test_set in rows.test_sets if test_set.pk not in ranked]
    count = f"{len(ranked)} of {len(rows.test_sets)}"
    fault = Result.DECIDE if ranked else Result.BLOCKS
    faults = [f"No system is ranked on {slug}." for slug in empty]
    return _judge("boards", "Boards with ranked systems", faults, otherwise=count, fault=fault)


def _check_unfinished(rows: _PhaseRows) -> Check:
    counted = rows.entries.aggregate(
        all=Count("pk"),
        unfinished=Count("pk", filter=Q(state__in=UNFINISHED)),
        oldest=Min("pk", filter=Q(state__in=UNFINISHED)),
    )
    checking = Submission.objects.filter(phase=rows.phase, state=SubmissionState.CHECKING).count()
    faults = []
    if counted["unfinished"]:
        faults.append(
            f"Unfinished entries block the release: {counted['unfinished']} of {counted['all']}. "
            f"Oldest: {counted['oldest']}."
        )
    if checking:
        uploads = "1 upload is" if checking == 1 else f"{checking} uploads are"
        faults.append(f"{uploads} being checked.")
    return _judge(
        "unfinished", "Unfinished entries", faults, otherwise=f"0 of {counted['all']}",
        fault=Result.BLOCKS,
    )  # fmt: skip


def _check_ranges(rows: _PhaseRows) -> Check:
    faults = [
        f"The ranges of places on {test_set.slug} are not computed yet: they follow when the board "
        "has been quiet."
        for test_set in rows.test_sets
        if test_set.results_version and not has_ranges(test_set)
    ]
    return _judge(
        "ranges", "Ranges of places", faults, otherwise="computed for the boards as they are",
        fault=Result.BLOCKS,
    )  # fmt: skip


def has_ranges(test_set: TestSet) -> bool:
    """Return whether a board shows all its results, with ranges of just these results."""
    ranges = getattr(test_set, "ranges", None)
    is_built = test_set.ranked_version == test_set.results_version
    return is_built and ranges is not None and ranges.results_version >= test_set.ranked_version


def _check_failed(rows: _PhaseRows) -> Check:
    failed = rows.entries.filter(state=EntryState.FAILED).select_related("test_set")
    faults = [
        f"Entry {entry.pk}, {entry.system} on {entry.test_set.slug}, failed on our side."
        for entry in failed.order_by("pk")
    ]
    return _judge("failed", "Entries failed on our side", faults, otherwise="0")


def _check_identical(rows: _PhaseRows) -> Check:
    """Equal outputs are one stored file."""
    groups = (
        rows.entries.filter(team__isnull=False, hypotheses__isnull=False)
        .values("test_set", "hypotheses")
        .annotate(teams=Count("team", distinct=True))
        .filter(teams__gt=1)
        .values_list("test_set", "hypotheses")
    )
    shared = list(groups.order_by("test_set", "hypotheses")[: MOST_SENTENCES + 1])
    same = rows.entries.filter(team__isnull=False, hypotheses__in={file for _, file in shared})
    names: dict[tuple[int, int | None], list[str]] = {pair: [] for pair in shared}
    for entry in same.select_related("team").order_by("pk"):
        if (pair := (entry.test_set_id, entry.hypotheses_id)) in names:
            names[pair].append(f"{entry.system} ({entry.team})")
    slugs = {test_set.pk: test_set.slug for test_set in rows.test_sets}
    faults = [
        f"{slugs[test_set]}: {' and '.join(own)} are the same output."
        for (test_set, _), own in names.items()
    ]
    return _judge("identical", "Identical outputs of two teams", faults, otherwise="0")


def _check_implausible(rows: _PhaseRows) -> Check:
    faults = [
        f"{test_set.slug}: {system}"
        for test_set in rows.test_sets
        if test_set.pk in rows.boards
        for system in find_implausible(rows.boards[test_set.pk], test_set.terminology_mode)
    ]
    title = "Term success that is implausible without terms"
    return _judge("implausible", title, faults, otherwise="0")


def _check_unverified(rows: _PhaseRows) -> Check:
    scored = rows.of_teams.filter(state=EntryState.SCORED, team__is_verified=False)
    counts = Counter(scored.values_list("team__name", flat=True).order_by("team"))
    faults = [
        f"{name}, {count} {'entry' if count == 1 else 'entries'}: not in the release"
        for name, count in counts.items()
    ]
    return _judge("unverified", "Teams that are not verified", faults, otherwise="0")


def _check_primaries(rows: _PhaseRows) -> Check:
    scored = rows.of_teams.filter(state=EntryState.SCORED, team__is_verified=True)
    primaries: Mapping[tuple[str, int], list[bool]] = defaultdict(list)
    pairs = scored.values_list("team__name", "test_set", "is_primary")
    for team, test_set, is_primary in pairs.order_by(F("team"), F("test_set")):
        primaries[team, test_set].append(is_primary)
    slugs = {test_set.pk: test_set.slug for test_set in rows.test_sets}
    faults = [
        f"{team} on {slugs[test_set]}: {len(own)} scored, none primary"
        for (team, test_set), own in primaries.items()
        if not any(own)
    ]
    return _judge("primaries", "Teams without a primary", faults, otherwise="0")
