"""Rows know their submission: the sweeper builds all snapshots again, in either direction."""

from __future__ import annotations

from django.db import migrations


def drop_snapshots(apps, schema_editor):
    apps.get_model("leaderboard", "BoardSnapshot").objects.all().delete()
    # A test set with results is stale as soon as its board was built from none.
    apps.get_model("sharedtasks", "TestSet").objects.update(ranked_version=0)


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboard", "0003_build_boards_anew"),
        ("sharedtasks", "0007_phases_with_images"),
    ]

    operations = [migrations.RunPython(drop_snapshots, drop_snapshots)]
