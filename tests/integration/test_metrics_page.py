"""The metrics page tells the truth: about every metric, signature and its own example."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
from django.urls import reverse

import evaluator
from evaluator.metrics import METRICS
from sharedtasks.explanations import FAMILIES, SIGNATURE_KEYS
from tests.integration.samples import PERFECT, REFERENCE, SOURCE

pytestmark = pytest.mark.django_db

EXPLANATIONS = [one for family in FAMILIES for one in family.explanations]


@pytest.fixture
def text(client, shared_task):
    """The page."""
    return client.get(reverse("task-metrics", args=["spring"])).text


def plain(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_every_metric_of_the_leaderboards_is_explained_once():
    explained = [metric for one in EXPLANATIONS for metric in one.metrics]

    assert sorted(explained) == sorted(METRICS)


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda one: one.metrics[0])
def test_each_has_a_formula_and_says_what_its_metrics_say(explanation, text):
    section = text.split(f'id="{explanation.metrics[0]}"')[1].split("</section>")[0]

    assert '<math display="block">' in section
    for name in explanation.metrics:
        metric = METRICS[name]
        better = "higher" if metric.higher_is_better else "lower"
        facts = f"Range {metric.range} Better {better} No score where {metric.absent}"
        assert plain(section).endswith(facts)
        assert metric.label in plain(section)


def example_cells(text):
    """The example's rows: source and hypothesis as plain text, required, rendered."""
    table = text.split('class="worked"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], flags=re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, flags=re.DOTALL) for row in rows]
    return [
        [plain(re.sub(r"</?u>|&nbsp;<span.*?</span>", "", cell)) for cell in row] for row in cells
    ]


def test_the_example_scores_as_the_page_says(text):
    rows = example_cells(text)
    test_set = evaluator.TestSet(
        "en",
        "fr",
        tuple(
            evaluator.Segment(str(number), "leaflet", source, ("x",), (), ((),))
            for number, (source, *_) in enumerate(rows, 1)
        ),
        "raw",
        terminology=evaluator.Terminology(
            "en",
            "fr",
            (
                evaluator.Term("1", "tablet", ("comprimé", "pastille")),
                evaluator.Term("2", "fever", ("fièvre",)),
            ),
        ),
    )

    result = evaluator.score(
        test_set,
        evaluator.Hypotheses(tuple(hypothesis for _, hypothesis, *_ in rows)),
        metrics=["term-success", "term-consistency"],
    )

    success, consistency = result.scores
    assert result.statistics["term-success"][:, 0].tolist() == [int(row[2]) for row in rows]
    assert result.statistics["term-success"][:, 1].tolist() == [int(row[3]) for row in rows]
    example = plain(text.split('id="example"')[1].split("</section>")[0])
    assert f"= {success.value:.1f}" in example
    assert f"= {consistency.value:.1f}" in example


def test_every_part_of_every_signature_is_explained():
    terminology = evaluator.Terminology("en", "fr", (evaluator.Term("1", "fever", ("fièvre",)),))
    test_set = evaluator.read_test_set(
        source=BytesIO(SOURCE.encode()),
        references=[BytesIO(REFERENCE.encode())],
        source_language="en",
        target_language="fr",
        terminology=terminology,
    )
    scores = evaluator.score(test_set, evaluator.Hypotheses(PERFECT)).scores

    keys = {part.split(":")[0] for score in scores for part in score.signature.split("|")}

    assert keys == set(SIGNATURE_KEYS)


def test_the_signature_shown_is_like_a_real_one(text):
    shown = re.search(r'<code class="signature">(.*?)</code>', text)[1]
    test_set = evaluator.TestSet(
        "en", "fr", (evaluator.Segment("1", "d", "a", ("b",), (), ((),)),), "raw"
    )

    [real] = evaluator.score(test_set, evaluator.Hypotheses(("b",)), metrics=["bleu"]).scores

    assert shown.rsplit("|", 1)[0] == real.signature.rsplit("|", 1)[0]
