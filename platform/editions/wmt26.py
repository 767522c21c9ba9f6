"""WMT26: documents of paragraphs, with a dictionary (task 1) or sample bitexts (task 2).

Names say everything: `text`, `terms` and `sample.{domain}.{pair}.json`, the gold data
`{provider}.{domain}.{pair}.track1.json`, outputs `{system}.{mode}.{domain}.{pair}.json`, where
systems may have dots. Folders say the task, since equal names are used in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from editions.file_index import FileIndex, Published
from editions.plans import Edition, OutputPlan, PhasePlan, Plan, TestSetPlan
from evaluator.formats import find_track
from evaluator.types import DELIMITERS

TASKS = {"1": "task-1", "2": "task-2"}
NAMES = {"1": "Task 1: documents with a dictionary", "2": "Task 2: documents with samples"}
# Of these modes a system sends outputs in that task only. Where both tasks have the same documents,
# its output without terms is its answer to each task for which it has sent another.
OWN_MODES = {"1": {"proper", "random"}, "2": {"sample"}}
MODES = {"1": ("proper", "noterm", "random"), "2": ("sample", "noterm")}
RELEASED = re.compile(r"(?P<kind>text|terms|sample)\.(?P<domain>[\w-]+)\.(?P<pair>[a-z]{4})\.json")
GOLD = re.compile(
    r"(?!(?:text|terms|sample)\.)(?P<provider>[\w-]+)\.(?P<domain>[\w-]+)\.(?P<pair>[a-z]{4})"
    r"(?:\.(?:track|task)[-_]?(?P<task>[12]))?\.json"
)
OUTPUT = re.compile(
    r"(?P<system>.+)\.(?P<mode>[a-z]+)\.(?P<domain>[\w-]+)\.(?P<pair>[a-z]{4})\.json"
)
IN_PATH = re.compile(r"(?:track|task)[-_ ]?([12])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Key:
    """What tells the test sets of the edition apart."""

    task: str  # a key of TASKS
    domain: str
    pair: str

    def __str__(self) -> str:
        return f"{TASKS[self.task]} {self.domain}.{self.pair}"


@dataclass(frozen=True, slots=True)
class Gold:
    """A file of gold data, and the parts of it that are compared with what was released."""

    file: Published
    documents: tuple[tuple[str, ...], ...]  # paragraphs, sources only
    delimiter: str | None  # None: the file names none
    lists: Mapping[str, Mapping[str, object]]  # the targets of terms, by list
    track: str  # that it says, "" for none


@dataclass(frozen=True, slots=True)
class BareGold(Published):
    """Gold data that does not say it is task 2's, as if it did: its glossary is given to nobody."""

    def read(self) -> bytes:
        """Return the bytes. Raises EditionError."""
        value = json.loads(Published.read(self))
        return json.dumps({**value, "track": 2}, ensure_ascii=False).encode()


def find_part(path: Path) -> str:
    """Return the task that a file's folders or its name say, "" if none does."""
    words = [*reversed(path.parent.parts), *path.name.split(".")]
    matches = (IN_PATH.fullmatch(word) for word in words)
    return next((match[1] for match in matches if match), "")


def make_plan(index: FileIndex) -> Plan:
    """Build the plan of the test sets whose gold data is there."""
    plan = Plan()
    released: dict[tuple[str, Key], Published] = {}
    for match, file in index.match(RELEASED, plan.faults):
        for task in (file.part,) if file.part else TASKS:
            released[match["kind"], Key(task, match["domain"], match["pair"])] = file
    golds = _find_golds(index, plan)
    _borrow_golds(golds, released, plan)
    phases: dict[str, list[TestSetPlan]] = {}
    modes: dict[Key, tuple[str, ...]] = {}
    for key in sorted(golds, key=str):
        test_sets = _plan_test_sets(key, golds, released, plan)
        modes[key] = tuple(test_set.mode for test_set in test_sets)
        phases.setdefault(key.task, []).extend(test_sets)
    for kind, key in released:
        has_other_task = any(replace(key, task=task) in golds for task in TASKS)
        if kind == "text" and not has_other_task:
            plan.notes.append(f"{key} has no gold data: it is not imported.")
    plan.phases = [PhasePlan(TASKS[task], NAMES[task], sets) for task, sets in phases.items()]
    _add_outputs(index, plan, modes, golds)
    return plan


def _find_golds(index: FileIndex, plan: Plan) -> dict[Key, Gold]:
    golds: dict[Key, Gold] = {}
    for match, file in index.match(GOLD, plan.faults):
        value = _read_json(file)
        if value is None:
            plan.faults.append(f"{file.name} is not valid JSON. Give the file as published.")
            continue
        if not isinstance(value, dict) or not isinstance(value.get("documents"), list):
            plan.unsent.append(f"{file.name}: the name has no mode, and the file is not gold data.")
            continue
        task = match["task"] or file.part or _guess_task(value)
        key = Key(task, match["domain"], match["pair"])
        if key in golds:
            plan.faults.append(
                f"{key} has gold data twice: {golds[key].file.name} and {file.name}. Remove the "
                "wrong file."
            )
            continue
        golds[key] = _read_gold(file, value)
    return golds


def _guess_task(value: Mapping[str, object]) -> str:
    """Return the task of gold data whose name and folders say none."""
    by_contents = "2" if value.get("samples") and not value.get("glossary") else "1"
    return find_track(value.get("track")) or by_contents


