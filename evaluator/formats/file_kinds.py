"""Recognises documents of office programs and the like by their bytes."""

from __future__ import annotations

SAVE_AS_TEXT = "Save it as plain text in UTF-8, one segment a line."
SAVE_AS_TABLE = "Save it as CSV (UTF-8)."

# By how a file begins.
MAGIC = {
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Word or Excel file (.doc, .xls)",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "an array of NumPy",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"\x7fELF": "a program",
}
# By names of members, which stand in a zip archive as they are, and its type at its beginning.
ZIP = b"PK\x03\x04"
HEAD = 200  # bytes: of OpenDocument and EPUB the type comes first, uncompressed
TYPES = {
    b"application/vnd.oasis.opendocument.text": "an OpenDocument text (.odt)",
    b"application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument spreadsheet (.ods)",
    b"application/vnd.oasis.opendocument": "an OpenDocument file",
    b"application/epub+zip": "an EPUB book",
}
MEMBERS = {
    b"word/document.xml": "a Word document (.docx)",
    b"xl/workbook.xml": "an Excel workbook (.xlsx)",
    b"xl/workbook.bin": "an Excel workbook (.xlsb)",
    b"ppt/presentation.xml": "a PowerPoint presentation (.pptx)",
    b"Index/Document.iwa": "a document of Apple's iWork",
    b"META-INF/container.xml": "an EPUB book",
    b"[Content_Types].xml": "an office document",
    b"META-INF/manifest.xml": "an OpenDocument file",
}


# By a file's name, where its bytes say no more than that it is a zip archive.
ENDINGS = {
    ".docx": "a Word document (.docx)",
    ".xlsx": "an Excel workbook (.xlsx)",
    ".odt": "an OpenDocument text (.odt)",
    ".ods": "an OpenDocument spreadsheet (.ods)",
}


def document_kind(data: bytes | bytearray, name: str = "") -> str | None:
    """Return what document these are the bytes of, None for text and for what we do not know.

    `name` is the file's.
    """
    if not data.startswith(ZIP):
        return next((kind for start, kind in MAGIC.items() if data.startswith(start)), None)
    head = bytes(data[:HEAD])
    of_type = next((kind for mark, kind in TYPES.items() if mark in head), None)
    of_member = next((kind for member, kind in MEMBERS.items() if member in data), None)
    of_name = next(
        (kind for ending, kind in ENDINGS.items() if name.lower().endswith(ending)), None
    )
    return of_type or of_member or of_name


def document_kind_of_members(names: list[str]) -> str | None:
    """Return what document a zip archive with members of these names is, None for an archive."""
    held = set(names)
    return next((kind for name, kind in MEMBERS.items() if name.decode() in held), None)
