"""Errors of the disk while an upload is written, and what people are told."""

from __future__ import annotations

import errno
from http import HTTPStatus

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE})


class StorageTrouble(Exception):
    """Nothing can be stored now, and it is not the sender's fault."""

    status: HTTPStatus


class NoRoom(StorageTrouble):
    """The disk would be too full."""

    status = HTTPStatus.INSUFFICIENT_STORAGE

    def __init__(self) -> None:
        super().__init__(
            "We have no room for your upload at the moment. This is our fault, not yours. "
            "Tell the organisers, or try again later."
        )


class NotWritable(StorageTrouble):
    """The disk cannot be written to."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "We cannot store anything at the moment. This is our fault, not yours. "
            "Tell the organisers, or try again later."
        )


def trouble_in(error: BaseException) -> StorageTrouble | None:
    """Return what an error says about our storage, or None if it is about something else."""
    if isinstance(error, StorageTrouble):
        return error
    if not isinstance(error, OSError):
        return None
    if error.errno in FULL:
        return NoRoom()
    return NotWritable() if error.errno in NOT_WRITABLE else None
