from django.db import migrations

MODELS = ("SharedTask", "Phase")


def keep_announced(apps, schema_editor):
    """What was announced stays so; a test set was seen wherever its phase was."""
    for name in MODELS:
        rows = apps.get_model("sharedtasks", name).objects.filter(is_announced=True)
        rows.update(state="announced")
    test_sets = apps.get_model("sharedtasks", "TestSet").objects
    test_sets.filter(phase__is_announced=True).update(state="announced")


def hide_drafts(apps, schema_editor):
    """Everything but a draft is announced; a test set has no such column."""
    for name in MODELS:
        apps.get_model("sharedtasks", name).objects.filter(state="draft").update(is_announced=False)


class Migration(migrations.Migration):
    """From a box to three states."""

    dependencies = [("sharedtasks", "0024_rows_have_a_state")]

    operations = [migrations.RunPython(keep_announced, hide_drafts)]
