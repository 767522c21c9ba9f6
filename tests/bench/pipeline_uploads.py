"""Uploads to a site whose workers are running, inside the platform's own environment.

python -m tests.bench.pipeline_uploads five ROUNDS     prints three waits in seconds of each round:
                                                       to a score, all five, five fresh boards
python -m tests.bench.pipeline_uploads turns FILES     prints how many of a team's files were scored
                                                       before another's, and how long that waited
python -m tests.bench.pipeline_uploads again SYSTEMS   prints entries/s of a rescore, and of
                                                       corrections, of five test sets
python -m tests.bench.pipeline_uploads checks ROUNDS DATA
                                                       uploads to the demo and to TICO-19 of the
                                                       folder DATA, waits until all is checked, and
                                                       prints how many files fit
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import django

from demo.systems import demo_systems
from tests.bench.sample_sets import TICO_LISTS, disturb

if TYPE_CHECKING:
    from demo.sample_data import Demo
    from sharedtasks.models import Correction, TestSet
    from submissions.models import Submission

PAIRS = 5
GIVE_UP = 500  # seconds
WARM_UP = 2  # rounds, in which dictionaries and test sets are read
SYSTEMS = [system for system in demo_systems() if len(system.files) == PAIRS]


def send(demo: Demo, team: str, system: str, files: list[tuple[str, bytes]]) -> Submission:
    """Upload for a team."""
    from submissions.services import sending

    return sending.submit(
        team=demo.teams[team],
        member=demo.members[team],
        phase=demo.phase,
        system=sending.SystemDescription(name=system),
        wants_primary=False,
        files=[sending.NamedStream(BytesIO(content), name) for name, content in files],
    )


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again; raises TimeoutError."""
    deadline = time.monotonic() + GIVE_UP
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def measure_waits(number: int, submission: Submission) -> list[float]:
    """Wait until everything of a submission of five files is done, and return when it was."""
    from django.db.models import F, Max, Min

    from leaderboard.models import BoardSnapshot
    from sharedtasks.models import TestSet
    from submissions.models import Score

    scores = Score.objects.filter(entry__submission=submission)
    test_sets = TestSet.objects.filter(entries__submission=submission, entries__state="scored")
    fresh = test_sets.filter(ranked_version=F("results_version"))
    wait_until(lambda: fresh.count() == PAIRS)
    ends = scores.aggregate(first=Min("created_at"), last=Max("created_at"))
    ends |= BoardSnapshot.objects.filter(test_set__in=test_sets).aggregate(at=Max("built_at"))
    return [
        (ends[name] - submission.created_at).total_seconds() for name in ("first", "last", "at")
    ]


def five(demo: Demo, rounds: int) -> None:
    """Upload five files in each round, while nothing else is to be done."""
    waits = []
    for number, system in enumerate(islice(cycle(SYSTEMS), rounds + WARM_UP)):
        submission = send(demo, system.team, f"Round {number}", list(system.files))
        waits.append(measure_waits(number, submission))
        time.sleep(1.5)  # longer than a board's pause
    print(json.dumps(waits[WARM_UP:]))


def turns(demo: Demo, files: int) -> None:
    """Let a team send many files, and then another team one."""
    from submissions.models import Entry

    many, other = list(demo.teams)[:2]
    [file] = [file for file in SYSTEMS[0].files if "en-fr" in file[0]]
    for number in range(files):
        send(demo, many, f"Many {number}", [file])
    of_many = Entry.objects.filter(team=demo.teams[many])
    wait_until(lambda: of_many.count() == files)  # all are checked; most wait to be scored
    submission = send(demo, other, "Only", [file])
    only = Entry.objects.filter(submission=submission)
    wait_until(lambda: only.filter(state="scored").exists())
    entry = only.get()
    scored = of_many.filter(state="scored", state_since__lt=entry.state_since)
    before = scored.filter(state_since__gt=entry.created_at).count()
    wait = (entry.state_since - submission.created_at).total_seconds()
    print(json.dumps([before, files - scored.count(), wait]))


