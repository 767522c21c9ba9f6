"""Entries that wait or run count their runs that ended on our side, since they were requeued."""

from __future__ import annotations

from django.db import migrations
from django.db.models import Count, F, OuterRef, Q, Subquery

OURS = ["node_lost", "image_unavailable", "no_gpu", "engine_error"]
UNFINISHED = ["waiting", "running"]


def count_runs(apps, schema_editor):
    entries = apps.get_model("submissions", "Entry").objects
    runs = apps.get_model("nodes", "Run").objects.filter(
        Q(entry__requeued_at=None) | Q(started_at__gt=F("entry__requeued_at")),
        outcome__in=OURS,
        entry__state__in=UNFINISHED,
    )
    for entry, count in runs.order_by().values_list("entry").annotate(Count("pk")).iterator():
        entries.filter(pk=entry).update(attempts=count)


def forget_runs(apps, schema_editor):
    entries = apps.get_model("submissions", "Entry").objects
    entries.filter(state__in=UNFINISHED).update(attempts=0)
    lines = apps.get_model("submissions", "StateChange").objects
    requeued = lines.filter(entry=OuterRef("pk"), kind="requeued").order_by("-pk").values("at")[:1]
    entries.update(requeued_at=Subquery(requeued))


class Migration(migrations.Migration):
    dependencies = [
        ("nodes", "0007_engines_of_nodes"),
        ("submissions", "0021_changes_are_of_their_kind"),
    ]

    operations = [migrations.RunPython(count_runs, forget_runs)]
