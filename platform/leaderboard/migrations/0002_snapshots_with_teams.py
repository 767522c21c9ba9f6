from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaderboard", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="boardsnapshot", name="teams", field=models.JSONField(default=dict)
        ),
    ]
