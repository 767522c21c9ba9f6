"""WMT21: SGML with annotated terms, a file of sources and a file of references for each set."""

from __future__ import annotations

import re
from collections.abc import Mapping

from editions.file_index import FileIndex, Published
from editions.plans import Edition, OutputPlan, PhasePlan, Plan, TestSetPlan

# dev.en-fr.en.sgm: the set, its pair, and the language of the file.
SIDE = re.compile(
    r"(?P<set>[a-z0-9]+)\.(?P<source>[a-z]{2,3})-(?P<target>[a-z]{2,3})\.(?P<side>[a-z]{2,3})"
    r"\.(?P<ending>sgm|xml)"
)
# en-fr.dev.txt.truecased.sgm, en-fr.hyp.txt.truecased.xml
OUTPUT = re.compile(r"(?P<pair>[a-z]{2,3}-[a-z]{2,3})\.(?P<rest>[^.]+(?:\.[^.]+)*)\.(?:sgm|xml)")
SYSTEM = re.compile(rb'<doc\b[^>]*\bsysid="([^"]{1,100})"')
SEGMENT = re.compile(rb"<seg\b")
NAMES = {"dev": "Development", "test": "Test", "all": "All segments"}

Sets = dict[tuple[str, str], dict[str, Published]]  # by set and pair; the file by its language


def make_plan(index: FileIndex) -> Plan:
    """Build the plan of the sets that are there."""
    plan = Plan()
    sets = _find_sets(index, plan)
    phases: dict[str, list[TestSetPlan]] = {}
    whole: dict[tuple[str, str], Published] = {}
    for (name, pair), sides in sets.items():
        source, _, target = pair.partition("-")
        missing = [language for language in (source, target) if language not in sides]
        if missing:
            plan.faults.append(
                f"{name}, {pair}: the file of {missing[0]} is missing. Add "
                f"{name}.{pair}.{missing[0]}.sgm, or take {name}.{pair} out."
            )
            continue
        test_set = TestSetPlan((source, target), "proper", sides[source], (sides[target],))
        phases.setdefault(name, []).append(test_set)
        whole[name, pair] = sides[source]
    plan.phases = [
        PhasePlan(name, NAMES.get(name, name.capitalize()), test_sets)
        for name, test_sets in sorted(phases.items(), key=lambda item: item[0] != "dev")
    ]
    if not plan.faults:
        _add_outputs(index, plan, whole)
    return plan


def _find_sets(index: FileIndex, plan: Plan) -> Sets:
    sets: Sets = {}
    for match, file in index.match(SIDE, plan.faults):
        if match["side"] not in (match["source"], match["target"]):
            continue
        pair = f"{match['source']}-{match['target']}"
        known = sets.setdefault((match["set"], pair), {})
        other = known.setdefault(match["side"], file)  # .sgm comes before .xml
        if other is not file:
            plan.notes.append(f"{file.name} is not read: {other.name} is the same set.")
    return sets


def _add_outputs(index: FileIndex, plan: Plan, sets: Mapping[tuple[str, str], Published]) -> None:
    """Add the outputs; a file's name says its set, or else its number of segments does."""
    counts = {key: len(SEGMENT.findall(file.read())) for key, file in sets.items()}
    for match, file in index.match(OUTPUT, plan.unsent):
        of_pair = {key: count for key, count in counts.items() if key[1] == match["pair"]}
        content = file.read()
        system = SYSTEM.search(content)
        if not of_pair:
            plan.unsent.append(f"{file.name}: there is no test set of {match['pair']}.")
            continue
        if system is None:
            plan.unsent.append(f"{file.name}: it names no system (sysid).")
            continue
        words = match["rest"].split(".")
        named = [key for key in of_pair if key[0] in words]
        size = len(SEGMENT.findall(content))
        fitting = named or [key for key, count in of_pair.items() if count == size]
        if len(fitting) != 1:
            plan.unsent.append(
                f"{file.name}: it has {size:,} segments, which fits no test set of {match['pair']}."
            )
            continue
        name = system[1].decode(errors="replace")
        plan.outputs.append(OutputPlan(name, fitting[0][0], file))


EDITION = Edition(
    slug="wmt21",
    label="WMT21",
    name="WMT21 terminology task",
    summary="Medical sentences with annotated terms, scored as in 2021.",
    modes=("proper",),
    needed_files="dev.en-fr.en.sgm with dev.en-fr.fr.sgm, all.en-fr.en.xml with all.en-fr.fr.xml, "
    "or other sets and pairs",
    make_plan=make_plan,
)
