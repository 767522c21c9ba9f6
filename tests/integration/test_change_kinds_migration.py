"""Lines of timelines from before they had kinds get the kind that their text told."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from submissions.models import StateChange
from submissions.states import ChangeKind

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("submissions", "0018_phases_protect_submissions")]
FELL_SILENT = "3 machines fell silent while they ran this image, so"

OF_ENTRIES = [  # old state, new state, reason, kind
    ("", "scoring", "no errors found in the upload", "created"),
    ("", "waiting", "", "created"),
    ("scoring", "scored", "", "move"),
    ("running", "waiting", "smoke run passed", "move"),
    ("waiting", "cancelled", "withdrawn", "move"),  # its system is stopped; the note is below
    ("running", "failed", "Our side failed: 3 attempts to run it ended without a result.", "move"),
    ("scored", "scored", "made primary", "made_primary"),
    ("scored", "scored", "made primary, as asked for at upload", "made_primary"),
    ("scored", "scored", "made contrastive", "made_contrastive"),
    ("scored", "scored", "made contrastive: Marian is primary now", "made_contrastive"),
    ("scored", "scored", "made contrastive: withdrawn is primary now", "made_contrastive"),
    ("scored", "scored", "made contrastive: made primary is primary now", "made_contrastive"),
    ("scored", "scored", "withdrawn", "withdrawn"),
    ("waiting", "waiting", "withdrawn", "withdrawn"),
    ("scoring", "scoring", "scoring took more than 2 GB; it is scored once more, alone", "note"),
    ("scored", "scored", "made primary by a hand that wrote more", "note"),
    ("failed", "waiting", "requeued, as it had failed on our side", "requeued"),
    ("failed", "scoring", "requeued, as it had failed on our side", "requeued"),
    (
        "waiting",
        "failed",
        f"{FELL_SILENT} no other machine runs it. The organisers …",
        "quarantined",
    ),
    ("running", "failed", f"{FELL_SILENT} it is given to no other one. …", "quarantined"),
    ("waiting", "failed", f"Our side failed: {FELL_SILENT} it is given …", "quarantined"),
    # A team's system may say what it likes; then the entry is rejected.
    ("running", "rejected", f"It wrote: {FELL_SILENT} no other machine runs it.", "move"),
]
OF_SUBMISSIONS = [
    ("", "checking", "uploaded", "created"),
    ("checking", "failed", f"The registry says: {FELL_SILENT} it sends nothing.", "move"),
    ("failed", "checking", "requeued, as it had failed on our side", "requeued"),
]


@pytest.fixture
def migrate():
    """Return a function that migrates to a state or the newest one, which is there at the end."""

    def to(targets=None):
        executor = MigrationExecutor(connection)
        executor.migrate(targets or executor.loader.graph.leaf_nodes())
        return executor.loader.project_state(targets).apps

    yield to
    to()


def read_kinds():
    return list(StateChange.objects.order_by("pk").values_list("kind", flat=True))


def test_old_sentences_tell_the_kinds_again_and_again(make_scored_entry, migrate):
    entry = make_scored_entry()
    StateChange.objects.all().delete()
    lines = migrate(BEFORE).get_model("submissions", "StateChange").objects
    for column, rows in (("entry_id", OF_ENTRIES), ("submission_id", OF_SUBMISSIONS)):
        row = entry.pk if column == "entry_id" else entry.submission_id
        for old, new, reason, _ in rows:
            lines.create(**{column: row}, old=old, new=new, reason=reason)
    expected = [kind for *_, kind in OF_ENTRIES + OF_SUBMISSIONS]

    migrate()
    once = read_kinds()
    migrate(BEFORE)
    migrate()

    assert once == expected
    assert read_kinds() == expected
    assert set(expected) == set(ChangeKind.values)
