"""Snapshots are kept in another form: the sweeper builds them all again, in either direction."""

from __future__ import annotations

from django.db import migrations


def drop_snapshots(apps, schema_editor):
    apps.get_model("leaderboard", "BoardSnapshot").objects.all().delete()
    # A test set with results is stale as soon as its board was built from none.
    apps.get_model("sharedtasks", "TestSet").objects.update(ranked_version=0)


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboard", "0002_snapshots_with_teams"),
        ("sharedtasks", "0005_test_set_terminologies"),
    ]

    operations = [migrations.RunPython(drop_snapshots, drop_snapshots)]
