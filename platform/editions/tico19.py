"""TICO-19: tables with sources and translations, and the term lists of two companies.

Lists are named after a language and a country (`f_en-zh_CN.csv`, `g_en_zh-TW.csv`). A pair has the
list of its own country, or else of the country where its language is mostly spoken.
"""

from __future__ import annotations

import re

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from editions.file_index import FileIndex, Published
from editions.plans import Edition, PhasePlan, Plan, TestSetPlan
from evaluator.errors import LanguageError
from evaluator.normalise import parse_pair

TEXT = re.compile(r"(?P<set>dev|test)\.(?P<pair>[a-z]{2,3}-[A-Za-z]{2,3}(?:-[A-Za-z]{2,8})*)\.tsv")
TERMS = re.compile(
    r"(?P<company>[fg])_(?P<source>[a-z]{2,3})[-_](?P<target>[a-z]{2,3})"
    r"(?:[-_](?P<region>[A-Za-z]{2,4}))?\.csv"
)
ANY = "XX"  # how lists for a language of all countries are named
NAMES = {"dev": "Development", "test": "Test"}

Lists = dict[tuple[str, str, str], dict[str, Published]]  # company, languages; by country


def make_plan(index: FileIndex) -> Plan:
    """Build the plan of the pairs that are there."""
    plan = Plan()
    lists: Lists = {}
    for match, file in index.match(TERMS, plan.faults):
        key = match["company"], match["source"], match["target"]
        lists.setdefault(key, {})[(match["region"] or "").upper()] = file
    phases: dict[str, list[TestSetPlan]] = {}
    for match, file in index.match(TEXT, plan.faults):
        try:
            pair = parse_pair(match["pair"])
        except LanguageError as error:
            plan.notes.append(f"{file.name} is not read: {error}")
            continue
        terms = tuple(_choose_lists(pair, lists, plan))
        if not terms:
            plan.notes.append(f"There is no term list of {match['pair']}.")
        test_set = TestSetPlan(
            pair, "proper", file, lists={"proper": terms} if terms else {}, text_form="raw"
        )
        phases.setdefault(match["set"], []).append(test_set)
    plan.phases = [PhasePlan(name, NAMES[name], sets) for name, sets in sorted(phases.items())]
    return plan


def _choose_lists(pair: tuple[str, str], lists: Lists, plan: Plan) -> list[Published]:
    """Return a list of each company for a pair."""
    target = Language.get(pair[1])
    chosen = []
    for (_, source, language), by_region in sorted(lists.items(), key=lambda item: item[0]):
        if (source, language) != (pair[0], target.language):
            continue
        preferred = [_find_region(target), "", ANY]
        region = next((region for region in preferred if region in by_region), min(by_region))
        if region not in preferred:
            plan.notes.append(f"{'-'.join(pair)} gets the list {by_region[region].name}.")
        chosen.append(by_region[region])
    return chosen


def _find_region(language: Language) -> str:
    """Return the country of a language's code, or where it is mostly spoken."""
    try:
        return str(language.maximize().territory or "")
    except LanguageTagError:
        return ""


EDITION = Edition(
    slug="tico19",
    label="TICO-19",
    name="TICO-19",
    summary="Texts about COVID-19 in many languages, with the term lists of two companies.",
    modes=("proper",),
    needed_files="test.en-fr.tsv and dev.en-fr.tsv, f_en-fr_XX.csv and g_en_fr-FR.csv, or other "
    "pairs",
    make_plan=make_plan,
)
