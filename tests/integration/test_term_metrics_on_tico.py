"""The family `term` on TICO-19: references and copied sources scored as systems, to the count.

No text of these files is repeated here. A change to a number is a change of the metric: it needs
a new version and a line in the changelog.
"""

from __future__ import annotations

import time

import pytest

from evaluator.formats.terminologies import read_terminology
from evaluator.formats.test_sets import read_test_set
from evaluator.metrics.base import total
from evaluator.metrics.term import OverApplication, TermConsistency, TermSuccess, per_term
from evaluator.metrics.term.renderings import rendered_references, term_view
from evaluator.types import Hypotheses

# Pair, term list; the reference's term success: required, surface, lemma, upper bound;
# the copied source's: surface, lemma; required for consistency, the reference's by one variant.
ROWS = [
    ("en-fr", "f_en-fr_XX", (2903, 1772, 292, 2078), (1173, 55), (2622, 1880)),
    ("en-fr", "g_en_fr-FR", (1975, 1204, 176, 1383), (591, 0), (1803, 1262)),
    ("en-ru", "f_en-ru_RU", (2903, 1079, 905, 1992), (864, 0), (2622, 1818)),
    ("en-ru", "g_en_ru", (1975, 798, 561, 1361), (476, 0), (1803, 1286)),
    ("en-zh", "f_en-zh_CN", (2903, 1830, 0, 1840), (310, 0), (2622, 1672)),
    ("en-zh", "g_en_zh-CN", (1975, 1155, 0, 1160), (317, 0), (1803, 1061)),
]

# CPU, machine busy: measured 3 to 5 s with the dictionaries' loading; a system after that 1 s.
SECONDS = 10


@pytest.fixture(scope="module")
def load(shared_data):
    folder = shared_data / "tico19"

    def load_pair(pair, name):
        source, target = pair.split("-")
        languages = {"source_language": source, "target_language": target}
        with (folder / "terminologies" / f"{name}.csv").open("rb") as stream:
            terminology = read_terminology(stream, name, **languages).terminology
        with (folder / "text" / f"test.{pair}.tsv").open("rb") as stream:
            return read_test_set(
                source=stream, text_form=None, terminology=terminology, **languages
            )

    return load_pair


def scored(metric, test_set, hypotheses):
    rows = metric.statistics(test_set, hypotheses)
    return metric.aggregate(total(rows)), metric.details(total(rows))


@pytest.mark.slow
@pytest.mark.parametrize(("pair", "name", "oracle", "copy", "consistency"), ROWS)
def test_reference_and_copied_source_give_the_pinned_counts(
    load, pair, name, oracle, copy, consistency
):
    test_set = load(pair, name)
    reference = Hypotheses(tuple(segment.references[0] for segment in test_set.segments))
    source = Hypotheses(tuple(segment.source for segment in test_set.segments))
    start = time.process_time()

    _, success = scored(TermSuccess(), test_set, reference)
    _, consistent = scored(TermConsistency(), test_set, reference)
    overapplied, _ = scored(OverApplication(), test_set, reference)
    spent = time.process_time() - start
    _, copied = scored(TermSuccess(), test_set, source)

    assert (len(test_set.segments), success["flagged"], copied["flagged"]) == (2100, 0, 0)
    assert tuple(success[k] for k in ("required", "surface", "lemma", "upper_bound")) == oracle
    assert (copied["surface"], copied["lemma"]) == copy
    assert (consistent["required"], consistent["by_one_variant"]) == consistency
    assert overapplied == 0  # nothing that a reference holds is over-applied
    assert spent < SECONDS


@pytest.mark.slow
def test_a_reference_renders_as_a_hypothesis_what_it_renders_as_a_reference(load):
    test_set = load("en-fr", "f_en-fr_XX")
    reference = Hypotheses(tuple(segment.references[0] for segment in test_set.segments))
    rows = TermSuccess().statistics(test_set, reference)
    results = per_term(test_set, TermSuccess().by_term(test_set, reference))

    assert [len(own[0].chosen) for own in rendered_references(test_set)] == [
        surface + lemma for surface, lemma in rows[:, 1:3].tolist()
    ]
    assert sum(result.required for result in results) == rows[:, 0].sum()
    assert sum(result.surface + result.lemma for result in results) == rows[:, 1:3].sum()
    assert {result.id for result in results} == {
        one.id for required in term_view(test_set).required for one in required
    }
