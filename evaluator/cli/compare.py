"""`terminarium compare`: which differences between systems are real."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.cli import comparison_tables
from evaluator.cli.files import (
    add_hypotheses,
    add_json,
    add_problems,
    add_test_set,
    add_text_form,
    check_files,
    label,
    load_test_set,
)
from evaluator.cli.progress import ProgressLine
from evaluator.cli.score import add_metrics, note_slow_searches, score_system
from evaluator.errors import SubmissionError
from evaluator.metrics import METRICS, OFFICIAL_ORDER, Metric
from evaluator.normalise import lemmatiser_for
from evaluator.scoring import DEFAULT
from evaluator.significance import (
    MOST_SYSTEMS_STRICT,
    Comparison,
    Correction,
    Order,
    Test,
    compare,
    order_on_resamples,
    write_detectable,
)
from evaluator.significance.presets import AUTORANK, Clusters, Preset, autorank, cluster
from evaluator.types import Mode, Problem, ScoringResult, Statistics

DESCRIPTION = """\
Compare two or more systems on one test set: scores with 95 % intervals, the p-value of each pair,
the range of places of each system, and lines between groups of systems. docs/metrics.md 5 says
how all of it is counted."""
EXAMPLES = """\
examples:
  terminarium compare --source test.en-fr.tsv --terminology terms.en-fr.csv \\
      --hypotheses ours.txt --hypotheses theirs.txt --target-language fr
  terminarium compare … --metrics term-success bleu --latex"""
FEWEST = 2


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    add_test_set(command, with_references=True)
    add_hypotheses(command, what="a system's hypotheses", each="system, at least two")
    add_text_form(command)
    add_metrics(command)
    command.add_argument(
        "--correction",
        choices=tuple(Correction),
        default=Correction.OWN,
        help="of the p-values before ranges are counted (default: holm-own, each system's "
        "comparisons by themselves)",
    )
    command.add_argument(
        "--p-value",
        choices=(Test.SACREBLEU.value,),
        help="count p-values as sacrebleu does, with 1,000 resamples (it calls two identical "
        "outputs different)",
    )
    command.add_argument(
        "--preset",
        choices=(*Preset, AUTORANK),
        help="add the clusters or scores of a findings paper",
    )
    answer = command.add_mutually_exclusive_group()
    answer.add_argument("--latex", action="store_true", help="print LaTeX tables (booktabs)")
    add_json(answer)
    add_problems(command)
    command.set_defaults(find_misuse=_find_misuse)


def _find_misuse(options: argparse.Namespace) -> str | None:
    if len(options.hypotheses) < FEWEST:
        return "compare needs two or more --hypotheses, one for each system"
    if options.correction == Correction.STRICT and len(options.hypotheses) > MOST_SYSTEMS_STRICT:
        return f"--correction holm-strict takes {MOST_SYSTEMS_STRICT} systems at most"
    return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that is printed; systems are numbers, in the order of the files."""

    names: Sequence[str]
    comparisons: Sequence[Comparison]
    order: Order | None
    order_metrics: Sequence[str]
    clusters: Sequence[Clusters]
    autorank: Mapping[int, float]
    detectable: str


def run(options: argparse.Namespace) -> int:
    """Read, check, score, compare, print."""
    test_set = load_test_set(options)
    named: list[tuple[str, Mode]] = [(path, "proper") for path in options.hypotheses]
    checked = check_files(named, test_set, options)
    files = [hypotheses for hypotheses in checked if hypotheses is not None]
    if len(files) < len(checked):
        return 1
    lemmatiser = lemmatiser_for(options.lemmatiser, test_set.target_language)
    paths = list(map(label, options.hypotheses))
    names = [Path(path).name for path in paths]
    names = names if len(set(names)) == len(names) else paths
    with ProgressLine() as progress:
        results = [score_system(each, test_set, options, progress) for each in files]
        progress.show("comparing …")
        systems = _read_systems(results, [METRICS[name](lemmatiser) for name in options.metrics])
        if not systems:
            message = "These files and metrics give no score that all systems have."
            raise SubmissionError([Problem("error", message)])
        outcome = _compare(systems, names, results, options)
    note_slow_searches(options)
    if options.json:
        options.answer = {**options.answer, **comparison_tables.as_json(outcome)}
    else:
        write = comparison_tables.write_latex if options.latex else comparison_tables.write_text
        print(write(outcome))
    return 0


@dataclass(frozen=True, slots=True)
class _Systems:
    """What is compared by a metric."""

    metric: Metric
    unit: str
    statistics: Mapping[int, Statistics]


def _read_systems(results: Sequence[ScoringResult], metrics: Sequence[Metric]) -> list[_Systems]:
    """Return the metrics by which at least two systems have a score, with what is compared."""
    systems = []
    for metric in metrics:
        own = {
            number: result.statistics[metric.name]
            for number, result in enumerate(results)
            if metric.name in result.statistics
        }
        if len(own) >= FEWEST:
            signatures = [s.signature for r in results for s in r.scores if s.metric == metric.name]
            parts = dict(part.split(":", 1) for part in signatures[0].split("|") if ":" in part)
            systems.append(_Systems(metric, parts["unit"], own))
    return systems


def _compare(
    systems: Sequence[_Systems],
    names: Sequence[str],
    results: Sequence[ScoringResult],
    options: argparse.Namespace,
) -> Outcome:
    test = Test(options.p_value) if options.p_value else None
    by_units: dict[tuple[str, int], list[_Systems]] = {}
    for each in systems:
        units = len(next(iter(each.statistics.values())))
        by_units.setdefault((each.unit, units), []).append(each)
    comparisons: dict[str, Comparison] = {}
    for (unit, _), group in by_units.items():
        given = [(each.metric, each.statistics) for each in group]
        done = compare(given, unit=unit, correction=options.correction, test=test)
        comparisons |= {comparison.metric: comparison for comparison in done}
    official = [each for each in systems if each.metric.name in OFFICIAL_ORDER]
    official.sort(key=lambda each: OFFICIAL_ORDER.index(each.metric.name))
    is_several = options.metrics is DEFAULT or len(official) == len(OFFICIAL_ORDER)
    scores = [
        (each.metric, dict(zip(own.entries, own.scores, strict=True)))
        for each, own in ((each, comparisons[each.metric.name]) for each in systems)
    ]
    first = {score.metric: score.details for score in results[0].scores}
    segments = len(results[0].statistics.get("chrf++", ()))
    required = first["term-success"]["required"] if "term-success" in first else 0
    preset = options.preset
    is_cluster = preset is not None and preset != AUTORANK
    return Outcome(
        names,
        [comparisons[each.metric.name] for each in systems],
        order_on_resamples([(each.metric, each.statistics) for each in official], comparisons)
        if official and is_several
        else None,
        [each.metric.name for each in official],
        [cluster(Preset(preset), each.metric, each.statistics) for each in systems]
        if is_cluster
        else [],
        autorank(scores) if preset == AUTORANK else {},
        write_detectable(segments, int(required)) if segments else "",
    )
