"""Whoever clones the repository can follow every citation of a document in it."""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import give_up

SUFFIXES = {".py", ".md", ".html", ".txt", ".toml", ".css", ".in", ".conf", ".service", ".cff", ""}
OTHERS = ("static/", "requirements/")  # written by others, or by a program
URL = re.compile(r"\w+://\S+")
# The name of a document, with or without its folder, and the number of a section after it.
NAME = re.compile(
    r"""(?<![\w./-]) (?P<name> (?:\.\./)* (?:[\w-][\w.-]*/)* [\w-][\w.-]*\.md ) \b `?
    (?: (?:[ ] | ,[ ](?=section) | \n[ ]*(?:\#[ ])?)
        (?:section[ ])? (?P<section>\d+(?:\.\d+)*) \b )?""",
    re.VERBOSE,
)
DECISION = re.compile(
    r"\bdecisions?(?:/|\s(?:records?\s)?)(?P<number>\d{1,4})\b(?!-)", re.IGNORECASE
)
LINK = re.compile(r"(?<=\]\()(?P<target>[^()\s]+)(?=\))")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(?P<text>.+?) *$", re.MULTILINE)

Tree = Mapping[str, str]  # texts of files by their paths; empty for files that are not looked at
Citation = tuple[int, str, str]  # where it begins, its text, what is missing


@pytest.fixture(scope="module")
def tree(root: Path) -> Tree:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        give_up("needs git")
    if listed.returncode:
        give_up("needs a git checkout")
    names = [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    return {name: read(root / name) if is_read(name) else "" for name in names}


def read(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def is_read(name: str) -> bool:
    return Path(name).suffix in SUFFIXES and not name.startswith(OTHERS)


def find_dead(tree: Tree) -> Iterator[str]:
    """Yield `file:line: citation: what is missing` for each citation that leads nowhere."""
    for file, text in tree.items():
        cited = [*names(file, text, tree), *decisions(text, tree), *links(file, text, tree)]
        for start, words, why in sorted(cited):
            if why:
                line = text.count("\n", 0, start) + 1
                yield f"{file}:{line}: {' '.join(words.split())}: {why}"


def names(file: str, text: str, tree: Tree) -> Iterator[Citation]:
    """Look at documents that are called by their names, from the root, or by the last part."""
    text = blank(LINK, text) if file.endswith(".md") else text
    for found in NAME.finditer(blank(URL, text)):
        name, section = found["name"], found["section"]
        if name.startswith("../"):
            name = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
        documents = [one for one in tree if f"/{one}".endswith(f"/{name}")]
        why = "" if documents else "no such document"
        if section and documents and not any(has_section(tree[one], section) for one in documents):
            why = f"no section {section}"
        yield found.start(), found[0], why


def decisions(text: str, tree: Tree) -> Iterator[Citation]:
    for found in DECISION.finditer(text):
        beginning = f"docs/decisions/{found['number']:0>4}-"
        is_there = any(one.startswith(beginning) for one in tree)
        yield found.start(), found[0], "" if is_there else "no such decision record"


def links(file: str, text: str, tree: Tree) -> Iterator[Citation]:
    """Look at the links of a Markdown file, which begin in its own folder."""
    if not file.endswith(".md"):
        return
    for found in LINK.finditer(blank(URL, blank(FENCE, text))):
        path, _, anchor = found["target"].partition("#")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
        why = ""
        if name not in tree and not any(one.startswith(f"{name}/") for one in tree):
            why = "no such file"
        elif anchor and anchor not in anchors(tree.get(name, "")):
            why = "no such heading"
        yield found.start(), found[0], why


def blank(pattern: re.Pattern[str], text: str) -> str:
    """Replace matches by spaces, so that the rest stays on its lines."""
    return pattern.sub(lambda found: re.sub(r"\S", " ", found[0]), text)


def headings(text: str) -> list[str]:
    return [found["text"] for found in HEADING.finditer(blank(FENCE, text))]


def has_section(text: str, number: str) -> bool:
    return any(re.match(rf"{re.escape(number)}\.? ", heading) for heading in headings(text))


def anchors(text: str) -> set[str]:
    """Return what links call the headings, by the rule of GitHub and GitLab."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in headings(text):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def test_every_citation_leads_somewhere(tree):
    assert list(find_dead(tree)) == []


MD = ".md"  # apart from the names, because this file is looked at, too
GUIDE = "# Guide\n\n## 1. Files\n\n## 2.1 More\n\n## What it's `for`\n\n## Files\n\n## Files\n"
NO_TREE = {
    f"docs/guide{MD}": GUIDE,
    f"docs/decisions/0007-why{MD}": "# 7. Why\n",
    "src/a.py": "",
}


@pytest.mark.parametrize(
    "text",
    [
        f"see docs/guide{MD}",
        f"see guide{MD}.",
        f"docs/guide{MD} 1",
        f"(docs/guide{MD}, section 1)",
        f"# (guide{MD}\n    # section 1)",
        f"`docs/guide{MD}` 2.1",
        f"docs/guide{MD}, 20 lines",  # a number that names no section follows no "section"
        f"https://example.org/other{MD}",
        "decision 7",
        "docs/decisions/0007",
        f"../docs/guide{MD}",
        f'root / "docs" / "guide{MD}"',
    ],
)
def test_a_citation_of_what_is_there_passes(text):
    assert list(find_dead({**NO_TREE, "src/b.py": text})) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"x\nsee docs/plan{MD}", f"src/b.py:2: docs/plan{MD}: no such document"),
        (f"other/guide{MD}", f"src/b.py:1: other/guide{MD}: no such document"),
        (f"../shared/guide{MD}", f"src/b.py:1: ../shared/guide{MD}: no such document"),
        (f"docs/guide{MD} 3", f"src/b.py:1: docs/guide{MD} 3: no section 3"),
        (f"guide{MD} section 2", f"src/b.py:1: guide{MD} section 2: no section 2"),
        (f"(guide{MD}\n# 12)", f"src/b.py:1: guide{MD} # 12: no section 12"),
        ("Decision 8 says", "src/b.py:1: Decision 8: no such decision record"),
    ],
)
def test_a_citation_of_what_is_not_there_is_named(text, why):
    assert list(find_dead({**NO_TREE, "src/b.py": text})) == [why]


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (f"guide{MD}", ""),
        (f"guide{MD}#1-files", ""),
        ("#what-is-there", ""),
        (f"guide{MD}#what-its-for", ""),
        (f"guide{MD}#files-1", ""),
        (f"decisions/0007-why{MD}", ""),
        ("../src/a.py", ""),
        ("../src/", ""),
        ("https://example.org/nothing", ""),
        (f"docs/guide{MD}", "no such file"),
        ("../src/b.py", "no such file"),
        (f"guide{MD}#2-files", "no such heading"),
        ("#files", "no such heading"),
    ],
)
def test_a_link_begins_in_its_own_folder(link, why):
    text = f"# What is there\n\n[text]({link})\n"

    found = list(find_dead({**NO_TREE, f"docs/page{MD}": text}))

    assert found == ([f"docs/page{MD}:3: {link}: {why}"] if why else [])
