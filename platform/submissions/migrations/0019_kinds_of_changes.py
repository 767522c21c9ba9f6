"""Each line of a timeline says what kind it is: until the next migration all are moves."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0018_phases_protect_submissions")]

    operations = [
        migrations.AddField(
            model_name="statechange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("move", "Move"),
                    ("requeued", "Requeued"),
                    ("quarantined", "Quarantined"),
                    ("note", "Note"),
                    ("made_primary", "Made Primary"),
                    ("made_contrastive", "Made Contrastive"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="move",
                max_length=20,
            ),
            preserve_default=False,
        )
    ]
