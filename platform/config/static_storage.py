"""How `manage.py collectstatic` stores files: joined, named by their content, compressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.finders import find
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# A style sheet of imports, which a page loads by one request instead of one for each.
JOINED = "css/site.css"
IMPORT = re.compile(r'^@import url\("([\w-]+\.css)"\);$', re.MULTILINE)


class JoiningStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's storage with gzip and brotli; it puts imported style sheets into JOINED."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str, bool]]:
        """Join, then let names and compressed files be made."""
        if JOINED in paths and not dry_run:
            storage, path = paths[JOINED]
            with storage.open(path) as file:
                joined = IMPORT.sub(lambda match: _read(match[1]), file.read().decode())
            self.delete(JOINED)
            self.save(JOINED, ContentFile(joined.encode()))
            paths = {**paths, JOINED: (self, JOINED)}
        yield from super().post_process(paths, dry_run=dry_run, **options)


def _read(name: str) -> str:
    with open(str(find(f"css/{name}")), encoding="utf-8") as file:
        return file.read()
