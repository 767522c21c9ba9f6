"""docs/node-protocol.md says what the code says: addresses, statuses, words, fields, examples."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from types import ModuleType
from typing import Any, get_args

import pytest
from django.urls import get_resolver

from config.serving import arrivals, worker
from evaluator.container import Limits, TerminologyMode
from evaluator.node.protocol.answers import LATER
from evaluator.node.protocol.run_assignment import read_assignment
from files.trouble import NoRoom, NotWritable
from nodes.models import Run
from nodes.protocol import bodies, downloads, views
from nodes.protocol.bodies import BadBody, Body
from nodes.runs import blame, fitness
from nodes.waking import messages
from tests.integration.test_nodes_protocol import Speaker, make_image, make_image_entry
from tests.integration.test_nodes_refusals import METHODS

BASE = "nodes/v1/"
ADDRESS = re.compile(rf"`(GET|POST|PUT)` \| `/({BASE}[a-zA-Z/]+)`")
EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
OF_DJANGO = {404, 405, 411}  # by its handlers and ours, not by a view of the nodes
READERS = ("text", "texts", "integer", "integer_or_none", "number", "get")
ME, CLAIM, RUN, GOODBYE, HEARTBEAT, RENEWAL, FINISH = range(7)  # the examples, in their order


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "node-protocol.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def examples(text):
    return [json.loads(example) for example in EXAMPLE.findall(text)]


def read_routes() -> set[tuple[str, str]]:
    """Return the method and the address of each route, as the document writes them."""
    routes = get_resolver().reverse_dict
    return {
        (METHODS[name].upper(), address.replace("%(pk)s", "RUN"))
        for name in routes
        if isinstance(name, str)
        for address, _ in routes.getlist(name)[0][0]
        if address.startswith(BASE)
    }


def read_literals(module: ModuleType, called: str, position: int = 0) -> Iterator[Any]:
    """Yield an argument of each call of a function, wherever it is a literal."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and len(node.args) > position:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            argument = node.args[position]
            if name == called and isinstance(argument, ast.Constant):
                yield argument.value


def read_statuses(module: ModuleType) -> set[int]:
    """Return each number that a module gives an answer as its status."""
    keywords = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.keyword) and node.arg == "status"
    ]
    numbers = {
        node.value
        for value in keywords
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and type(node.value) is int
    }
    return numbers | set(read_literals(module, "_error"))


def find_missing(text: str, words: set[str]) -> set[str]:
    """Return the words that the document writes nowhere as code."""
    written = {word for code in CODE.findall(text) for word in re.findall(r"[\w.-]+", code)}
    return words - written


def keys_of(value: Any) -> Any:
    """Return the names in a JSON value without their values; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: keys_of(inner) for name, inner in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) and value else None


WORDS = {
    "outcomes": set(Run.Ending.values),
    "stages": set(Run.Stage.values),
    "purposes": set(Run.Purpose.values),
    "steps": set(blame.REMEDIES),
    "modes": set(get_args(TerminologyMode)),
    "queues": {messages.CPU, messages.GPU, messages.TASK},
    "headers": set(re.findall(r"Terminarium-\w+|Retry-After", inspect.getsource(views))),
    "fields": {name for reader in READERS for name in read_literals(bodies, reader)},
    "fields of views": {name for reader in READERS for name in read_literals(views, reader)},
    "limits": {field.name for field in fields(Limits)},
}


def test_the_table_has_the_addresses_of_the_code(text):
    assert set(ADDRESS.findall(text)) == read_routes()
    assert len(read_routes()) == len(METHODS)


def test_every_status_of_the_code_is_explained(text):
    rows = text.partition("## 10.")[2].partition("### 10.1")[0].splitlines()
    explained = {
        int(status)
        for row in rows
        if "|" in row
        for status in re.findall(r"\d+", row.split("|")[1])
    }
    answered = read_statuses(views) | read_statuses(downloads) | OF_DJANGO | set(LATER)
    answered |= {int(trouble.status) for trouble in (NoRoom, NotWritable)}
    answered |= {int(line[:3]) for line in read_literals(worker, "_refuse", 1)}

    assert {204, 206, 401, 409, 413, 416, 422, 423, 431, 503} <= answered
    assert answered - explained == set()


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_of_the_code_is_written(text, kind):
    assert WORDS[kind]
    assert find_missing(text, WORDS[kind] - {""}) == set()


def test_a_word_that_is_not_written_is_noticed(text):
    new = {"node_vanished", "paused", "Terminarium-Sleep", "run.tpu", "disk_free"}

    assert find_missing(text, new) == new


@pytest.mark.parametrize(
    "bound",
    [
        f"{bodies.MAX_JSON_BYTES:,} bytes",
        f"{bodies.MAX_TEXT:,} characters",
        f"the first {bodies.MAX_PROBLEMS} are read",
        f"the first {bodies.MAX_PROBLEMS} are kept",
        "2^53",
        f"text of {bodies.MAX_ENGINE_ID}, optional",
        f"header has more than {arrivals.MAX_HEADER_BYTES // 1024} KiB",
        f"after {['', 'one', 'two', 'three'][fitness.FAILURES_TO_CHECK]} runs in a row",
        f"{fitness.FIRST_WAIT}, 10, 20, … {fitness.LONGEST_WAIT} s",
    ],
)
def test_the_bounds_are_those_of_the_code(text, bound):
    assert bodies.MAX_INTEGER == 2**53
    assert bound in text


def test_hypotheses_may_be_as_long_as_the_settings_say(text, settings):
    assert f"{settings.MAX_HYPOTHESES_BYTES:,} bytes" in text


def test_the_examples_are_taken(examples):
    claim, heartbeat, finish = (Body(examples[at]) for at in (CLAIM, HEARTBEAT, FINISH))

    offer, process, health = claim.offer(), claim.process(), claim.health()
    assert (offer.gpus, process.replaces) == (
        tuple(examples[CLAIM]["gpus"]),
        frozenset(examples[CLAIM]["process"]["replaces"]),
    )
    assert health.is_fit
    assert heartbeat.sign_of_life().done == 120
    assert finish.run_end().outcome in Run.Ending
    assert examples[GOODBYE]["process"] == process.id
    assert set(examples[ME]) == {"name", "is_drained"}
    assert set(examples[RENEWAL]) == {"cancel", "lease"}


@pytest.mark.parametrize(
    ("example", "read", "field", "value"),
    [
        (CLAIM, "offer", "memory", 1.0),
        (CLAIM, "offer", "gpus", "0"),
        (CLAIM, "process", "process", {"id": "ABCDEF" + 26 * "0"}),
        (CLAIM, "health", "health", {"is_fit": 1}),
        (HEARTBEAT, "sign_of_life", "stage", "asleep"),
        (HEARTBEAT, "sign_of_life", "done", 2001),
        (FINISH, "run_end", "outcome", "node_lost"),
        (FINISH, "run_end", "wall_time", None),
        (FINISH, "run_end", "problems", {}),
    ],
)
def test_what_the_document_forbids_is_refused(examples, example, read, field, value):
    body = Body(examples[example] | {field: value})

    with pytest.raises(BadBody):
        getattr(body, read)()


@pytest.mark.django_db
def test_a_run_has_the_fields_of_the_example(examples, alice, team, test_set):
    make_image_entry(team, alice, test_set, make_image(), needs_gpu=True)

    run = Speaker("gpu-1").claim(gpus=["0"]).json()

    assert keys_of(run) == keys_of(examples[RUN])
    assert read_assignment(examples[RUN]).hold.fence == examples[RUN]["fence"]
