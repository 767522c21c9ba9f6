"""Entries scored by an earlier version of the metrics: `manage.py rescore_entries`.

An old site is made by writing the version before the present one into the kept signatures.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Value
from django.db.models.functions import Replace
from django.utils import timezone

import evaluator
from evaluator.metrics import METRICS
from submissions import work
from submissions.models import Entry, Rescore, Score, Submission
from submissions.pipeline import reference_points, rescoring, scoring, tasks
from submissions.pipeline.scorer import LimitPassed
from submissions.pipeline.scoring_room import NotNow
from submissions.pipeline.sweeper import sweep
from submissions.services import choosing
from tests.integration.actors import OPERATOR
from tests.integration.samples import FAIR, PERFECT, POOR, count_scores

pytestmark = pytest.mark.django_db

TERM = [name for name, metric in METRICS.items() if name.startswith(("term-", "over-"))]
NOW = METRICS["term-success"].version
NUMBERS = itertools.count(1)


def age(value=7.0):
    """Turn all scores of the family `term` into scores by the version before."""
    Score.objects.filter(metric__in=TERM).update(
        signature=Replace(F("signature"), Value(f"|v:{NOW}|"), Value(f"|v:{NOW - 1}|")), value=value
    )


def versions(entry, metric="term-success"):
    return [row.signature.split("|v:")[1][0] for row in entry.scores.filter(metric=metric)]


def facts(entry):
    return Entry.objects.filter(pk=entry.pk).values().get()


@pytest.fixture
def old_entries(make_primary, make_scored_entry, test_set):
    """A primary, a contrastive entry and the test set's own rows, as an old site has them."""
    made = [
        make_primary(FAIR, system="primary"),
        make_scored_entry(POOR, system="contrastive", wants_primary=False),
    ]
    reference_points.add_missing()
    for entry in Entry.objects.filter(team=None):
        tasks.score.apply(args=[entry.pk], task_id=f"own-{entry.pk}")
    age()
    return [*made, *Entry.objects.filter(team=None)]


@pytest.fixture
def run(monkeypatch):
    """Run the command; between two looks a worker and a sweeper come by."""

    def run(*arguments, worker=True):
        def work_meanwhile(_):
            for row in Rescore.objects.filter(state="scoring") if worker else []:
                tasks.rescore.apply(args=[row.pk], task_id=f"rescore-{next(NUMBERS)}")
            sweep()

        monkeypatch.setattr(rescoring.time, "sleep", work_meanwhile)
        out = StringIO()
        try:
            call_command("rescore_entries", *arguments, stdout=out)
        finally:
            run.out = out.getvalue()
        return run.out

    return run


def test_every_entry_gets_its_new_scores_beside_the_old(old_entries, run):
    before = [facts(entry) for entry in old_entries]
    kept = set(Score.objects.values_list("pk", "value", "signature", "statistics"))

    out = run()

    assert "4 entries to score again." in out
    assert [line.partition("]")[0] for line in out.splitlines() if line.startswith("[")] == [
        f"[{number}/4" for number in range(1, 5)
    ]
    assert [facts(entry) for entry in old_entries] == before  # state, primary, everything
    assert kept <= set(Score.objects.values_list("pk", "value", "signature", "statistics"))
    for entry in old_entries:
        assert versions(entry) == [str(NOW - 1), str(NOW)]
        assert entry.scores.filter(metric="bleu").count() == 1
        newest = entry.scores.filter(metric="term-success").last()
        assert newest.value != 7.0
        assert newest.statistics is not None
        assert entry.changes.last().reason == "scored again, by new versions of the metrics"


def test_new_scores_are_what_a_new_entry_gets(old_entries, run, make_scored_entry):
    run()

    new = make_scored_entry(FAIR, system="new")
    values = {score.metric: (score.value, score.signature) for score in new.scores.all()}
    for score in old_entries[0].scores.filter(signature__contains=f"|v:{NOW}|", metric__in=TERM):
        assert values[score.metric] == (score.value, score.signature)


def test_a_second_run_has_nothing_to_do(old_entries, run):
    run()
    scores = Score.objects.count()

    assert run() == "0 entries to score again.\n"
    assert Score.objects.count() == scores


