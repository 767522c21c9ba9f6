"""The metric that a board ranked by is in its official order."""

from __future__ import annotations

from django.db import migrations, models

import sharedtasks.validators


class Migration(migrations.Migration):
    dependencies = [
        ("sharedtasks", "0018_test_sets_have_an_official_order"),
    ]

    operations = [
        # With a default, so that the column can come back: 0018 fills it on the way back.
        migrations.AlterField(
            model_name="testset",
            name="ranking_metric",
            field=models.CharField(
                default="chrf", max_length=50, validators=[sharedtasks.validators.known_metric]
            ),
        ),
        migrations.RemoveField(model_name="testset", name="ranking_metric"),
    ]
