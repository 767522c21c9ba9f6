from django.db import migrations


def make_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.get_or_create(name="organisers")


class Migration(migrations.Migration):
    """Staff who are in this group are organisers; an empty one is left when this is undone."""

    dependencies = [
        ("accounts", "0007_cache_table"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
