"""The database refuses a line of a timeline whose kind and states do not go together."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0020_kinds_of_earlier_changes")]

    operations = [
        migrations.AddConstraint(
            model_name="statechange",
            constraint=models.CheckConstraint(
                name="state_change_of_its_kind",
                condition=models.Q(kind="created", old="")
                | (
                    models.Q(kind__in=["move", "quarantined", "requeued"])
                    & ~models.Q(old="")
                    & ~models.Q(old=models.F("new"))
                )
                | models.Q(
                    kind__in=["made_contrastive", "made_primary", "note", "withdrawn"],
                    old=models.F("new"),
                ),
            ),
        )
    ]
