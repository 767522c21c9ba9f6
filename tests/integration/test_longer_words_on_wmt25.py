"""Terms inside longer words on WMT25's German outputs: against the organisers' own figures.

Bounds are those of the specification (docs/longer-words.md); no text of these files is repeated.
"""

from __future__ import annotations

import json
import random
from itertools import combinations

import pytest

from evaluator.metrics.term.renderings import term_view
from evaluator.normalise import Normaliser
from evaluator.terms.span_selection import Tier
from evaluator.types import Segment, Term, TestSet

LISTS = ("proper", "random")
MODES = ("noterm", "proper", "random")
PERMUTATIONS = 20

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wmt25")]


class Edition:
    """A language pair of the edition: what both lists require, and how texts render it."""

    def __init__(self, folder, target):
        self._folder, self._target = folder, target
        self.normaliser = Normaliser.for_language(target)
        lines = (folder / f"full_data.en{target}.jsonl").read_text(encoding="utf-8").splitlines()
        self.rows = [json.loads(line) for line in lines]
        self.views = {name: term_view(self._make_test_set(name)) for name in LISTS}
        self.requirements = {name: view.requirements for name, view in self.views.items()}
        self.required = {
            name: sum(term.count for own in requirements for term in own.required)
            for name, requirements in self.requirements.items()
        }
        self.references = [self.normaliser.normalise(row[target]) for row in self.rows]

    def _make_test_set(self, name):
        segments = tuple(
            Segment(
                str(number),
                "all",
                row["en"],
                (row[self._target],),
                terms=tuple(
                    Term(str(n), source, (target,))
                    for n, (source, target) in enumerate(row[name].items())
                ),
            )
            for number, row in enumerate(self.rows)
        )
        return TestSet("en", self._target, segments, "raw", name)

    def count_tiers(self, name, texts):
        """Return how many required occurrences are rendered in each tier."""
        counts = [0, 0, 0]
        for own, text in zip(self.requirements[name], texts, strict=True):
            for span in own.assign(text).chosen if own.required else ():
                counts[span.tier] += 1
        return counts

    def read_outputs(self, mode, systems=None):
        """Yield each system's name, or those given, with its normalised outputs."""
        ending = f".en{self._target}.{mode}.jsonl"
        for path in sorted((self._folder / "submissions").glob(f"*{ending}")):
            if systems and path.name.removesuffix(ending) not in systems:
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            texts = [self.normaliser.normalise(json.loads(line)[self._target]) for line in lines]
            yield path.name.removesuffix(ending), texts


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "wmt25-track1"


@pytest.fixture(scope="module")
def german(folder):
    return Edition(folder, "de")


def test_the_reference_renders_what_it_was_measured_to_render(german):
    assert german.required == {"proper": 553, "random": 655}
    tiers = {name: german.count_tiers(name, german.references) for name in LISTS}

    assert tiers == {"proper": [320, 90, 126], "random": [544, 12, 78]}
    assert all(100 * sum(tiers[name]) / german.required[name] >= 96 for name in LISTS)


@pytest.mark.parametrize("mode", MODES)
def test_term_success_follows_the_official_figures(german, folder, mode):
    official = json.loads((folder / "official_scores.json").read_text())["de"][mode]
    scores = {name: [] for name in LISTS}
    for system, texts in german.read_outputs(mode):
        for name in LISTS:
            theirs = 100 * official[system][f"{name}_term_success_rate"]
            ours = 100 * sum(german.count_tiers(name, texts)) / german.required[name]
            scores[name].append((ours, theirs))

    for name, pairs in scores.items():
        differences = [abs(ours - theirs) for ours, theirs in pairs]
        mean = sum(differences) / len(differences)
        assert len(pairs) >= 6
        assert mean <= (1.5 if (mode, name) == ("proper", "proper") else 2.5)
        assert max(differences) <= 4.5
        for one, other in combinations(pairs, 2):
            if abs(one[1] - other[1]) >= 1:
                assert (one[0] > other[0]) == (one[1] > other[1])


@pytest.mark.parametrize("name", LISTS)
def test_references_of_other_segments_are_hardly_ever_hit(german, name):
    view = german.views[name]
    hits = absent = 0
    for seed in range(PERMUTATIONS):
        order = list(range(len(german.rows)))
        random.Random(seed).shuffle(order)
        for place, other in enumerate(order):
            own = german.requirements[name][place]
            if other == place or not own.required:
                continue
            index = view.terms.indexes[place]
            for span in own.assign(german.references[other]).chosen:
                if span.tier is Tier.LONGER_WORD:
                    hits += 1
                    present = index.find(german.rows[other]["en"]).present
                    keys = {index.key(number) for number in present}
                    absent += own.required[span.entry].key not in keys
    asked = PERMUTATIONS * german.required[name] / 100

    assert hits / asked <= 0.5
    assert absent / asked <= 0.15


# Rendered by version 1, on the surface and by lemma, in the list `proper`: nothing may be lost.
SPANISH = {"reference": 540, "duterm": 546, "laniqo": 540}


def test_no_occurrence_is_lost_in_spanish(folder):
    spanish = Edition(folder, "es")
    outputs = dict(spanish.read_outputs("proper", SPANISH))
    texts = {"reference": spanish.references} | outputs
    tiers = {name: spanish.count_tiers("proper", texts[name]) for name in SPANISH}

    assert spanish.required["proper"] == 556
    assert {name: sum(counts) for name, counts in tiers.items()} == SPANISH
    assert all(longer == 0 for *_, longer in tiers.values())  # the tier is off
