"""Earlier lines of timelines get their kind, which until now only their texts told.

The texts are those of all versions so far. They stand here and not in the code: sentences of the
code may be reworded, those in the rows stay.
"""

from __future__ import annotations

from django.db import migrations
from django.db.models import F, Q

MADE_PRIMARY = ["made primary", "made primary, as asked for at upload"]
MADE_CONTRASTIVE = Q(reason="made contrastive") | Q(reason__startswith="made contrastive: ")
REQUEUED = "requeued, as it had failed on our side"
QUARANTINED = "machines fell silent while they ran this image, so "  # after how many they were


def tell_kinds(apps, schema_editor):
    lines = apps.get_model("submissions", "StateChange").objects
    lines.filter(old="").update(kind="created")
    notes = lines.filter(old=F("new"))
    notes.update(kind="note")
    notes.filter(reason__in=MADE_PRIMARY).update(kind="made_primary")
    notes.filter(MADE_CONTRASTIVE).update(kind="made_contrastive")
    notes.filter(reason="withdrawn").update(kind="withdrawn")
    lines.filter(old="failed", reason=REQUEUED).exclude(new="failed").update(kind="requeued")
    by_quarantine = lines.filter(entry__isnull=False, old__in=["waiting", "running"], new="failed")
    by_quarantine.filter(reason__contains=QUARANTINED).update(kind="quarantined")


def forget_kinds(apps, schema_editor):
    apps.get_model("submissions", "StateChange").objects.update(kind="move")


class Migration(migrations.Migration):
    dependencies = [("submissions", "0019_kinds_of_changes")]

    operations = [migrations.RunPython(tell_kinds, forget_kinds)]
