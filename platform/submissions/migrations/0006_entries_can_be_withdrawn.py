from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("submissions", "0005_entries_of_nobody"),
    ]

    operations = [
        migrations.AddField("entry", "withdrawn_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "entry",
            "withdrawn_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "entry",
            models.CheckConstraint(
                name="entry_withdrawn_is_not_primary",
                condition=Q(withdrawn_at=None) | Q(is_primary=False),
            ),
        ),
    ]
