"""`terminarium check-image`: will the platform take this image? Its own checks, beforehand."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluator.cli.files import UnopenableError, add_json, add_problems, label, open_file
from evaluator.cli.progress import Progress
from evaluator.container.archives import ImageArchive, check_archive
from evaluator.container.limits import in_bytes

DESCRIPTION = """\
Check an archive that `docker save` or `podman save` wrote, with the checks and the messages of the
server. No Docker engine is needed; nothing is loaded or unpacked to disk."""
EXAMPLES = """\
examples:
  docker save --output my-system.tar my-system && terminarium check-image my-system.tar
  docker save my-system | gzip > my-system.tar.gz && terminarium check-image my-system.tar.gz"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    command.add_argument("archive", metavar="ARCHIVE", help="a tar file, or gzip of one")
    add_problems(command)
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Print what the archive holds; every problem goes to standard error, and the status is 1."""
    name = Path(label(options.archive)).name
    with open_file(options.archive) as stream, Progress() as progress:
        if not stream.seekable():
            raise UnopenableError(
                label(options.archive),
                "this is a pipe, and an archive is read more than once. Write the image to a file.",
            )
        found = check_archive(
            stream,
            label(options.archive),
            on_progress=lambda share: progress.show(f"{name}: {share:.0%} checked …"),
        )
    for note in found.notes:
        options.messages.note(note)
    options.answer = {
        "image": {
            "id": found.image.id,
            "layers": len(found.layers),
            "unpacked_bytes": found.unpacked_bytes,
            "runs_as": found.image.runs_as,
        }
    }
    if not options.json:
        print(f"{label(options.archive)}: can be submitted ({_described(found)}).")
    return 0


def _described(found: ImageArchive) -> str:
    layers = "1 layer" if len(found.layers) == 1 else f"{len(found.layers)} layers"
    size = in_bytes(found.unpacked_bytes)
    return f"{found.image.id}, {layers}, {size} unpacked, runs as {found.image.runs_as}"
