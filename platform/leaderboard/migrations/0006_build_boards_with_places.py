"""Snapshots hold places instead of ranks: the sweeper builds them again, in either direction."""

from __future__ import annotations

from django.db import migrations


def drop_snapshots(apps, schema_editor):
    apps.get_model("leaderboard", "BoardSnapshot").objects.all().delete()
    # A test set with results is stale as soon as its board was built from none.
    apps.get_model("sharedtasks", "TestSet").objects.update(ranked_version=0)


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboard", "0005_build_boards_with_marks"),
        ("sharedtasks", "0019_test_sets_without_a_ranking_metric"),
    ]

    operations = [migrations.RunPython(drop_snapshots, drop_snapshots)]
