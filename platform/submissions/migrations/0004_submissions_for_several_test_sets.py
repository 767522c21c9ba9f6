from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharedtasks", "0005_test_set_terminologies"),
        ("submissions", "0003_move_files_of_submissions"),
    ]

    operations = [
        migrations.RemoveField("submission", "file"),
        migrations.RemoveField("submission", "file_name"),
        migrations.AlterField(
            "submission",
            "test_set",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="sharedtasks.testset",
            ),
        ),
        migrations.AddField(
            "problem",
            "test_set",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sharedtasks.testset",
            ),
        ),
    ]
