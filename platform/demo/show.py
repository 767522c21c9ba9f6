"""What the demo does and prints, once its environment is set."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from demo import processes

REDRAW = 0.25  # seconds between two looks at the rows
AT_ONCE = 4  # uploads on their way
GIVE_UP = 300  # seconds until every system has to be scored
ACCOUNTS = "Sign in as participant or organiser, password terminarium-demo."
COLUMNS = ("term-success", "over-application", "bleu", "chrf")  # of those that a board has


def run(*, port: int, once: bool) -> int:
    """Set up, start, upload, show; serve until interrupted unless `once`."""
    started = time.monotonic()
    django.setup()
    print("Setting up a database, seven test sets and nineteen teams …", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    call_command("build_evaluator", verbosity=0)
    wanted, port = port, processes.free_port(port)
    if port != wanted:
        print(f"Port {wanted} is taken; {port} is free.")
    address = f"Terminarium is at http://{processes.HOST}:{port}/"
    try:
        with processes.running(Path(settings.STATE_DIR) / "logs", port=port) as children:
            print(f"\n{address} – open it now and watch its boards fill.")
            print(f"{ACCOUNTS}\n", flush=True)
            _fill(children, started)
            print(f"\n{address}")
            if once:
                return 0
            print(f"{ACCOUNTS} Ctrl-C ends it.")
            while True:
                children.check()
                time.sleep(REDRAW)
    except processes.ChildFailed as failure:
        print(failure)
        return 1


def _fill(children: processes.Children, started: float) -> None:
    # Models can be imported only once Django is set up.
    from demo import content

    demo = content.set_up()
    print("Teams send what their systems wrote; workers check and score it:\n", flush=True)
    coming = content.uploads(demo)
    sent = {upload.pk for upload in islice(coming, AT_ONCE)}
    while sent:
        unfinished = _print_news(sent, started)
        # A few at a time: the boards fill row by row, as they do over weeks.
        room = AT_ONCE - len(unfinished)
        sent = unfinished | {upload.pk for upload in islice(coming, room)}
        children.check()
        if time.monotonic() - started > GIVE_UP:
            message = f"{len(unfinished)} uploads are not finished in {GIVE_UP} s."
            raise processes.ChildFailed(message)
        time.sleep(REDRAW)
    for test_set in demo.test_sets:
        _print_board(test_set.pk)


def _print_news(sent: set[int], started: float) -> set[int]:
    """Print which of these uploads have come to their end; return the others."""
    from submissions.models import Submission

    unfinished = set()
    rows = Submission.objects.filter(pk__in=sent).select_related("team")
    for row in rows.prefetch_related("entries__test_set").order_by("pk"):
        entries = sorted(row.entries.all(), key=lambda entry: entry.pk)
        if not row.is_final or not all(entry.is_final for entry in entries):
            unfinished.add(row.pk)
            continue
        states = ", ".join(f"{entry.test_set.slug} {entry.state}" for entry in entries)
        name = f"{row.system} ({row.team.name})"
        seconds = time.monotonic() - started
        outcome = f"{states or row.state}: {row.reason}" if row.reason else states
        print(f"  {seconds:5.1f} s  {name:<44} {outcome}", flush=True)
    return unfinished


def _print_board(test_set_id: int) -> None:
    from config.templatetags.site import rank, score
    from leaderboard import boards
    from leaderboard.queries import board_view
    from sharedtasks.columns import BY_METRIC
    from sharedtasks.models import TestSet

    boards.rebuild(test_set_id)  # the worker does it too; here the last row must not be missed
    view = board_view(TestSet.objects.select_related("phase__shared_task").get(pk=test_set_id))
    there = {cell.column.metric for line in view.lines for cell in line.cells}
    columns = [metric for metric in COLUMNS if metric in there]
    heads = "".join(f"{BY_METRIC[metric].label:>13}" for metric in columns)
    print(f"\n{view.test_set.slug:<13}{'system':<30}{'team':<24}{heads}")
    for line in view.lines:
        cells = {cell.column.metric: cell for cell in line.cells}
        shown = [(cells[metric].value, BY_METRIC[metric].decimals) for metric in columns]
        numbers = "".join(f"{'–' if v is None else score(v, d):>13}" for v, d in shown)
        print(f"{rank(line.row.rank):<13}{line.row.system:<30}{line.row.team:<24}{numbers}")
