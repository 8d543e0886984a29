"""What a file is, by its content alone, and what it is called."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from app.resumes import limits

# Content type → the ending of names.
ENDINGS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/plain": "txt",
}
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HEADS = {
    b"%PDF-": "application/pdf",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/msword",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What file systems and headers read as more than a name.
_NOT_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def content_type_of(path: Path) -> str | None:
    """What a file (not above the limit) is; None for what is not taken. Reads it whole: not for the event loop."""
    with path.open("rb") as file:
        head = file.read(16)
    for start, content_type in _HEADS.items():
        if head.startswith(start):
            return content_type
    if head.startswith(b"PK\x03\x04"):
        return _DOCX if _is_docx(path) else None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return "text/plain" if text.strip() and not _NOT_TEXT.search(text) else None


def name_of(said: str, content_type: str) -> str:
    """What a file is called: as its owner says, with the ending of what it is."""
    ending = ENDINGS[content_type]
    stem = _NOT_NAME.sub("", said).strip(" .").removesuffix(f".{ending}").strip(" .")
    return f"{stem[: limits.NAME] or 'resume'}.{ending}"


def _is_docx(path: Path) -> bool:
    """Whether a zip is a Word document without macros. Only its directory is read: nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[: limits.ZIP_ENTRIES])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, OSError):
        return False
    return {"[Content_Types].xml", "word/document.xml"} <= names and "word/vbaProject.bin" not in names
