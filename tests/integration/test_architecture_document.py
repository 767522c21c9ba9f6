"""docs/architecture.md names what is there: functions, folders, states, layers, dates."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from sharedtasks.corrections import CORRECTION_MOVES
from sharedtasks.models import Phase
from sharedtasks.policy import Thing, instant_of
from submissions.states import ENTRY_MOVES, RESCORE_MOVES, SUBMISSION_MOVES, MovedBy

CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
MOVE = re.compile(r"^ +(\w+) --> (\w+)$", re.MULTILINE)
WHO = {  # how the table names them
    MovedBy.PLATFORM: ("a worker", "a node"),
    MovedBy.TEAM: ("a member",),
    MovedBy.ORGANISER: ("an organiser",),
}
UNSET = {"own_scores_at", "board_at", "team_names_at", "outputs_at", "references_at", "logs_at"}


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def read_layers(root: Path) -> list[str]:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(one["layers"] for one in contracts if one["type"] == "layers")


def read_names(text: str, apps: set[str]) -> set[str]:
    """Return each dotted name that begins with an app or the evaluator."""
    code = "\n".join(CODE.findall(text) + [block for _, block in BLOCK.findall(text)])
    names = re.findall(r"\b[a-z_]+(?:\.[a-zA-Z_]+)+", code)
    return {name for name in names if name.partition(".")[0] in apps}


def exists(name: str) -> bool:
    """Return whether a name is a module, or something in a module."""
    try:
        import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return bool(module) and exists(module) and hasattr(import_module(module), attribute)
    return True


def read_moves(text: str, heading: str) -> set[tuple[str, str]]:
    section = text.partition(heading)[2].partition("\n##")[0]
    return set(MOVE.findall(section))


def read_movers(text: str) -> dict[tuple[str, str], set[str]]:
    """Return who makes each move, from the table of 4.3."""
    movers: dict[tuple[str, str], set[str]] = defaultdict(set)
    section = text.partition("### 4.3 Who moves them")[2].partition("\n##")[0]
    for row in section.splitlines():
        if not row.startswith("| `"):
            continue
        moves, who, _ = row.strip("| ").split(" | ")
        old: list[str] = []
        for part in re.split(r"[;.:]| also ", moves):
            before, arrow, after = part.partition("→")
            old = CODE.findall(before) or old  # "a → b; → c" is of one state
            for move in product(old, CODE.findall(after) if arrow else []):
                movers[move].add(who)
    return movers


def test_every_module_and_function_is_there(text, root):
    names = read_names(text, {*read_layers(root), "config", "evaluator"})

    assert len(names) > 40
    assert {name for name in names if not exists(name)} == set()


@pytest.mark.parametrize(
    "name",
    ["nodes.runs.claims.give", "submissions.tasks2", "evaluator.read_slot", "leaderboard.x.y.z"],
)
def test_a_name_that_is_not_there_is_noticed(name):
    assert not exists(name)


def test_the_apps_stand_in_the_order_of_the_layers(text, root):
    block = next(block for kind, block in BLOCK.findall(text) if "accounts   " in block)
    apps = [line.split()[0] for line in block.splitlines() if line]

    assert apps[: apps.index("audit") + 1] == read_layers(root)
    assert apps[-1] == "evaluator"


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("### 4.1 Submissions", SUBMISSION_MOVES),
        ("### 4.2 Entries", ENTRY_MOVES),
        ("### 4.4 Rescores", RESCORE_MOVES),
        ("### 4.5 Corrections", [(*move, None) for move in CORRECTION_MOVES]),
    ],
)
def test_the_moves_are_those_of_the_code(text, heading, moves):
    assert read_moves(text, heading) == {(str(old), str(new)) for old, new, _ in moves}


def test_the_table_of_who_moves_rows_has_every_move_by_its_mover(text):
    movers = {
        (str(old), str(new)): by
        for moves in (SUBMISSION_MOVES, ENTRY_MOVES)
        for old, new, by in moves
    }

    told = read_movers(text)

    assert told.keys() == movers.keys()
    for move, by in movers.items():
        assert all(who.startswith(WHO[by]) for who in told[move]), move


def test_every_folder_is_there(text, root):
    tree = text.partition("## 2. The tree")[2].partition("\n## ")[0]
    rows = [row for row in tree.splitlines() if row.startswith("| `")]
    folders = {folder for row in rows for folder in CODE.findall(row.split("|")[1])}

    assert {folder for folder in folders if not (root / folder).is_dir()} == set()
    packages = {f"evaluator/{path.parent.name}/" for path in root.glob("evaluator/*/__init__.py")}
    assert packages | {"platform/", "tests/", "docs/", "templates/", "static/"} <= folders


def test_every_thing_under_embargo_has_its_date(text):
    table = text.partition("### 6.2")[2].partition("### 6.3")[0]
    phase = Phase(**{name: name for name in UNSET}, opens_at="opens_at")

    named = set(CODE.findall(table))
    assert {str(instant_of(thing, phase)) for thing in Thing} <= named
    assert len([row for row in table.splitlines() if row.startswith("| ")]) == len(Thing) + 1
