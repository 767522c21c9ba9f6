"""Case J of docs/metrics.md 5: eight published systems of WMT 2025, compared by chrF++."""

import json

import pytest

from evaluator.cli import main

SYSTEMS = (
    "BIT CurTermNLLB EuroLLM-ft TranssionMT duterm laniqo o3-term-guide organizers_gpt-4.1-nano"
).split()
SCORES = (69.7671, 69.0803, 63.4542, 1.2770, 76.0810, 68.5362, 75.8994, 72.4056)
RANGES = ([4, 6], [4, 6], [7, 7], [8, 8], [1, 2], [4, 6], [1, 2], [3, 3])
EXTREME = {  # of 10,000 resamples; 0 for all other pairs
    ("BIT", "CurTermNLLB"): 2761,
    ("BIT", "laniqo"): 800,
    ("CurTermNLLB", "laniqo"): 4615,
    ("duterm", "o3-term-guide"): 7271,
}
EXTREME_BY_SACREBLEU = {
    ("BIT", "CurTermNLLB"): 115,
    ("BIT", "laniqo"): 29,
    ("CurTermNLLB", "laniqo"): 157,
    ("duterm", "o3-term-guide"): 252,
}


@pytest.fixture
def compare(shared_data, capsys):
    folder = shared_data / "wmt25-track1"

    def run(*options):
        files = [folder / "submissions" / f"{name}.enes.proper.jsonl" for name in SYSTEMS]
        given = [word for file in files for word in ("--hypotheses", str(file))]
        source = ["--source", str(folder / "full_data.enes.jsonl"), "--list", "proper"]
        pair = ["--language-pair", "en-es", "--metrics", "chrf++", "--json"]
        assert main(["compare", *source, *given, *pair, *options]) == 0
        [comparison] = json.loads(capsys.readouterr().out)["comparisons"]
        return comparison

    return run


def read_extreme(comparison, resamples):
    names = [system["name"].split(".enes.")[0] for system in comparison["systems"]]
    counts = {}
    for first, row in zip(names, comparison["p_values"], strict=True):
        for second, p_value in zip(names, row, strict=True):
            if first < second:
                counts[first, second] = round(p_value * (resamples + 1)) - 1
    return {pair: count for pair, count in counts.items() if count}


@pytest.mark.parametrize("correction", ["holm-own", "holm-strict", "fdr", "pairwise"])
def test_scores_counts_ranges_and_lines(compare, correction):
    comparison = compare("--correction", correction)

    by_name = {system["name"].split(".enes.")[0]: system for system in comparison["systems"]}
    assert [by_name[name]["score"] for name in SYSTEMS] == pytest.approx(SCORES, abs=5e-5)
    assert [by_name[name]["range"] for name in SYSTEMS] == list(RANGES)
    assert comparison["lines"] == [2, 3, 6, 7]
    assert read_extreme(comparison, 10_000) == EXTREME
    assert f"|n:500|b:10000|seed:12345|adj:{correction}|" in comparison["signature"]


def test_p_values_as_sacrebleu_counts_them(compare):
    comparison = compare("--p-value", "sacrebleu")

    assert read_extreme(comparison, 1_000) == EXTREME_BY_SACREBLEU
    [bit] = [own for own in comparison["systems"] if own["name"].startswith("BIT.")]
    assert bit["interval"] == pytest.approx([68.2299, 71.2672], abs=5e-5)
