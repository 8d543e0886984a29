"""Mail as files."""

from pathlib import Path

import pytest

from app.mail.folder_mailer import FolderMailer
from app.mail.mailer import Message

pytestmark = pytest.mark.anyio


def message(key: str, text: str = "你好\n", to: str = "anna@example.com") -> Message:
    return Message(key, to, "确认 · Confirm", text)


class TestFolderMailer:
    async def test_keeps_each_message_once_the_last_first(self, tmp_path: Path) -> None:
        mailer = FolderMailer(tmp_path / "mail", sender="noreply@weizhi.test")
        assert await mailer.list_names() == []

        await mailer.send(message("one"))
        await mailer.send(message("two"))
        await mailer.send(message("one", "再来\n"))

        newest, older = await mailer.list_names()
        assert newest != older
        text = await mailer.find(newest) or ""
        assert "再来" in text
        assert "To: anna@example.com" in text
        assert "Subject: 确认 · Confirm" in text
        assert [path.suffix for path in (tmp_path / "mail").iterdir()] == [".eml", ".eml"]

    async def test_reads_nothing_but_mail(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("x")
        mailer = FolderMailer(tmp_path / "mail", sender="noreply@weizhi.test")
        await mailer.send(message("one"))

        for name in ("../secret", "secret", "", "x.eml"):
            assert await mailer.find(name) is None

    async def test_lets_nobody_add_headers(self, tmp_path: Path) -> None:
        mailer = FolderMailer(tmp_path / "mail", sender="noreply@weizhi.test")

        with pytest.raises(ValueError, match="Header"):
            await mailer.send(message("one", to="a@example.com\r\nBcc: b@example.com"))

        assert await mailer.list_names() == []
