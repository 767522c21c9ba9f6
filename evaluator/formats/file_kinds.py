"""Recognises archives, and documents of office programs and the like, by their bytes."""

from __future__ import annotations

from evaluator.formats.compression import GZIP

SAVE_AS_TEXT = "Save it as plain text in UTF-8, one segment a line."
SAVE_AS_TABLE = "Save it as CSV (UTF-8)."

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ARCHIVES = {
    ZIP: "a zip archive",
    EMPTY_ZIP: "an empty zip archive",
    GZIP: "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
TAR_MAGIC = (257, b"ustar")  # byte, what stands there
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams in such a file, by names in UTF-16.
STREAMS = {
    "Workbook".encode("utf-16-le"): "an Excel workbook (.xls)",
    "WordDocument".encode("utf-16-le"): "a Word document (.doc)",
    "PowerPoint Document".encode("utf-16-le"): "a PowerPoint presentation (.ppt)",
}
# Documents by how a file begins.
MAGIC = {
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    OLD_OFFICE: "an old Word or Excel file (.doc, .xls)",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\0\1\0\0Standard Jet DB": "a database of Access or MultiTerm (.mdb, .sdltb)",
    b"\0\1\0\0Standard ACE DB": "a database of Access (.accdb)",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "an array of NumPy",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"\x7fELF": "a program",
}
# Documents that are zip archives: by the type at the beginning, and by the names of members, which
# a zip archive holds uncompressed.
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


# By a file's name, where its bytes show no more than a zip archive.
ENDINGS = {
    ".docx": "a Word document (.docx)",
    ".xlsx": "an Excel workbook (.xlsx)",
    ".odt": "an OpenDocument text (.odt)",
    ".ods": "an OpenDocument spreadsheet (.ods)",
    ".xls": "an Excel workbook (.xls)",
    ".doc": "a Word document (.doc)",
}


def archive_kind(data: bytes | bytearray) -> str | None:
    """Return what kind of archive starts with these bytes, None for others."""
    place, magic = TAR_MAGIC
    if data[place : place + len(magic)] == magic:
        return "a tar archive"
    return next((kind for start, kind in ARCHIVES.items() if data.startswith(start)), None)


def document_kind(data: bytes | bytearray, name: str = "") -> str | None:
    """Return which document has these bytes and this name; None for text and unknown bytes."""
    by_magic = next((kind for start, kind in MAGIC.items() if data.startswith(start)), None)
    if not data.startswith((ZIP, OLD_OFFICE)):
        return by_magic
    head, file_name = bytes(data[:HEAD]), name.lower()
    members = STREAMS if data.startswith(OLD_OFFICE) else MEMBERS
    by_type = (kind for mark, kind in TYPES.items() if mark in head)
    by_member = (kind for member, kind in members.items() if member in data)
    by_name = (kind for ending, kind in ENDINGS.items() if file_name.endswith(ending))
    return next(by_type, None) or next(by_member, None) or next(by_name, by_magic)


def document_kind_of_members(names: list[str]) -> str | None:
    """Return which document a zip archive with these members is, None for a plain archive."""
    members = set(names)
    return next((kind for name, kind in MEMBERS.items() if name.decode() in members), None)
