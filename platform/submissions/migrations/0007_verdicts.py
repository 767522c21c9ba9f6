from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("sharedtasks", "0005_test_set_terminologies"),
        ("submissions", "0006_entries_can_be_withdrawn"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("file", models.CharField(max_length=200)),
                ("errors", models.PositiveIntegerField(default=0)),
                ("warnings", models.PositiveIntegerField(default=0)),
                (
                    "entry",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdict",
                        to="submissions.entry",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdicts",
                        to="submissions.submission",
                    ),
                ),
                (
                    "test_set",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="sharedtasks.testset",
                    ),
                ),
            ],
            options={"ordering": ["submission_id", "position"]},
        ),
        migrations.AddConstraint(
            "verdict",
            models.UniqueConstraint(fields=("submission", "position"), name="verdict_order"),
        ),
        migrations.AddConstraint(
            "verdict",
            models.CheckConstraint(
                condition=Q(entry=None) | Q(errors=0), name="verdict_of_an_entry_has_no_errors"
            ),
        ),
        migrations.AddField(
            "problem",
            "verdict",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="problems",
                to="submissions.verdict",
            ),
        ),
    ]
