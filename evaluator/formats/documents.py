"""Files of office programs and the like, told by their bytes: what they are, and the way out."""

from __future__ import annotations

SAVE_AS_TEXT = "Save it as plain text in UTF-8, one segment a line."

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


def document_kind(data: bytes | bytearray) -> str | None:
    """Return what document these are the bytes of, None for text and for what we do not know."""
    if not data.startswith(ZIP):
        return next((kind for start, kind in MAGIC.items() if data.startswith(start)), None)
    head = bytes(data[:HEAD])
    of_type = next((kind for name, kind in TYPES.items() if name in head), None)
    return of_type or next((kind for name, kind in MEMBERS.items() if name in data), None)


def document_kind_of_members(names: list[str]) -> str | None:
    """Return what document a zip archive with members of these names is, None for an archive."""
    held = set(names)
    return next((kind for name, kind in MEMBERS.items() if name.decode() in held), None)
