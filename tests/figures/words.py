"""Occurrences of words that plain English has few of."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence

from tests.figures.sources import Place, Source

WORDS = {
    "one": re.compile(r"\bone\b", re.IGNORECASE),
    "found": re.compile(r"\bfound\b", re.IGNORECASE),
    "who / whom": re.compile(r"\bwhom?\b", re.IGNORECASE),
    "is no / are no": re.compile(r"\b(?:is|are)\s+no\b", re.IGNORECASE),
}
Documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def find_word(word: str, sources: Sequence[Source]) -> list[Place]:
    """Return each occurrence of a key of WORDS, with the line on which it begins."""
    places = []
    for source in sources:
        lines = source.text.splitlines()
        for first, text in read_texts(source):
            for match in WORDS[word].finditer(text):
                line = first + text.count("\n", 0, match.start())
                places.append(Place(source.path, line, lines[line - 1].strip()))
    return places


def read_texts(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the identifiers in words, the comments and the docstrings, each with its first line."""
    for node in ast.walk(source.tree):
        line = getattr(node, "lineno", 1)
        for name in _identifiers(node):
            yield line, name.replace("_", " ")
        if isinstance(node, Documented) and (text := ast.get_docstring(node, clean=False)):
            yield node.body[0].lineno, text
    yield from _comments(source.text)


def _identifiers(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node itself holds: every string of it that is not a literal."""
    if isinstance(node, ast.Constant):
        return
    for _, value in ast.iter_fields(node):
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str):
                yield name


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments; those on consecutive lines as one text, as a sentence may cross lines."""
    first, last, block = 0, 0, ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if line != last + 1:
            yield first, block
            first, block = line, ""
        block += token.string.lstrip("#") + "\n"
        last = line
    yield first, block
