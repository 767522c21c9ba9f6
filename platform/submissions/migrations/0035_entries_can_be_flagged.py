from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("submissions", "0034_entries_can_be_excluded"),
    ]

    operations = [
        migrations.AddField("entry", "flagged_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("entry", "flag_note", models.CharField(blank=True, max_length=300)),
        migrations.AddField(
            "entry",
            "flagged_by",
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
                name="entry_flag_has_a_note",
                condition=Q(flagged_at=None, flag_note="")
                | (Q(flagged_at__isnull=False) & ~Q(flag_note="")),
            ),
        ),
    ]
