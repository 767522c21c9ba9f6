"""Archives of images: checked without an engine, and written again without their names."""

from __future__ import annotations

from evaluator.container.archives.checking import (
    ArchiveLimits,
    ImageArchive,
    check_archive,
    write_canonical,
)
from evaluator.container.archives.layers import Layer

__all__ = ["ArchiveLimits", "ImageArchive", "Layer", "check_archive", "write_canonical"]
