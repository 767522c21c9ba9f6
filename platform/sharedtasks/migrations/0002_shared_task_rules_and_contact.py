from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0001_initial")]

    operations = [
        migrations.AddField("sharedtask", "contact", models.EmailField(blank=True, max_length=254)),
        migrations.AddField("sharedtask", "rules", models.TextField(blank=True)),
    ]
