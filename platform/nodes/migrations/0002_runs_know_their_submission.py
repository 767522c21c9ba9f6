import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("nodes", "0001_nodes_and_runs"),
        ("submissions", "0011_images_from_registries"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="submission",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="runs",
                to="submissions.submission",
            ),
        ),
    ]
