"""Statistics of earlier releases, an entry's file, become the file of each of its scores."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from files import storage

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("submissions", "0023_scores_have_statistics")]
AFTER = [("submissions", "0024_statistics_of_earlier_scores")]


def migrate(targets=None):
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())
    return executor.loader.project_state(targets).apps


def test_scores_name_the_file_and_entries_get_it_back(make_bare_test_set):
    test_set = make_bare_test_set()
    first, second, newer = (
        storage.put(BytesIO(content), max_bytes=9).pk for content in (b"1", b"2", b"3")
    )
    try:
        apps = migrate(BEFORE)
        Entry, Score = (apps.get_model("submissions", name) for name in ("Entry", "Score"))
        for number, file in enumerate((first, second, None)):
            entry = Entry.objects.create(
                kind="oracle", test_set_id=test_set.pk, system=str(number), state="scored",
                hypotheses_id=test_set.source_file_id, statistics_id=file,
            )  # fmt: skip
            for metric in ("bleu", "chrf")[: 2 - number % 2]:
                Score.objects.create(entry=entry, metric=metric, value=1.0, signature="any")

        Score = migrate(AFTER).get_model("submissions", "Score")
        files = list(Score.objects.order_by("pk").values_list("statistics", flat=True))
        assert files == [first, first, second, None, None]

        again = Score.objects.order_by("pk").first()
        Score.objects.create(
            entry_id=again.entry_id, metric="bleu", value=2.0, signature="v:2", statistics_id=newer
        )
        Entry = migrate(BEFORE).get_model("submissions", "Entry")
        files = list(Entry.objects.order_by("pk").values_list("statistics", flat=True))
        assert files == [newer, second, None]
    finally:
        migrate()
