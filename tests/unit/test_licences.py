"""The licence of the project, and of each file of others that the repository contains."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDORED = sorted(path for path in (ROOT / "static" / "vendor").iterdir() if path.is_dir())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# https://www.apache.org/licenses/LICENSE-2.0.txt, with its appendix
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
# First and last words of each licence: a text that was cut off has not got both.
WHOLE_LICENCES = {
    "SIL Open Font License 1.1": (
        "SIL OPEN FONT LICENSE Version 1.1",
        "DEALINGS IN THE FONT SOFTWARE.",
    ),
    "Zero-Clause BSD": ("Zero-Clause BSD", "USE OR PERFORMANCE OF THIS SOFTWARE."),
}


def test_the_licence_is_the_whole_official_text():
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2


def test_the_package_names_its_licence():
    assert PROJECT["license"] == "Apache-2.0"
    assert set(PROJECT["license-files"]) == {"LICENSE", "NOTICE"}
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])


@pytest.mark.parametrize("folder", VENDORED, ids=lambda path: path.name)
def test_a_vendored_folder_has_its_licence_beside_it(folder):
    text = " ".join((folder / "LICENSE").read_text().split())
    notices = " ".join((ROOT / "NOTICE").read_text().split())

    [licence] = [
        name
        for name, (first, last) in WHOLE_LICENCES.items()
        if first in text and text.endswith(last)
    ]
    assert re.search(rf"static/vendor/{re.escape(folder.name)}/ [^()]*{licence}", notices)


def test_the_fonts_for_europe_are_small_and_loaded_for_their_letters():
    style = (ROOT / "static" / "css" / "fonts.css").read_text()
    script = (ROOT / "deploy" / "fonts" / "subset.py").read_text()
    letters = "".join(re.findall(r'^    "([0-9A-F,-]+)"$', script, re.M)).split(",")
    faces = re.findall(r"europe-(?:sans|serif)\.woff2.*unicode-range: (.*);", style)

    assert len(letters) > 10
    assert [face.split(", ") for face in faces] == [[f"U+{part}" for part in letters]] * 2
    files = list((ROOT / "static" / "vendor").glob("europe-*/*.woff2"))
    assert sum(file.stat().st_size for file in files) < 30_000


def test_the_notice_names_no_file_that_is_gone():
    notice = (ROOT / "NOTICE").read_text()
    named = re.findall(r"static/vendor/([^/\s]+)/", notice)

    assert sorted(named) == [folder.name for folder in VENDORED]
    paths = re.findall(r"[\w.-]+(?:/[\w.-]+)+", notice)
    assert "evaluator/container/seccomp.json" in paths
    # The profile of Moby is theirs, not ours.
    assert [
        path for path in paths if not path.startswith("profiles/") and not (ROOT / path).exists()
    ] == []


def test_the_citation_is_of_this_version():
    fields = dict(re.findall(r"^([a-z-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))

    assert fields["cff-version"] == "1.2.0"
    assert fields["version"] == PROJECT["version"]
    assert fields["license"] == PROJECT["license"]
    assert {"message", "title"} <= set(fields)
