from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0002_storage_marker"),
        ("submissions", "0022_entries_count_their_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="score",
            name="statistics",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statistics_of",
                to="files.storedfile",
            ),
        ),
    ]
