"""Functions: how long they are, and which private ones have a single caller."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.figures.sources import Place, Source

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Measured:
    """A function and its length, from `def` to its last line."""

    place: Place
    length: int


def measure_functions(sources: Sequence[Source]) -> list[Measured]:
    """Return every function, methods and nested functions too, the longest first."""
    measured = [
        Measured(_place(source, function), (function.end_lineno or 0) - function.lineno + 1)
        for source in sources
        for function in _functions(source.tree)
    ]
    return sorted(measured, key=lambda function: -function.length)


def find_private(sources: Sequence[Source]) -> list[Place]:
    """Return the functions with a leading underscore (not `__init__` and the like)."""
    return [
        _place(source, function)
        for source in sources
        for function in _functions(source.tree)
        if _is_private(function)
    ]


def find_called_once(sources: Sequence[Source]) -> list[Place]:
    """Return the private functions that their file mentions once, in a call.

    A function that calls itself is not a second caller. A function that is handed on as a value
    (`key=_rank`, `partial(_begin, …)`) is not counted, as it has to be a function.
    """
    places = []
    for source in sources:
        mentions, calls = count_mentions(source.tree)
        for function in filter(_is_private, _functions(source.tree)):
            own_mentions, own_calls = count_mentions(function)
            name = function.name
            if mentions[name] - own_mentions[name] == calls[name] - own_calls[name] == 1:
                places.append(_place(source, function))
    return places


def count_mentions(tree: ast.AST) -> tuple[Counter[str], Counter[str]]:
    """Return how often each name is mentioned, and how often it is called."""
    nodes = list(ast.walk(tree))
    mentions = Counter(name for node in nodes if (name := _name(node)))
    calls = Counter(
        name for node in nodes if isinstance(node, ast.Call) and (name := _name(node.func))
    )
    return mentions, calls


def _functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def _is_private(function: Function) -> bool:
    return function.name.startswith("_") and not function.name.startswith("__")


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _place(source: Source, function: Function) -> Place:
    return Place(source.path, function.lineno, function.name)
