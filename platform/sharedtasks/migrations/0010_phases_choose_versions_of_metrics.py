from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0009_test_set_left_out_documents")]

    operations = [
        migrations.AddField(
            model_name="phase",
            name="metric_versions",
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
