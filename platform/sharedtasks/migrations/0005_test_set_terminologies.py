from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_initial"),
        ("sharedtasks", "0004_earlier_phases_stay_open"),
    ]

    operations = [
        migrations.AddField("testset", "terms", models.PositiveIntegerField(default=0)),
        migrations.CreateModel(
            name="TestSetTerminology",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terminology_of",
                        to="files.storedfile",
                    ),
                ),
                (
                    "test_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="term_lists",
                        to="sharedtasks.testset",
                    ),
                ),
            ],
            options={"ordering": ["position"]},
        ),
        migrations.AddConstraint(
            "testsetterminology",
            models.UniqueConstraint(
                fields=("test_set", "position"), name="test_set_terminology_order"
            ),
        ),
    ]
