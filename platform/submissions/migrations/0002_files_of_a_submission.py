from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial"), ("submissions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SubmittedFile",
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
                        related_name="upload_of",
                        to="files.storedfile",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="submissions.submission",
                    ),
                ),
            ],
            options={"ordering": ["position"]},
        ),
        migrations.AddConstraint(
            "submittedfile",
            models.UniqueConstraint(
                fields=("submission", "position"), name="submitted_file_order"
            ),
        ),
        # Until the next migration has moved them; on the way back too.
        migrations.AlterField(
            "submission",
            "file",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="files.storedfile",
            ),
        ),
        migrations.AlterField(
            "submission", "file_name", models.CharField(max_length=200, default="")
        ),
    ]
