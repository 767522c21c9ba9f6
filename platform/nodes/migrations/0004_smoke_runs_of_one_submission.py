import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("nodes", "0003_submissions_of_earlier_runs")]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="runs",
                to="submissions.submission",
            ),
        ),
        migrations.RemoveConstraint(model_name="run", name="run_one_open_smoke"),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                name="run_one_open_smoke",
                fields=["submission", "source_language", "target_language"],
                condition=Q(ended_at=None, purpose="smoke"),
            ),
        ),
        migrations.RemoveIndex(model_name="run", name="run_smoke"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                name="run_smoke",
                fields=["submission", "source_language", "target_language", "purpose"],
            ),
        ),
    ]