def test_a_list_changes_nothing(old_entries, run, messages):
    with messages() as sent:
        out = run("--dry-run", worker=False)

    assert [str(entry) in out for entry in old_entries] == [True] * 4
    assert "lacks term-success, " in out
    assert "4 entries would be scored again. Nothing was changed." in out
    assert sent == []
    assert not Rescore.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--phase", "spring/nothing"], "There is no phase spring/nothing. Known: spring/test."),
        (["--phase", "spring"], "There is no phase spring. "),
        (["--at-once", "0"], "--at-once has to be from 1 to 100, not 0."),
        (["--at-once", "101"], "--at-once has to be from 1 to 100, not 101."),
    ],
)
def test_what_makes_no_sense_is_refused(phase, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("rescore_entries", *arguments)


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_so_many_are_under_way_at_a_time(old_entries, run, monkeypatch, at_once):
    seen = []
    announce = rescoring.announce

    def count(lacking, **options):
        row = announce(lacking, **options)
        seen.append(Rescore.objects.filter(state="scoring").count())
        return row

    monkeypatch.setattr(rescoring, "announce", count)
    out = run("--at-once", str(at_once))

    assert 1 <= max(seen) <= at_once
    assert "[4/4]" in out


@pytest.fixture
def many_lacking(make_bare_test_set, alice, team, stored_file, monkeypatch):
    """Sixty entries that lack a score, so that whoever scores them need not compute."""
    test_set = make_bare_test_set()
    submissions = Submission.objects.bulk_create(
        Submission(team=team, member=alice, phase=test_set.phase, system=f"System {number}")
        for number in range(60)
    )
    entries = Entry.objects.bulk_create(
        Entry(submission=row, team=team, test_set=test_set, system=row.system,
              hypotheses=stored_file, state="scored")
        for row in submissions
    )  # fmt: skip
    monkeypatch.setattr(
        rescoring,
        "find_lacking",
        lambda _: (rescoring.LackingEntry(entry, ["x"], {"x": "v:2"}) for entry in entries),
    )
    return entries


@pytest.mark.parametrize("workers", [1, 2, 4, 12])
def test_all_workers_take_part_and_a_few_rescores_wait(many_lacking, monkeypatch, workers):
    busy, waiting = [], []

    def take_turns(_):
        """Each worker ends what it has and takes the next, between two looks."""
        rows = Rescore.objects.filter(state="scoring").order_by("pk")
        rows.exclude(claimed_by="").update(state="scored", claimed_by="")
        taken = list(rows.filter(claimed_by="").values_list("pk", flat=True)[:workers])
        Rescore.objects.filter(pk__in=taken).update(claimed_by="worker")
        busy.append(len(taken))
        waiting.append(rows.filter(claimed_by="").count())

    monkeypatch.setattr(rescoring.time, "sleep", take_turns)
    ended = [end for look in rescoring.rescore(actor=OPERATOR) for end in look]

    assert [end.entry.pk for end in ended] == [entry.pk for entry in many_lacking]
    assert {end.state for end in ended} == {"scored"}
    first_full = busy.index(workers)
    assert first_full <= 4  # looks
    assert set(busy[first_full : 60 // workers - 4]) <= {workers, workers - 1}
    assert max(waiting) <= workers + rescoring.FEWEST_WAITING


def test_a_rescore_whose_entry_is_deleted_has_ended(many_lacking, monkeypatch):
    monkeypatch.setattr(rescoring.time, "sleep", lambda _: Rescore.objects.all().delete())

    ended = [end for look in rescoring.rescore(actor=OPERATOR) for end in look]

    assert len(ended) == 60
    assert {end.state for end in ended} == {rescoring.DELETED}


class Terminal(StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_and_names_only_what_failed(many_lacking, monkeypatch):
    failing = many_lacking[7]

    def work_off(_):
        of_failing = Rescore.objects.filter(entry=failing, state="scoring")
        of_failing.update(state="failed", reason="No room.")
        Rescore.objects.filter(state="scoring").update(state="scored")

    monkeypatch.setattr(rescoring.time, "sleep", work_off)
    terminal = Terminal()
    with pytest.raises(CommandError, match="1 entry could not be scored again"):
        call_command("rescore_entries", stdout=terminal)

    text = terminal.getvalue()
    assert "60/60" in text
    assert text.count("failed. No room.") == 1
    assert "scored again" not in text.partition("to score again.")[2]


def test_a_killed_command_goes_on_where_it_stopped(old_entries, run, monkeypatch):
    def kill(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(rescoring.time, "sleep", kill)
    with pytest.raises(CommandError, match="Run it again to go on"):
        call_command("rescore_entries", stdout=StringIO())
    assert Rescore.objects.filter(state="scoring", announcements=1).count() == 2

    out = run()

    assert "[4/4]" in out
    assert Rescore.objects.filter(state="scored").count() == 4
    assert all(versions(entry) == [str(NOW - 1), str(NOW)] for entry in old_entries)


def test_only_what_lacks_a_present_version_is_scored_again(old_entries, run, make_scored_entry):
    new = make_scored_entry(PERFECT, system="new")
    withdrawn = old_entries[1]
    Entry.objects.filter(pk=withdrawn.pk).update(withdrawn_at=timezone.now())
    failed = make_scored_entry(PERFECT, system="failed")
    failed.scores.all().delete()
    Entry.objects.filter(pk=failed.pk).update(state="failed")

    assert "3 entries to score again." in run()
    assert not Rescore.objects.filter(entry__in=[new, withdrawn, failed]).exists()


def test_a_metric_that_is_undefined_for_an_entry_asks_once(make_scored_entry, run, monkeypatch):
    entry = make_scored_entry(PERFECT)
    entry.scores.filter(metric="bleu").delete()  # as if it had not existed then
    evaluate = scoring.evaluate

    def evaluate_without(claimed, **options):
        result = evaluate(claimed, **options)
        return evaluator.ScoringResult(
            tuple(s for s in result.scores if s.metric != "bleu"), result.statistics
        )

    monkeypatch.setattr(scoring, "evaluate", evaluate_without)
    assert "1 entry to score again." in run()

    assert run() == "0 entries to score again.\n"
    assert not entry.scores.filter(metric="bleu").exists()


@pytest.mark.parametrize(
    "metric", ["term-success", "term-window-overlap-3", "wmt21-1-term", "bleu"]
)
def test_one_metric_is_enough(make_scored_entry, run, metric):
    """Others of its family have the signature that it lacks."""
    entry = make_scored_entry(PERFECT)
    entry.scores.filter(metric=metric).update(signature="nrefs:1|v:0")

    assert f"lacks {metric}\n" in run("--dry-run")
    assert "1 entry to score again." in run()
    assert entry.scores.filter(metric=metric).count() == 2
    assert entry.scores.exclude(metric=metric).count() == count_scores() - 1


def test_a_new_metric_is_a_reason_too(make_scored_entry, run):
    entry = make_scored_entry(PERFECT)
    gone = entry.scores.get(metric="chrf")
    gone.delete()

    run()

    assert entry.scores.get(metric="chrf").value == gone.value


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError(), "Our side failed: ZeroDivisionError."),
        (LimitPassed("60 seconds of processor time"), "Scoring took more than 60 seconds of "),
        (evaluator.InfrastructureError("no tokeniser"), "For its operators: no tokeniser."),
        (MemoryError(), "Our side failed: MemoryError."),
    ],
)
def test_a_rescore_that_fails_leaves_the_entry_and_is_reported(
    old_entries, run, monkeypatch, settings, error, reason
):
    settings.SWEEP_INTERVAL = 0
    entry = old_entries[0]
    before, kept = facts(entry), list(entry.scores.values())
    evaluate = scoring.evaluate

    def fail(claimed, **options):
        if claimed.pk == entry.pk:
            raise error
        return evaluate(claimed, **options)

    monkeypatch.setattr(scoring, "evaluate", fail)
    with pytest.raises(CommandError, match="1 entry could not be scored again and keep"):
        run()

    assert f"failed. {reason}" in run.out
    assert "[4/4]" in run.out  # the others are scored
    assert (facts(entry), list(entry.scores.values())) == (before, kept)
    assert Rescore.objects.get(entry=entry).attempts == 3

    monkeypatch.setattr(scoring, "evaluate", evaluate)  # once the cause is fixed
    assert "1 entry to score again." in run()
    assert versions(entry) == [str(NOW - 1), str(NOW)]


def test_a_worker_of_another_release_changes_nothing(old_entries, run, monkeypatch):
    current = evaluator.current_signatures

    def later(test_set, **options):
        return {
            metric: signature.replace(f"|v:{NOW}|", f"|v:{NOW + 1}|")
            for metric, signature in current(test_set, **options).items()
        }

    monkeypatch.setattr(evaluator, "current_signatures", later, raising=False)
    scores = Score.objects.count()

    with pytest.raises(CommandError):
        run()

    assert run.out.count("Restart the workers, then run rescore_entries again.") == 4
    assert Score.objects.count() == scores


def test_a_worker_that_lacks_a_metric_says_so_and_closes_nothing(old_entries):
    lacking = next(rescoring.find_lacking())
    later = replace(lacking, wanted={**lacking.wanted, "term-recall": "v:1"})
    row = rescoring.announce(later, actor=OPERATOR)

    tasks.rescore.apply(args=[row.pk], task_id="task-1")

    row.refresh_from_db()
    assert row.state == "failed"
    assert lacking.entry in [other.entry for other in rescoring.find_lacking()]


def test_a_worker_without_room_puts_it_back_uncounted(old_entries, monkeypatch):
    lacking = next(rescoring.find_lacking())
    row = rescoring.announce(lacking, actor=OPERATOR)

    def refuse(*_, **__):
        raise NotNow

    monkeypatch.setattr(scoring, "evaluate", refuse)
    tasks.rescore.apply(args=[row.pk], task_id="task-1")

    row.refresh_from_db()
    assert (row.state, row.attempts, row.claimed_by) == ("scoring", 0, "")


def test_a_message_that_comes_three_times_adds_scores_once(old_entries, test_set):
    row = rescoring.announce(next(rescoring.find_lacking()), actor=OPERATOR)
    test_set.refresh_from_db()
    before = test_set.results_version

    for task_id in ("task-1", "task-1", "task-2"):
        tasks.rescore.apply(args=[row.pk], task_id=task_id)

    test_set.refresh_from_db()
    assert versions(row.entry) == [str(NOW - 1), str(NOW)]
    assert test_set.results_version == before + 1


def test_what_was_lost_to_another_worker_is_not_recorded(old_entries):
    row = rescoring.announce(next(rescoring.find_lacking()), actor=OPERATOR)
    claimed = work.claim(Rescore, row.pk, owner="task-1")
    result = rescoring.evaluate(claimed)
    Rescore.objects.filter(pk=row.pk).update(claimed_by="task-2")

    with pytest.raises(work.NoLongerOurs):
        rescoring.record(claimed, result, owner="task-1")

    assert versions(row.entry) == [str(NOW - 1)]


def test_a_killed_workers_rescore_goes_to_another(old_entries, settings, messages):
    row = rescoring.announce(next(rescoring.find_lacking()), actor=OPERATOR)
    work.claim(Rescore, row.pk, owner="killed")
    Rescore.objects.update(claimed_at=timezone.now() - timedelta(days=1))

    with messages() as sent:
        sweep()
    assert sent == [("submissions.rescore", row.pk)]
    tasks.rescore.apply(args=[row.pk], task_id="another")

    assert versions(row.entry) == [str(NOW - 1), str(NOW)]


def test_teams_choose_and_withdraw_meanwhile(old_entries, organiser, test_set):
    primary = old_entries[0]
    row = rescoring.announce(next(rescoring.find_lacking()), actor=OPERATOR)
    claimed = work.claim(Rescore, row.pk, owner="task-1")
    result = rescoring.evaluate(claimed)

    choosing.withdraw(entry=primary, actor=organiser)
    rescoring.record(claimed, result, owner="task-1")

    primary.refresh_from_db()
    assert primary.withdrawn_at is not None
    assert not primary.is_primary


def test_entries_are_read_a_few_at_a_time(old_entries, monkeypatch):
    monkeypatch.setattr(rescoring, "AT_ONCE", 3)

    assert [row.entry.pk for row in rescoring.find_lacking()] == sorted(
        entry.pk for entry in old_entries
    )
