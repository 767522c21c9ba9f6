import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_cache_table"),
        ("nodes", "0004_smoke_runs_of_one_submission"),
    ]

    operations = [
        migrations.CreateModel(
            name="TeamTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="node_turn",
                        to="accounts.team",
                    ),
                ),
            ],
            options={"ordering": ["at"]},
        ),
    ]
