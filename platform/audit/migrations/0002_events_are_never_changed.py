from __future__ import annotations

from django.db import migrations

from audit import triggers


def create_triggers(apps, schema_editor):
    for statement in triggers.write_creation(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def remove_triggers(apps, schema_editor):
    for statement in triggers.write_removal(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Triggers: no code can forget them, nor can somebody at a database's prompt."""

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(create_triggers, remove_triggers)]
