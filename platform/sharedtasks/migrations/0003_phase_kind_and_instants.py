from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


def instant(help_text):
    return models.DateTimeField(blank=True, help_text=help_text, null=True)


KINDS = [("dev", "development"), ("blind", "blind test"), ("post", "post-evaluation")]
INSTANTS = {
    "own_scores_at": "When a team sees the scores of its own entries.",
    "board_at": "When everybody sees the leaderboards.",
    "team_names_at": "When the leaderboards name teams and systems.",
    "outputs_at": "When everybody sees segments with the teams' outputs.",
    "references_at": "When everybody sees the references.",
    "logs_at": "When a team sees the logs of its runs on the test sets.",
}


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0002_shared_task_rules_and_contact")]

    operations = [
        migrations.AddField(
            "phase", "kind", models.CharField(choices=KINDS, default="dev", max_length=10)
        ),
        migrations.AddConstraint(
            "phase",
            models.CheckConstraint(
                condition=Q(kind__in=["dev", "blind", "post"]), name="phase_kind_known"
            ),
        ),
        *(migrations.AddField("phase", name, instant(text)) for name, text in INSTANTS.items()),
    ]
