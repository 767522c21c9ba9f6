"""Boards mark numbers from searches that were cut short: those that have any are built again."""

from __future__ import annotations

from django.db import migrations
from django.db.models import F, Q


def build_again(apps, schema_editor):
    scores = apps.get_model("submissions", "Score").objects.filter(
        Q(details__flagged__gt=0) | Q(details__stopped_searches__gt=0)
    )
    # The sweeper builds a board whose version lies behind that of its results.
    apps.get_model("sharedtasks", "TestSet").objects.filter(
        pk__in=scores.values("entry__test_set")
    ).update(results_version=F("results_version") + 1)


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboard", "0004_build_boards_with_submissions"),
        ("sharedtasks", "0016_test_sets_name_their_lemmatiser"),
        ("submissions", "0026_rescores"),
    ]

    operations = [migrations.RunPython(build_again, migrations.RunPython.noop)]
