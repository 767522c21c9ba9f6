"""An entry's attempts are counted in its row, so the time of its requeueing is not needed."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0021_changes_are_of_their_kind"),
        ("nodes", "0008_entries_count_their_runs"),  # reads the column for the last time
    ]

    operations = [migrations.RemoveField(model_name="entry", name="requeued_at")]
