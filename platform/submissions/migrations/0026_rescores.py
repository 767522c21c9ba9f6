from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

STATES = [("scoring", "Scoring"), ("scored", "Scored"), ("failed", "Failed")]


class Migration(migrations.Migration):
    dependencies = [("submissions", "0025_entries_have_no_statistics")]

    operations = [
        migrations.CreateModel(
            name="Rescore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, max_length=64)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("announcements", models.PositiveIntegerField(default=0)),
                ("announce_next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("wanted", models.JSONField(default=dict)),
                ("state", models.CharField(choices=STATES, default="scoring", max_length=10)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rescore",
                        to="submissions.entry",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(state="scoring"),
                        fields=["announce_next_at"],
                        name="rescore_unfinished",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(state__in=["scoring", "scored", "failed"]),
                        name="rescore_state_known",
                    )
                ],
            },
        ),
    ]
