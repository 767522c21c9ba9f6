"""WMT25: segments with a dictionary each (task 1), and yearly reports as documents (task 2).

Task 1 is a file of JSON lines for each pair, which holds the terms of all modes. Task 2 is a file
for each year; odd years are translated into Chinese, even years into English, and the years of a
direction are one test set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from editions.file_index import FileIndex, Published
from editions.plans import Edition, OutputPlan, PhasePlan, Plan, TestSetPlan

MODES = ("proper", "noterm", "random")
TASK_1, TASK_2 = "task-1", "task-2"
FIRST_YEAR, LAST_YEAR = 2015, 2024
# The reports are written in traditional characters.
DIRECTIONS = {"enzh": ("en", "zh-Hant"), "zhen": ("zh-Hant", "en")}
YEARS = {
    "enzh": range(FIRST_YEAR, LAST_YEAR, 2),
    "zhen": range(FIRST_YEAR + 1, LAST_YEAR + 1, 2),
}
SEGMENTS = re.compile(r"full_data\.(?P<pair>[a-z]{4})\.jsonl")
REPORT = re.compile(r"full_data_(?P<year>\d{4})\.jsonl")
DOCUMENT_OUTPUT = re.compile(
    r"(?P<system>.+)\.(?P<year>\d{4})\.(?P<pair>enzh|zhen)\.(?P<mode>[a-z]+)\.jsonl"
)
SEGMENT_OUTPUT = re.compile(
    r"(?P<system>(?!full_data\.).+(?<!\.\d{4}))\.(?P<pair>[a-z]{4})\.(?P<mode>[a-z]+)\.jsonl"
)
ORGANISERS = "organizers_"  # how the names of the organisers' own systems begin


def make_plan(index: FileIndex) -> Plan:
    """Build the plan of the edition, or of the part of it that is there."""
    plan = Plan()
    pairs = {
        match["pair"]: file
        for match, file in index.match(SEGMENTS, plan.faults)
        if match["pair"] not in DIRECTIONS
    }
    reports = {int(match["year"]): file for match, file in index.match(REPORT, plan.faults)}
    directions = _join_years(reports, plan)
    test_sets = [
        TestSetPlan((pair[:2], pair[2:]), mode, file, unit="segment")
        for pair, file in pairs.items()
        for mode in MODES
    ]
    if test_sets:
        plan.phases.append(PhasePlan(TASK_1, "Task 1: sentences", test_sets))
        _add_segment_outputs(index, plan, pairs)
    documents = [
        TestSetPlan(DIRECTIONS[direction], mode, file, unit="document")
        for direction, file in directions.items()
        for mode in MODES
    ]
    if documents:
        plan.phases.append(PhasePlan(TASK_2, "Task 2: documents", documents))
        _add_document_outputs(index, plan, directions)
    return plan


def _join_years(reports: Mapping[int, Published], plan: Plan) -> dict[str, Published]:
    """Return the reports of each direction as a single file; a missing year is a fault."""
    directions = {}
    for direction, years in YEARS.items():
        missing = [year for year in years if year not in reports]
        if len(missing) == len(years):
            if reports:
                plan.notes.append(f"Task 2 has no report of {direction}: it is not imported.")
            continue
        if missing:
            plan.faults.append(
                f"Task 2, {direction}: {_list_years(missing)} missing. Add "
                + ", ".join(f"full_data_{year}.jsonl" for year in missing)
                + ", or leave all years of this direction out."
            )
            continue
        paths = tuple(path for year in years for path in reports[year].paths)
        directions[direction] = Published(f"full_data.{direction}.jsonl", paths)
    return directions


def _list_years(years: Iterable[int]) -> str:
    names = [str(year) for year in years]
    return f"the year {names[0]} is" if len(names) == 1 else f"the years {', '.join(names)} are"


def _add_segment_outputs(index: FileIndex, plan: Plan, pairs: Mapping[str, Published]) -> None:
    for match, file in index.match(SEGMENT_OUTPUT, plan.unsent):
        pair = match["pair"]
        if pair in DIRECTIONS:
            plan.unsent.append(
                f"{file.name}: its name has no year. Task 2 has a file for each year."
            )
        elif pair not in pairs:
            plan.unsent.append(f"{file.name}: there is no test set of {pair}.")
        elif match["mode"] not in MODES:
            plan.unsent.append(_describe_mode(file.name, match["mode"]))
        else:
            plan.outputs.append(_output(match["system"], TASK_1, file))


def _add_document_outputs(
    index: FileIndex, plan: Plan, directions: Mapping[str, Published]
) -> None:
    years: dict[tuple[str, str, str], dict[int, Published]] = {}
    for match, file in index.match(DOCUMENT_OUTPUT, plan.unsent):
        if match["mode"] not in MODES:
            plan.unsent.append(_describe_mode(file.name, match["mode"]))
            continue
        key = match["system"], match["pair"], match["mode"]
        years.setdefault(key, {})[int(match["year"])] = file
    for (system, pair, mode), files in years.items():
        name = f"{system}.{pair}.{mode}.jsonl"
        expected = YEARS[pair]
        missing = [year for year in expected if year not in files]
        other = [year for year in files if year not in expected]
        if pair not in directions:
            plan.unsent.append(f"{name}: there is no test set of {pair}.")
        elif missing or other:
            faults = [f"{_list_years(missing)} missing"] if missing else []
            faults += [f"{_list_years(other)} of the other direction"] if other else []
            plan.unsent.append(f"{name}: {'; '.join(faults)}.")
        else:
            paths = tuple(path for year in expected for path in files[year].paths)
            plan.outputs.append(_output(system, TASK_2, Published(name, paths)))


def _output(system: str, phase: str, file: Published) -> OutputPlan:
    return OutputPlan(system, phase, file, is_baseline=system.startswith(ORGANISERS))


def _describe_mode(name: str, mode: str) -> str:
    return f"{name}: there is no mode {mode}; the modes are {', '.join(MODES)}."


EDITION = Edition(
    slug="wmt25",
    label="WMT25",
    name="WMT25 terminology task",
    summary="Sentences and documents with a dictionary each, in three terminology modes.",
    modes=MODES,
    needed_files="full_data.ende.jsonl (task 1, a file for each pair), full_data_2015.jsonl (task "
    "2, a file for each year)",
    make_plan=make_plan,
)
