"""XML in the encoding that it declares → UTF-8."""

from __future__ import annotations

import codecs
import re

from evaluator.formats.limits import Refused, TooLarge

DECLARATION = re.compile(
    rb"""\s*<\?xml\s[^<>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,40})["']"""
)
HEAD = 400  # bytes
STEP = 1024 * 1024  # bytes decoded at once
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# By Python's names; encodings that XML of our kinds is written in, all of them stateless or nearly.
KNOWN = re.compile(
    r"ascii|utf-8|utf-16(?:-[lb]e)?|iso8859-\d+|cp125\d|cp866|koi8-[ru]|mac-roman|shift_jis|cp932"
    r"|euc_jp|euc_kr|cp949|gb2312|gbk|gb18030|big5|big5hkscs|tis-620|cp874"
)


def as_utf8(data: bytearray, *, max_bytes: int) -> bytearray:
    """Return XML that declares another encoding in UTF-8; everything else as it is.

    Bytes that are UTF-8 stay as they are, whatever is declared. The declaration stays too, because
    the readers of XML here get text. Raises Refused for an unknown encoding and for bytes that the
    encoding does not have, and TooLarge for more than `max_bytes` of UTF-8.
    """
    name = _declared(data)
    if name is None:
        return data
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if not KNOWN.fullmatch(known):
        shown = name[:40]
        raise Refused(f"The file says that its encoding is {shown}. Save it as UTF-8.", 1)
    if known in ("utf-8", "ascii") or (not known.startswith("utf-16") and _is_utf8(data)):
        return data  # many programs write UTF-8 and declare what they read
    return _convert(data, known, max_bytes)


def _declared(data: bytearray) -> str | None:
    """Return the encoding that an XML declaration names, None if there is no declaration."""
    head = bytes(data[:HEAD])
    if head.startswith(UTF_16) or b"<\0?\0" in head[:4] or b"\0<\0?" in head[:4]:
        wide = "utf-16" if head.startswith(UTF_16) else "utf-16-le" if head[1] == 0 else "utf-16-be"
        start = head.decode(wide, "ignore").lstrip("\ufeff \t\r\n")
        return wide if start.startswith("<?xml") else None
    declaration = DECLARATION.match(head)
    return declaration[1].decode() if declaration else None


def _is_utf8(data: bytearray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), STEP):
            decoder.decode(data[start : start + STEP], final=start + STEP >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _convert(data: bytearray, encoding: str, max_bytes: int) -> bytearray:
    decoder = codecs.getincrementaldecoder(encoding)()
    converted = bytearray()
    for start in range(0, len(data), STEP):
        piece = bytes(data[start : start + STEP])
        try:
            text = decoder.decode(piece, final=start + STEP >= len(data))
            converted += text.encode()
        except UnicodeError:
            raise Refused(
                f"The file says that its encoding is {encoding}, and has bytes that are none of "
                "its characters. Save it as UTF-8.",
                converted.count(b"\n") + 1,
            ) from None
        if len(converted) > max_bytes:
            raise TooLarge(f"The file is larger than {max_bytes:,} bytes, the limit, in UTF-8.")
    return converted
