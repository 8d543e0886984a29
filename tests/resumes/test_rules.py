"""What a file is, and what it is called."""

import io
import zipfile
from pathlib import Path

import pytest

from app.resumes.rules import content_type_of, name_of

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            # Not now: what is made is part of a test's name.
            archive.writestr(zipfile.ZipInfo(name), "x")
    return made.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "application/msword"),
        (DOCX, _WORD),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        ("张伟\r\n后端\t三年".encode(), "text/plain"),
        (b"\xef\xbb\xbfwith a mark", "text/plain"),
        (b"", None),
        (b" \n ", None),
        (b"MZ\x90\x00", None),
        (b"\x7fELF\x02\x01", None),
        (b" %PDF-1.7 \xff", None),
        ("旧编码".encode("gb18030"), None),
        (b"a\x00b", None),
        (zipped("a.exe"), None),
        (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), None),
        (DOCX[:40], None),
        (b"PK\x03\x04" + b"\xff" * 200, None),
    ],
)
def test_a_file_is_what_it_holds(tmp_path: Path, content: bytes, expected: str | None) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    assert content_type_of(path) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", "resume.pdf"),
        ("张伟.pdf", "张伟.pdf"),
        ("简历.exe", "简历.exe.pdf"),
        ("../../etc/passwd", "etcpasswd.pdf"),
        ('a"; filename=b', "a; filename=b.pdf"),
        ("...", "resume.pdf"),
    ],
)
def test_a_name_is_only_a_name(said: str, expected: str) -> None:
    assert name_of(said, "application/pdf") == expected
