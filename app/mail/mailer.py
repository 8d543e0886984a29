"""The mail port."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one person. `key` names what it is about: the same key is the same message, sent again."""

    key: str
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Takes messages. Tasks call it, so a message may come twice; it raises OSError when it cannot take one."""

    async def send(self, message: Message) -> None:
        """Take a message; once this returns it will not be lost."""

    async def list_names(self) -> list[str]:
        """Names of the messages kept for looking at, the last one first, a hundred at most."""

    async def find(self, name: str) -> str | None:
        """The text of a kept message, headers first; None for a name that is not listed."""
