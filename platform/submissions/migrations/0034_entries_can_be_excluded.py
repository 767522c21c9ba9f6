from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("submissions", "0033_entries_are_adopted"),
    ]

    operations = [
        migrations.AddField("entry", "excluded_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("entry", "excluded_reason", models.CharField(blank=True, max_length=300)),
        migrations.AddField(
            "entry",
            "excluded_by",
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
                name="entry_excluded_has_a_reason",
                condition=Q(excluded_at=None, excluded_reason="")
                | (Q(excluded_at__isnull=False, kind="system") & ~Q(excluded_reason="")),
            ),
        ),
    ]
