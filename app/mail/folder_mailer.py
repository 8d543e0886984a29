"""Mail as files: development's outbox, which people look at, and what a mail server may pick up and send on."""

import asyncio
import hashlib
import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from app.kit.clock import now
from app.mail.mailer import Message

_MOST_LISTED = 100


class FolderMailer:
    """Writes each message as one .eml file. A message that comes again replaces itself."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder, self._sender = folder, sender

    async def send(self, message: Message) -> None:
        """Write a message, whole or not at all."""
        await asyncio.to_thread(self._write, message)

    async def list_names(self) -> list[str]:
        """Names of the last hundred, the last one first."""
        return await asyncio.to_thread(self._list)

    async def find(self, name: str) -> str | None:
        """A message as people read it."""
        return await asyncio.to_thread(self._read, name) if name in await self.list_names() else None

    def _write(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to, message.subject
        mail["Date"] = format_datetime(now())
        mail.set_content(message.text)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{hashlib.sha256(message.key.encode()).hexdigest()[:24]}.eml"
        draft = path.with_suffix(".draft")
        draft.write_bytes(mail.as_bytes())
        os.replace(draft, path)

    def _list(self) -> list[str]:
        files = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [path.name for path in files[:_MOST_LISTED]]

    def _read(self, name: str) -> str:
        mail = message_from_bytes((self._folder / name).read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        headers = "\n".join(f"{header}: {mail[header]}" for header in ("From", "To", "Date", "Subject"))
        return f"{headers}\n\n{body.get_content() if body else ''}"
