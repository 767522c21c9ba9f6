"""The metric that a board ranked by becomes its official order, and comes back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Team
from leaderboard import ranges
from leaderboard.models import BoardSnapshot
from tests.integration.board_rows import Made, fill

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [
    ("sharedtasks", "0017_test_sets_count_all_paragraphs"),
    ("leaderboard", "0005_build_boards_with_marks"),
]
ORDERS = {"fr": ["chrf++", "bleu"], "de": ["bleu"], "cs": ["wmt21-1-term", "chrf", "bleu"]}


def migrate(targets=None):
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())
    return executor.loader.project_state(targets).apps


def test_each_board_keeps_its_metric_in_both_directions(make_bare_test_set, alice):
    team = Team.objects.create(name="T", slug="t", is_verified=True)
    for language, order in ORDERS.items():
        test_set = make_bare_test_set(target_language=language, official_order=order)
        fill(test_set, alice, [Made(team, "A", is_primary=True), Made(team, "B")])
        assert ranges.compute(test_set.pk)
    try:
        apps = migrate(BEFORE)
        test_sets = apps.get_model("sharedtasks", "TestSet").objects
        metrics = dict(test_sets.values_list("target_language", "ranking_metric"))
        assert metrics == {language: order[0] for language, order in ORDERS.items()}
        # An earlier release reads no snapshot with places, and builds each board again.
        assert not apps.get_model("leaderboard", "BoardSnapshot").objects.exists()
        assert set(test_sets.values_list("ranked_version", flat=True)) == {0}
        test_sets.update(ranked_version=1)
    finally:
        test_sets = migrate().get_model("sharedtasks", "TestSet").objects
    orders = dict(test_sets.values_list("target_language", "official_order"))
    assert orders == {language: order[:1] for language, order in ORDERS.items()}
    assert set(test_sets.values_list("ranked_version", flat=True)) == {0}
    assert not BoardSnapshot.objects.exists()
