from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0015_test_set_units_and_samples")]

    operations = [
        migrations.AddField(
            model_name="phase",
            name="metric_versions",
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
