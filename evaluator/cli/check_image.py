"""`terminarium check-image`: will the platform take this image? Its own checks, beforehand."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evaluator.cli.files import (
    STANDARD_INPUT,
    UnopenableError,
    add_json,
    add_problems,
    label,
    open_file,
)
from evaluator.cli.progress import ProgressLine
from evaluator.container.archives import check_archive
from evaluator.container.limits import in_bytes
from evaluator.container.references import LOGIN_HIDDEN, SCHEME, is_host, split_login

if TYPE_CHECKING:
    from evaluator.container.registries import Reference

DESCRIPTION = """\
Check an image with the checks and the messages of the server: an archive that `docker save` or
`podman save` wrote, or an image in a registry, named with its digest. No Docker engine is needed,
and nothing is loaded or unpacked to disk. An image in a registry is fetched, without a login, to a
temporary file (in TMPDIR) that is removed at the end. This needs more packages:
pip install 'terminarium[run]'"""
EXAMPLES = """\
examples:
  docker save --output my-system.tar my-system && terminarium check-image my-system.tar
  docker save my-system | gzip > my-system.tar.gz && terminarium check-image my-system.tar.gz
  terminarium check-image ghcr.io/my-team/my-system@sha256:…   (docker push prints the digest)
  terminarium check-image localhost:5000/my-system@sha256:…    (a registry on this machine)"""
ARCHIVE_ENDINGS = (".tar", ".tgz", ".gz", ".zst", ".xz", ".bz2", ".zip")
FETCH_TIME = 24 * 3600.0  # seconds; a participant's line may be slow, and Ctrl-C ends it
REFERENCE_HINT = (
    "Check the path. For an image in a registry write HOST/NAME@sha256:…; for one in your Docker "
    "engine, give what `docker save --output FILE.tar IMAGE` writes."
)
OTHER_REGISTRIES = (
    "The platform fetches only from the registries that its submission page names. Push the image "
    "to one of them, or upload an archive."
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands."""
    command.add_argument(
        "image",
        metavar="IMAGE",
        help="an archive (a tar file, or gzip of a tar file), or a reference to an image in a "
        "registry with its digest: HOST/NAME@sha256:…",
    )
    add_problems(command)
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Print what the image holds; every problem goes to standard error, and the status is 1."""
    is_file = options.image == STANDARD_INPUT or os.path.exists(options.image)
    reference = None if is_file else _read_reference(options.image)
    name = label(options.image) if reference is None else str(reference)
    with ProgressLine() as progress, _open_image(options.image, reference, progress) as stream:
        short = Path(name).name
        checked = check_archive(
            stream, name, on_progress=lambda share: progress.show(f"{short}: {share:.0%} checked …")
        )
    for note in checked.notes:
        options.messages.note(note)
    options.answer = {
        "image": {
            "id": checked.image.id,
            "layers": len(checked.layers),
            "unpacked_bytes": checked.unpacked_bytes,
            "runs_as": checked.image.runs_as,
        }
    }
    if reference is not None:
        options.messages.note(OTHER_REGISTRIES)
        options.answer["image"]["reference"] = str(reference)
    if not options.json:
        layers = "1 layer" if len(checked.layers) == 1 else f"{len(checked.layers)} layers"
        size, user = in_bytes(checked.unpacked_bytes), checked.image.runs_as
        what = f"{checked.image.id}, {layers}, {size} unpacked, runs as {user}"
        print(f"{name}: can be submitted ({what}).")
    return 0


def _read_reference(text: str) -> Reference:
    """Read a reference to a registry; raises ImageError, and UnopenableError for a file's path."""
    login, place = split_login(text)
    path = LOGIN_HIDDEN + place if ":" in login else text  # a password is not repeated
    try:
        from evaluator.container.registries import parse_reference
    except ImportError:
        raise UnopenableError(
            path,
            "there is no such file. Check the path. To check an image in a registry, install more "
            "packages:  pip install 'terminarium[run]'",
        ) from None
    host, slash, _ = place.removeprefix(SCHEME).partition("/")
    looks_like_reference = "@sha" in text or "://" in text or (slash and is_host(host))
    if not looks_like_reference or text.endswith(ARCHIVE_ENDINGS):
        raise UnopenableError(path, f"there is no such file. {REFERENCE_HINT}")
    return parse_reference(text)


@contextlib.contextmanager
def _open_image(
    path: str, reference: Reference | None, progress: ProgressLine
) -> Iterator[BinaryIO]:
    """Open an archive, or a copy of an image in a registry. Raises UnopenableError."""
    if reference is None:
        with open_file(path) as stream:
            if not stream.seekable():
                raise UnopenableError(
                    label(path),
                    "this is a pipe, and an archive is read more than once. Write the image to a "
                    "file.",
                )
            yield stream
        return
    with _fetch(reference, progress) as copy:
        yield copy


def _fetch(reference: Reference, progress: ProgressLine) -> BinaryIO:
    """Return a copy of an image in a temporary file. Raises ImageError, UnopenableError."""
    from evaluator.container.registries import NetworkError, fetch_image, trust_named_registry

    try:
        with contextlib.ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile())
            fetch_image(
                reference,
                copy,
                trust_named_registry(reference),
                seconds=FETCH_TIME,
                on_progress=lambda share: progress.show(f"{reference.host}: {share:.0%} fetched …"),
            )
            copy.seek(0)
            stack.pop_all()  # the caller closes it
            return copy
    except NetworkError as error:
        raise UnopenableError(
            str(reference),
            f"the registry did not send the image ({error}). Check the registry's name and your "
            "network, or try again later. Or check the archive that `docker save` writes.",
        ) from None
    except OSError as error:  # of the copy: failures of the network are NetworkErrors
        raise UnopenableError(
            str(reference),
            f"the image can't be stored in a temporary file ({error.strerror}). Name a folder with "
            "more room in TMPDIR.",
        ) from None