def again(demo: Demo, systems: int) -> None:
    """Score all entries again: by the same metrics as if they were new, then on corrected files."""
    from django.db.models import F, Value
    from django.db.models.functions import Replace

    from audit.recording import Actor
    from submissions.models import Entry, Score
    from submissions.pipeline import adopting, rescoring

    for number, system in enumerate(islice(cycle(SYSTEMS), systems)):
        send(demo, system.team, f"System {number}", list(system.files))
    entries = Entry.objects.filter(team__isnull=False, state="scored")
    wait_until(lambda: entries.count() == systems * PAIRS)
    older = Replace(F("signature"), Value("|v:"), Value("|v:0"))
    Score.objects.filter(metric__startswith="term-").update(signature=older)
    begun, actor = time.monotonic(), Actor.of_command("bench")
    rescored = sum(len(ended) for ended in rescoring.rescore(demo.phase, actor=actor))
    took = time.monotonic() - begun
    corrections = [_correct(test_set) for test_set in demo.test_sets[:PAIRS]]
    begun = time.monotonic()
    for correction in corrections:
        adopting.adopt(correction)
    adopted = entries.filter(adopted_from__isnull=False)
    wait_until(lambda: adopted.count() == systems * PAIRS)
    correcting_took = time.monotonic() - begun
    print(json.dumps([rescored / took, systems * PAIRS / correcting_took]))


def _correct(test_set: TestSet) -> Correction:
    """Begin the correction of a term list, without its scoring."""
    from audit.recording import Actor
    from files import storage
    from sharedtasks.models import Correction
    from sharedtasks.test_set_versions import NewFiles
    from submissions.services import correcting

    part = test_set.term_lists.get()
    with storage.open_file(part.file) as stream:
        terms = stream.read() + b"leaflet\tfeuillet\n"
    correction = correcting.begin_correction(
        actor=Actor.of_command("bench"),
        test_set=test_set,
        files=NewFiles(term_lists={part.list_name: [(BytesIO(terms), part.name)]}),
        reason="a term was missing",
    )
    Correction.objects.filter(pk=correction.pk).update(state="scoring")
    correction.refresh_from_db()
    return correction


def checks(demo: Demo, rounds: int, data: str) -> None:
    """Upload to eight test sets in each round, and wait until all is checked."""
    from sharedtasks import testsets
    from submissions.models import Submission, Verdict

    task = demo.phase.shared_task
    tico = task.phases.create(slug="tico", name="TICO-19", opens_at=demo.phase.opens_at)
    for pair in TICO_LISTS:
        import_tico(Path(data), tico.slug, pair)
    team = next(iter(demo.teams))
    for number in range(rounds):
        for phase in (demo.phase, tico):
            files = [
                (f"{row.slot}.txt", "\n".join(disturb(testsets.read(row), number).texts).encode())
                for row in phase.test_sets.all()[:PAIRS]
            ]
            send(replace(demo, phase=phase), team, f"Check {number} {phase.slug}", files)
    wait_until(lambda: not Submission.objects.filter(state="checking").exists())
    print(Verdict.objects.filter(is_refused=False).count())


def import_tico(data: Path, phase: str, pair: str) -> None:
    """Import a test set of TICO-19, as an organiser does."""
    from django.core.management import call_command

    call_command(
        "import_test_set",
        "--shared-task=demo",
        f"--phase={phase}",
        f"--language-pair={pair}",
        f"--source={data / 'tico19' / 'text' / f'test.{pair}.tsv'}",
        "--text-form=raw",
        "--announce",
        f"--terminology={data / 'tico19' / 'terminologies' / f'{TICO_LISTS[pair]}.csv'}",
        stdout=StringIO(),
    )


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from demo import sample_data

    settings.DEMO_ORGANISER = "organiser"  # a demo's rows, at a site that is no demo
    work = {"five": five, "turns": turns, "again": again, "checks": checks}[sys.argv[1]]
    work(sample_data.set_up(), int(sys.argv[2]), *sys.argv[3:])
