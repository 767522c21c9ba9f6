from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0008_verdicts_of_earlier_submissions")]

    operations = [
        migrations.AlterField(
            "problem",
            "verdict",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="problems",
                to="submissions.verdict",
            ),
        ),
        migrations.RemoveField("problem", "test_set"),
    ]
