"""What a request's header says: how much has to be received first, and which threads take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from config.body_limits import SMALL_BODY

MAX_HEADER_BYTES = 64 * 1024

END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)", re.IGNORECASE)
# A length that we cannot read, a body of unknown length.
UNCLEAR = re.compile(rb"\r\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
NODES = re.compile(rb"[A-Z]+ /nodes/")
DOWNLOAD = re.compile(rb"GET /nodes/v1/runs/\d+/image[ ?]")


class Lane(StrEnum):
    """The threads that answer a request. Lanes do not slow each other down."""

    PAGES = "pages"
    NODES = "nodes"  # the protocol: signs of life must not wait for pages
    TRANSFERS = "transfers"  # bodies that are read while they come, images on their way to nodes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request whose header is complete."""

    lane: Lane
    awaited: int  # bytes of header and body before a thread takes it
    is_whole: bool  # nothing of it comes after these bytes
    expects: bool = False  # its client waits for "100 Continue" before it sends a small body


def read_arrival(received: bytes | bytearray) -> Arrival | None:
    """Return the parsed header, or None while it is incomplete."""
    end = received.find(END)
    if end < 0:
        return None
    head = bytes(received[: end + 2])
    size = end + len(END)
    lengths = LENGTH.findall(head)
    is_clear = len(lengths) == len(UNCLEAR.findall(head)) <= 1
    # A length of more than 18 digits is never a small body.
    body = int(lengths[0].lstrip(b"0")[:18] or 0) if lengths and is_clear else 0
    if not is_clear or body > SMALL_BODY:
        return Arrival(Lane.TRANSFERS, size, is_whole=False)
    # A small body that asks for it is not a transfer, so that a visitor cannot fill that lane.
    expects = bool(body and EXPECTS.search(head) and b" HTTP/1.1" in head[: head.find(b"\r\n")])
    if DOWNLOAD.match(head):
        lane = Lane.TRANSFERS
    else:
        lane = Lane.NODES if NODES.match(head) else Lane.PAGES
    return Arrival(lane, size + body, is_whole=True, expects=expects)
