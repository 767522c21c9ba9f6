"""A board's order is a list of metrics: each board keeps its metric."""

from __future__ import annotations

from django.db import migrations, models

import sharedtasks.validators


def keep_metric(apps, schema_editor):
    test_sets = apps.get_model("sharedtasks", "TestSet").objects
    for metric in test_sets.order_by().values_list("ranking_metric", flat=True).distinct():
        test_sets.filter(ranking_metric=metric).update(official_order=[metric])


def keep_first_metric(apps, schema_editor):
    for test_set in apps.get_model("sharedtasks", "TestSet").objects.all():
        test_set.ranking_metric = test_set.official_order[0]
        test_set.save(update_fields=["ranking_metric"])


class Migration(migrations.Migration):
    dependencies = [
        ("sharedtasks", "0017_test_sets_count_all_paragraphs"),
    ]

    operations = [
        migrations.AddField(
            model_name="testset",
            name="official_order",
            field=models.JSONField(default=list, validators=[sharedtasks.validators.known_order]),
            preserve_default=False,
        ),
        migrations.RunPython(keep_metric, keep_first_metric),
    ]
