"""The figures of WMT 2026 as somebody else transcribed them from their description.

tests/data/wmt26_transcription.json holds what a program says that was written from the description
of the edition alone, by brute force, by somebody who had not seen the package: for the fixture's
outputs, and for an output on which the tiers come apart. Counts are occurrences, hits, types and
types hit, of all occurrences and of each split.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from evaluator import read_aligned, read_test_set, score
from evaluator.metrics.wmt26.tiers import COUNTS, SPLITS

DATA = Path(__file__).parents[2] / "data"
FOLDER = DATA / "wmt26_shaped"
TRANSCRIPTION = json.loads((DATA / "wmt26_transcription.json").read_text(encoding="utf-8"))
CHRF = ("wmt26-chrf++-documents", "wmt26-chrf++-paragraphs")
TIERS = [name for name in TRANSCRIPTION["cases"][0] if name.startswith("wmt26-")][len(CHRF) :]


@cache
def read_gold(domain):
    path = FOLDER / f"shaped.{domain}.enpl.track1.json"
    with path.open("rb") as stream:
        return read_test_set(
            source=stream,
            source_language="en",
            target_language="pl",
            text_form=None,
            names=[path.name],
        )


def read_output(case):
    if case["mode"] == "probe":
        return json.dumps(TRANSCRIPTION["probe"]).encode()
    name = f"gloss.v1.{case['mode']}.{case['domain']}.enpl.json"
    return (FOLDER / "submissions" / name).read_bytes()


def list_counts(details):
    names = [[f"{split}_{count}".strip("_") for count in COUNTS] for split in SPLITS]
    return [[details.get(name, 0) for name in own] for own in names]


@pytest.mark.parametrize(
    "case",
    TRANSCRIPTION["cases"],
    ids=lambda case: f"{case['domain']}-{case['mode']}-{case['lemmatiser']}",
)
def test_all_figures_are_those_of_the_transcription(case):
    test_set = replace(read_gold(case["domain"]), lemmatiser=case["lemmatiser"])
    hypotheses = read_aligned(io.BytesIO(read_output(case)), "ours.en-pl.json", test_set)
    scores = {s.metric: s for s in score(test_set, hypotheses, metrics=["wmt26"]).scores}

    assert {name: list_counts(scores[name].details) for name in TIERS} == {
        name: case[name] for name in TIERS
    }
    assert {name: scores[name].value for name in CHRF} == pytest.approx(
        {name: case[name] for name in CHRF}, abs=1e-9
    )


def test_the_probe_keeps_the_tiers_apart():
    """A case in which all tiers agree would pass whatever they say."""
    [probe] = [
        case
        for case in TRANSCRIPTION["cases"]
        if case["mode"] == "probe" and case["lemmatiser"] == "morfeusz2"
    ]
    assert len({probe[tier][0][1] for tier in TIERS}) == len(TIERS)
