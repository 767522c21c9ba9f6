from __future__ import annotations

from django.db import migrations

TABLE = "leaderboard_release"
REFUSAL = "A release never changes; it can only be withdrawn."
FIXED = [
    "id", "phase_id", "number", "document_id", "made_at", "public_at", "names_teams", "note",
    "erratum",
]  # fmt: skip
DIFFERS = {"postgresql": "IS DISTINCT FROM", "sqlite": "IS NOT"}
NOW = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')"}


def create_triggers(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    changes = [f"NEW.{name} {DIFFERS[vendor]} OLD.{name}" for name in FIXED]
    # Withdrawn once, it stays withdrawn with that reason.
    is_changed = " OR ".join(["OLD.withdrawn_at IS NOT NULL", *changes])
    is_public = f"OLD.public_at <= {NOW[vendor]}"
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION leaderboard_refuse_release() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
        )
        body = "EXECUTE FUNCTION leaderboard_refuse_release()"
    else:
        body = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for name, event, condition in (
        ("release_refuse_update", "UPDATE", is_changed),
        ("release_refuse_delete", "DELETE", is_public),
    ):
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {TABLE} FOR EACH ROW "
            f"WHEN ({condition}) {body}"
        )


def remove_triggers(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for name in ("release_refuse_update", "release_refuse_delete"):
        schema_editor.execute(f"DROP TRIGGER {name}" + (f" ON {TABLE}" if is_postgresql else ""))
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION leaderboard_refuse_release()")


class Migration(migrations.Migration):
    """The database refuses to change a release, whoever asks, and to delete a public one.

    A later migration that alters the table on SQLite has to create these triggers again, because
    Django creates the table again.
    """

    dependencies = [("leaderboard", "0008_releases")]

    operations = [migrations.RunPython(create_triggers, remove_triggers)]
