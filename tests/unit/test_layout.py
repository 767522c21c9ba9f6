"""Promises about the tree that no other test would notice breaking."""

from __future__ import annotations

import ast
import platform
import re
import subprocess
import sysconfig
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import give_up

COMPILED = ["runtime.txt", "test.txt"]


def pins(path: Path) -> dict[str, str]:
    """Return name → the rest of its logical line (version, marker, hashes)."""
    text = path.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("==", 1) for line in lines)


def test_platform_is_the_standard_library():
    assert platform.__file__ is not None
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert platform.python_version()


def test_docker_is_the_sdk():
    import docker

    assert docker.__file__ is not None  # a folder of the repository has none
    assert docker.APIClient


@pytest.mark.parametrize("folder", ["platform", "docker"])
def test_a_folder_that_is_no_package_stays_none(root, folder):
    assert not (root / folder / "__init__.py").exists()


@pytest.mark.parametrize("name", ["runtime.in", "test.in", *COMPILED])
def test_requirements_name_no_index(root, name):
    text = (root / "requirements" / name).read_text()

    assert not re.search(r"://|^\s*(-i|-f|--(extra-)?index|--find-links|--trusted)", text, re.M)


@pytest.mark.parametrize("name", COMPILED)
def test_every_pin_has_a_hash(root, name):
    unhashed = [
        package
        for package, rest in pins(root / "requirements" / name).items()
        if not re.search(r"--hash=sha256:[0-9a-f]{64}", rest)
    ]

    assert not unhashed


def test_the_test_pins_contain_the_runtime_pins(root):
    # The Makefile counts on it: after `make setup`, `make demo` installs nothing.
    runtime, test = (pins(root / "requirements" / name) for name in COMPILED)

    assert {name: test.get(name) for name in runtime} == runtime


def test_the_project_asks_for_what_is_pinned(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(extras["run"]) < set(extras["node"])
    asked = project["dependencies"] + extras["platform"] + extras["node"]
    wanted = (root / "requirements" / "runtime.in").read_text()

    for requirement in asked:
        plain = requirement.replace("sacrebleu>=", "sacrebleu[ko]>=")  # Korean BLEU on the server
        assert re.search(rf"^{re.escape(plain)}(\s|$)", wanted, re.M), requirement


def test_no_file_names_a_home_folder(root):
    try:
        files = subprocess.run(
            [
                "git",
                "grep",
                "-nIE",
                r"/(home|Users)/[a-z]+/|/root/",
                "--",
                ":!tests/unit/test_layout.py",
            ],
            cwd=root,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        give_up("needs git")

    if files.returncode > 1:
        give_up("needs a git checkout")
    assert files.stdout == ""


def test_no_test_takes_a_port_that_another_process_may_take_too(root):
    taken = re.compile(r"from demo\.processes import .*\bfree_port\b")

    found = [path for path in (root / "tests").rglob("*.py") if taken.search(path.read_text())]

    assert not found, "use tests.services.service.free_port"


def test_no_test_makes_an_application_of_its_own_the_current_one(root):
    """In the same process later tests would send and read with it, each thread another."""
    makes = re.compile(r"\bCelery\((?![^)]*set_as_current=False)")

    paths = sorted(path for path in (root / "tests").rglob("*.py") if path.name != "test_layout.py")

    assert not [path for path in paths if makes.search(path.read_text())]


def test_no_fixture_stands_word_for_word_in_two_files(root):
    places = defaultdict(set)
    for path in (root / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            scopes = [ast.unparse(decorator) for decorator in node.decorator_list]
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if any("fixture" in scope for scope in scopes) and len(body) > 1:
                places[*scopes, *map(ast.unparse, body)].add(path.relative_to(root))

    assert len(places) > 100
    assert [paths for paths in places.values() if len(paths) > 1] == []
