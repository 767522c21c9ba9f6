"""The three TICO-19 test sets of ../shared/data on boards, with what their scores mean.

The pinned numbers are term success of the reference, and of the copied source, over both term
lists of a pair. No text of these files is repeated here.
"""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from leaderboard import boards
from sharedtasks import models
from submissions.models import Entry
from submissions.pipeline import reference_points
from submissions.pipeline.tasks import score

# Pair, its two term lists, the first so many segments, entries of the terminology, required terms;
# term success of reference and copy. A third of the second and third pair: other tests have all.
ROWS = [
    ("en-fr", ("f_en-fr_XX", "g_en_fr-FR"), 2100, 589, 3362, 72.51635930993456, "39.8"),
    ("en-ru", ("f_en-ru_RU", "g_en_ru"), 700, 581, 1194, 73.95309882747068, "36.5"),
    ("en-zh", ("f_en-zh_CN", "g_en_zh-CN"), 700, 590, 1194, 67.8391959798995, "18.7"),
]


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pair", "lists", "segments", "terms", "required", "oracle", "copy"),
    ROWS,
    ids=[row[0] for row in ROWS],
)
def test_a_tico_test_set_stands_on_a_board_with_ceiling_and_floor(
    client, shared_data, tmp_path, pair, lists, segments, terms, required, oracle, copy
):
    folder = shared_data / "tico19"
    lines = (folder / "text" / f"test.{pair}.tsv").read_bytes().splitlines(keepends=True)
    source = tmp_path / f"test.{pair}.tsv"
    source.write_bytes(b"".join(lines[: 1 + segments]))
    call_command(
        "import_test_set", "--create",
        "--shared-task=tico", "--phase=dev", f"--language-pair={pair}",
        f"--source={source}", "--text-form=raw",
        *(f"--terminology={folder / 'terminologies' / f'{name}.csv'}" for name in lists),
    )  # fmt: skip
    call_command("announce", "--shared-task=tico", "--phase=dev", "--show-scores")
    test_set = models.TestSet.objects.get()
    reference_points.add_missing()
    for entry in Entry.objects.all():
        score.apply(args=[entry.pk], task_id=f"task-{entry.pk}")
    boards.rebuild(test_set.pk)

    page = client.get(reverse("board", args=["tico", "dev", pair])).text

    assert (test_set.segments, test_set.required_terms, test_set.terms) == (
        segments,
        required,
        terms,
    )
    assert f'value="{oracle!r}"' in page
    assert f">{copy}</data>" in page
