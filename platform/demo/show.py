"""What the demo does and prints, once its environment is set."""

from __future__ import annotations

import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from demo import processes

REDRAW = 0.25  # seconds between two looks at the rows
GIVE_UP = 300  # seconds until every system has to be scored
COLUMNS = ("term-success", "over-application", "bleu", "chrf")  # of those that a board has


def run(*, port: int, once: bool) -> int:
    """Set up, start, upload, show; serve until interrupted unless `once`."""
    started = time.monotonic()
    django.setup()
    print("Setting up a database, five small test sets, their teams …", flush=True)
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    port = processes.free_port(port)
    try:
        with processes.running(Path(settings.STATE_DIR) / "logs", port=port) as children:
            _fill(children, started)
            print(f"\nTerminarium is at http://{processes.HOST}:{port}/")
            if once:
                return 0
            print("Sign in as participant or organiser, password terminarium-demo. Ctrl-C ends it.")
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
    uploads = [upload.pk for upload in content.upload_all(demo)]
    print(f"{len(uploads)} uploads are on their way; workers check and score them:\n", flush=True)
    shown: set[int] = set()
    while (unfinished := _print_news(uploads, shown, started)) > 0:
        children.check()
        if time.monotonic() - started > GIVE_UP:
            raise processes.ChildFailed(f"{unfinished} uploads are not finished in {GIVE_UP} s.")
        time.sleep(REDRAW)
    for test_set in demo.test_sets.values():
        _print_board(test_set.pk)


def _print_news(uploads: list[int], shown: set[int], started: float) -> int:
    """Print what has come to its end since the last look; return how many have not."""
    from submissions.models import Submission

    rows = Submission.objects.filter(pk__in=uploads).select_related("test_set", "team")
    for row in rows.prefetch_related("entries").exclude(pk__in=shown).order_by("pk"):
        entry = next(iter(row.entries.all()), None)
        if not row.is_final or (entry is not None and not entry.is_final):
            continue
        state = entry.state if entry else f"{row.state}: {row.reason}"
        seconds = time.monotonic() - started
        name = f"{row.system} ({row.team.name})"
        print(f"  {seconds:5.1f} s  {row.test_set.slug}  {name:<48} {state}", flush=True)
        shown.add(row.pk)
    return len(uploads) - len(shown)


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
    print(f"\n{view.test_set.slug:<6}{'system':<30}{'team':<24}{heads}")
    for line in view.lines:
        cells = {cell.column.metric: cell for cell in line.cells}
        shown = [(cells[metric].value, BY_METRIC[metric].decimals) for metric in columns]
        numbers = "".join(f"{'–' if v is None else score(v, d):>13}" for v, d in shown)
        print(f"{rank(line.row.rank):<6}{line.row.system:<30}{line.row.team:<24}{numbers}")
