"""A release is one number: in the package, the citation, the changelog and the guides."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
HEADING = re.compile(r"\[([0-9]+)\.([0-9]+)\.([0-9]+)\] - ([0-9]{4}-[0-9]{2}-[0-9]{2})")
# A version of ours in a guide: of the wheel, of what a command prints, of a requirement.
OURS = re.compile(r'terminarium[-= ]+([0-9]+(?:\.[0-9]+)+)|"version": "([^"]+)"', re.IGNORECASE)


def read_releases(changelog: str) -> list[tuple[tuple[int, ...], date]]:
    """Return versions and days of a changelog, the newest first; ValueError for other headings."""
    first, *headings = re.findall(r"^## (.*)", changelog, re.MULTILINE)
    if first != "Unreleased":
        raise ValueError(f"the first heading is {first!r}")
    releases = []
    for heading in headings:
        parts = HEADING.fullmatch(heading)
        if parts is None:
            raise ValueError(f"not a release: {heading!r}")
        *numbers, day = parts.groups()
        releases.append((tuple(map(int, numbers)), date.fromisoformat(day)))
    if releases != sorted(releases, reverse=True) or len(dict(releases)) < len(releases):
        raise ValueError("the releases are not in order")
    return releases


def versions_in(text: str) -> set[str]:
    return {first or second for first, second in OURS.findall(text)}


def test_the_newest_release_is_the_package_and_the_citation():
    (version, day), *_ = read_releases((ROOT / "CHANGELOG.md").read_text())
    citation = dict(re.findall(r"^([a-z-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))

    assert ".".join(map(str, version)) == VERSION == citation["version"]
    assert day.isoformat() == citation["date-released"]


def test_the_guides_name_this_version():
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

    named = {file.name: versions_in(file.read_text()) for file in files}

    assert {"operators.md", "participants.md"} <= {name for name, found in named.items() if found}
    assert set().union(*named.values()) == {VERSION}


@pytest.mark.parametrize(
    "changelog",
    [
        "## [0.2.0] - 2026-11-28\n",
        "## Unreleased\n\n## 0.2.0\n",
        "## Unreleased\n\n## [0.2.0] - 28 Nov 2026\n",
        "## Unreleased\n\n## [0.2.0] - 2026-11-31\n",
        "## Unreleased\n\n## [0.9.0] - 2027-01-01\n\n## [0.10.0] - 2026-11-28\n",
        "## Unreleased\n\n## [0.2.0] - 2026-11-29\n\n## [0.2.0] - 2026-11-28\n",
        "## Unreleased\n\n## [0.2.0] - 2026-11-28\n\n## Unreleased\n",
    ],
)
def test_what_is_no_list_of_releases_is_seen(changelog):
    with pytest.raises(ValueError, match=r"heading|release|day"):
        read_releases(changelog)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pip install 'terminarium[node]'", set()),
        ("terminarium-1.0.0-py3-none-any.whl", {"1.0.0"}),
        ("pip install terminarium==0.3.1", {"0.3.1"}),
        ('{"command": "score", "version": "0.1.0"}', {"0.1.0"}),
        ("Terminarium 2.0 prints", {"2.0"}),
        ("`terminarium score` prints 3 lines", set()),
    ],
)
def test_a_version_in_a_guide_is_seen(text, found):
    assert versions_in(text) == found