def _borrow_golds(
    golds: dict[Key, Gold], released: Mapping[tuple[str, Key], Published], plan: Plan
) -> None:
    """Where samples were released and only task 1 has gold data, use that for task 2 as well."""
    for key, gold in list(golds.items()):
        other = Key("2", key.domain, key.pair)
        if key.task == "1" and ("sample", other) in released and other not in golds:
            golds[other] = gold
            plan.notes.append(
                f"{other} has no gold data of its own: that of task 1 is used, without its "
                "glossary, for the modes sample and noterm."
            )


def _plan_test_sets(
    key: Key,
    golds: Mapping[Key, Gold],
    released: Mapping[tuple[str, Key], Published],
    plan: Plan,
) -> list[TestSetPlan]:
    """Return the modes of a test set; what was released has to fit the gold data."""
    gold = golds[key]
    text, terms = released.get(("text", key)), released.get(("terms", key))
    delimiter = _find_delimiter(key, gold, text, plan)
    samples = released.get(("sample", key), gold.file)
    lists: dict[str, tuple[Published, ...]] = {}
    if key.task == "1" and terms is not None:
        given = _read_json(terms)
        names = list(given) if isinstance(given, dict) else []
        if given != gold.lists:  # participants were given those
            lists = dict.fromkeys(names, (terms,))
        if gold.lists and lists:
            plan.notes.append(f"{key}: {terms.name} differs from the gold data, and is used.")
    known = lists or gold.lists
    is_borrowed = golds.get(Key("1", key.domain, key.pair)) is gold and key.task == "2"
    # Only these two, for the bytes of the others are stored as they are.
    needs_bare = is_borrowed or (key.task == "2" and gold.track != "2" and bool(gold.lists))
    bare = BareGold(gold.file.name, gold.file.paths, gold.file.part)
    return [
        TestSetPlan(
            pair=(key.pair[:2], key.pair[2:]),
            mode=mode,
            source=bare if needs_bare and mode == "noterm" else gold.file,
            lists=lists,
            samples=samples if mode == "sample" else None,
            domain=key.domain.lower().replace("_", "-"),
            unit="document",
            delimiter=delimiter,
        )
        for mode in MODES[key.task]
        if mode != "random" or "random" in known
    ]


def _find_delimiter(key: Key, gold: Gold, text: Published | None, plan: Plan) -> str | None:
    """Return what joins the paragraphs, None if the gold data says so itself.

    Documents that were released in other words, or joined by something else, are a fault.
    """
    if text is None:
        return None
    texts = _read_json(text)
    tried = (*DELIMITERS, "") if gold.delimiter is None else (gold.delimiter,)
    for delimiter in tried:
        if texts == [delimiter.join(paragraphs) for paragraphs in gold.documents]:
            return delimiter if gold.delimiter is None else None
    plan.faults.append(f"{key}: {text.name} and {gold.file.name} do not hold the same documents.")
    return None


def _read_gold(file: Published, value: Mapping[str, object]) -> Gold:
    """Return the parts of gold data that are compared; the import reports what is wrong in it."""
    documents = [
        tuple(str(part.get("source")) for part in _list_objects(document.get("paragraphs")))
        for document in _list_objects(value.get("documents"))
    ]
    is_said = "paragraph_delimiter" in value
    delimiter = str(value.get("paragraph_delimiter") or "")
    glossary = value.get("glossary")
    lists = {
        str(name): {
            str(entry.get("source")): entry.get("targets") for entry in _list_objects(entries)
        }
        for name, entries in (glossary.items() if isinstance(glossary, dict) else ())
    }
    track = find_track(value.get("track"))
    return Gold(file, tuple(documents), delimiter if is_said else None, lists, track)


def _list_objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _read_json(file: Published) -> object:
    """Return what a file holds, None if it is not JSON: its reader will say why."""
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError):
        return None


def _add_outputs(
    index: FileIndex,
    plan: Plan,
    modes: Mapping[Key, tuple[str, ...]],
    golds: Mapping[Key, Gold],
) -> None:
    matches = list(index.match(OUTPUT, plan.unsent))
    for match, file in matches:
        keys = [Key(task, match["domain"], match["pair"]) for task in _list_tasks(file)]
        known = [key for key in keys if key in modes]
        fitting = [key for key in known if match["mode"] in modes[key]]
        if not known:
            named = " or ".join(map(str, keys))
            plan.unsent.append(f"{file.name}: there is no test set of {named}.")
        elif not fitting:
            choices = ", ".join(dict.fromkeys(mode for key in known for mode in modes[key]))
            plan.unsent.append(
                f"{file.name}: there is no mode {match['mode']}; the modes are {choices}."
            )
        elif len(fitting) > 1 and len({id(golds[key]) for key in fitting}) == 1:
            own = match.group("system", "domain", "pair")
            same = (other for other, _ in matches if other.group("system", "domain", "pair") == own)
            sent = {other["mode"] for other in same}
            chosen = [key for key in fitting if sent & OWN_MODES[key.task]] or fitting[:1]
            plan.outputs += [OutputPlan(match["system"], TASKS[key.task], file) for key in chosen]
        elif len(fitting) > 1:
            plan.unsent.append(
                f"{file.name}: it may be of both tasks. Put it into a folder track1 or track2."
            )
        else:
            plan.outputs.append(OutputPlan(match["system"], TASKS[fitting[0].task], file))


def _list_tasks(file: Published) -> tuple[str, ...]:
    return (file.part,) if file.part else tuple(TASKS)


EDITION = Edition(
    slug="wmt26",
    label="WMT26",
    name="WMT26 terminology task",
    summary="Documents of several domains, with a dictionary or with sample bitexts.",
    modes=("proper", "noterm", "random", "sample"),
    needed_files="{provider}.{domain}.{pair}.track1.json (gold data) and what was released: text, "
    "terms and sample.{domain}.{pair}.json",
    make_plan=make_plan,
    find_part=find_part,
)
