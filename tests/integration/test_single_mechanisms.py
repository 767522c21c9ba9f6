"""What is done in one place stays there: each pattern may stand in these files and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounts import access as team_access
from config import env, middleware
from demo import docker_engine
from evaluator.formats import compression
from evaluator.node.brokers import folder_broker
from leaderboard import kept_pages
from sharedtasks import access as task_access
from sharedtasks import viewers
from sharedtasks.management.commands import add_organiser
from sharedtasks.services import roles
from submissions.pages import quotas

MECHANISMS = {
    "unpacking gzip": (
        r"decompressobj|zlib\.decompress|GzipFile|gzip\.(open|decompress)|from (gzip|zlib) import",
        [compression, middleware, kept_pages],  # the last two unpack what the site has packed
    ),
    "options of the folder broker": (r"data_folder_(in|out)|control_folder", [folder_broker]),
    # A program that is started gets some variables as they are.
    "reading variables": (
        r"os\.environ(\[|\.get\()|getenv|import environ|environment\.get\(",
        [docker_engine],
    ),
    # A view that looks at the rows itself could take a role for one that counts.
    "looking roles up": (
        r"\broles\.counting\(|Organiser\.objects\b",
        [viewers, team_access, task_access, quotas, roles, add_organiser],
    ),
    "the process's variables as settings": (r"Environment\(os\.environ", [env]),
}


@pytest.mark.parametrize(("pattern", "places"), MECHANISMS.values(), ids=MECHANISMS)
def test_it_is_done_in_one_place(root, pattern, places):
    files = [file for top in ("evaluator", "platform") for file in (root / top).rglob("*.py")]
    holding = {file for file in files if re.search(pattern, file.read_text())}

    assert len(files) > 200
    assert holding == {Path(module.__file__).resolve() for module in places}
