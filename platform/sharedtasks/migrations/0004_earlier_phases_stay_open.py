"""Boards were public before there were embargoes: those of earlier phases stay so."""

from __future__ import annotations

from django.db import migrations
from django.db.models import F


def open_up(apps, schema_editor):
    apps.get_model("sharedtasks", "Phase").objects.update(
        own_scores_at=F("opens_at"), board_at=F("opens_at"), team_names_at=F("opens_at")
    )


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0003_phase_kind_and_instants")]

    operations = [migrations.RunPython(open_up, migrations.RunPython.noop)]
