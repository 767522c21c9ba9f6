"""Until now an entry was scored once, so its statistics are those of all its scores."""

from __future__ import annotations

from django.db import migrations
from django.db.models import OuterRef, Subquery


def give_to_scores(apps, schema_editor):
    entries = apps.get_model("submissions", "Entry").objects.filter(pk=OuterRef("entry_id"))
    scores = apps.get_model("submissions", "Score").objects
    scores.update(statistics_id=Subquery(entries.values("statistics_id")[:1]))


def give_back_to_entries(apps, schema_editor):
    scores = apps.get_model("submissions", "Score").objects.filter(entry_id=OuterRef("pk"))
    entries = apps.get_model("submissions", "Entry").objects
    newest = scores.order_by("-pk").values("statistics_id")[:1]
    entries.update(statistics_id=Subquery(newest))


class Migration(migrations.Migration):
    dependencies = [("submissions", "0023_scores_have_statistics")]

    operations = [migrations.RunPython(give_to_scores, give_back_to_entries)]
