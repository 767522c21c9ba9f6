from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("submissions", "0024_statistics_of_earlier_scores")]

    operations = [migrations.RemoveField(model_name="entry", name="statistics")]
