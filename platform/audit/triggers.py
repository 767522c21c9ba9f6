"""The statements by which the database itself refuses to change or delete an event.

A migration makes these triggers. On SQLite a later migration that alters the table drops them,
because Django creates the table again: it has to create them, too. A test looks for them.
"""

from __future__ import annotations

TABLE = "audit_auditevent"
REFUSAL = "The log is only ever added to."
FUNCTION = "audit_refuse"
TRIGGERS = {"audit_refuse_update": "UPDATE", "audit_refuse_delete": "DELETE"}


def write_creation(vendor: str) -> list[str]:
    """Return the statements that create the triggers in PostgreSQL or SQLite."""
    if vendor != "postgresql":
        body = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        return _write_triggers(body)
    function = (
        f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    return [function, *_write_triggers(f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()")]


def write_removal(vendor: str) -> list[str]:
    """Return the statements that undo it."""
    if vendor != "postgresql":
        return [f"DROP TRIGGER {name}" for name in TRIGGERS]
    removal = [f"DROP TRIGGER {name} ON {TABLE}" for name in TRIGGERS]
    return [*removal, f"DROP FUNCTION {FUNCTION}()"]


def _write_triggers(body: str) -> list[str]:
    return [
        f"CREATE TRIGGER {name} BEFORE {change} ON {TABLE} {body}"
        for name, change in TRIGGERS.items()
    ]
