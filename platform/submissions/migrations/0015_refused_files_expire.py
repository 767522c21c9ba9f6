from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_initial"),
        ("submissions", "0014_forms_sent_twice"),
    ]

    operations = [
        migrations.AlterField(
            model_name="submittedfile",
            name="file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="upload_of",
                to="files.storedfile",
            ),
        ),
    ]
