"""Every shared task has the modes that there were, and its test sets and term lists know theirs."""

from __future__ import annotations

from django.db import migrations

# As they were when this was written: name, label, gives_terms, list_name.
MODES = (
    ("proper", "proper terms", True, "proper"),
    ("noterm", "no terms", False, "proper"),
    ("random", "random terms", True, "random"),
)


def add_modes(apps, schema_editor):
    Mode = apps.get_model("sharedtasks", "Mode")
    TestSet = apps.get_model("sharedtasks", "TestSet")
    TestSetTerminology = apps.get_model("sharedtasks", "TestSetTerminology")
    for task in apps.get_model("sharedtasks", "SharedTask").objects.all():
        for position, (name, label, gives_terms, list_name) in enumerate(MODES):
            mode, _ = Mode.objects.get_or_create(
                shared_task=task,
                name=name,
                defaults={
                    "label": label,
                    "gives_terms": gives_terms,
                    "gives_samples": False,
                    "list_name": list_name,
                    "position": position,
                },
            )
            test_sets = TestSet.objects.filter(phase__shared_task=task, mode=name)
            test_sets.filter(terminology_mode=None).update(terminology_mode=mode)
            TestSetTerminology.objects.filter(test_set__in=test_sets).update(list_name=list_name)


class Migration(migrations.Migration):
    dependencies = [("sharedtasks", "0011_terminology_modes")]

    operations = [migrations.RunPython(add_modes, migrations.RunPython.noop)]
