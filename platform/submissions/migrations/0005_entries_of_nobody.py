"""Oracle rows and copied sources are entries too, without a team."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("system", "System"),
    ("oracle", "Oracle"),
    ("copy", "Copy"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("submissions", "0004_submissions_for_several_test_sets"),
    ]

    operations = [
        migrations.AddField(
            "entry", "kind", models.CharField(choices=KINDS, default="system", max_length=10)
        ),
        migrations.AlterField(
            "entry",
            "submission",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="submissions.submission",
            ),
        ),
        migrations.AlterField(
            "entry",
            "team",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="accounts.team",
            ),
        ),
        migrations.AddConstraint(
            "entry",
            models.CheckConstraint(
                name="entry_of_a_team_or_of_nobody",
                condition=Q(
                    kind="system", submission__isnull=False, team__isnull=False
                )
                | Q(kind__in=["oracle", "copy"], submission=None, team=None, is_primary=False),
            ),
        ),
        migrations.AddConstraint(
            "entry",
            models.UniqueConstraint(
                name="entry_oracle_once",
                fields=["test_set", "kind", "system"],
                condition=Q(kind__in=["oracle", "copy"]),
            ),
        ),
    ]
