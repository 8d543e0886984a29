"""Where people reach this service: what links and entity addresses are built from."""

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote


class Cards(Protocol):
    """What the cards of jobs carry for one reader."""

    def token(self, *, root_id: int, via_id: int, own: bool) -> str:
        """Tells who is shown the job, and by which post; empty where that may not be told. The card is shown."""


@dataclass(frozen=True, slots=True)
class Site:
    """`url` has no trailing slash; `domain` is its host (and port); `title` is shown to people.

    `unverified_jobs`: how many open jobs an organisation nobody verified may keep here.
    `cards` are the reader's for whom an answer is made; None where it is anyone's.
    """

    url: str
    domain: str
    title: str
    unverified_jobs: int = 3
    cards: Cards | None = field(default=None, compare=False)

    def account_url(self, username: str) -> str:
        return f"{self.url}/@{username}"

    def post_url(self, username: str, post_id: int) -> str:
        return f"{self.url}/@{username}/{post_id}"

    def tag_url(self, tag: str) -> str:
        return f"{self.url}/tags/{quote(tag, safe='')}"

    def tagged_url(self, username: str, tag: str) -> str:
        return f"{self.account_url(username)}/tagged/{quote(tag, safe='')}"

    def media_url(self, key: str) -> str:
        return f"{self.url}/media/{key}"

    def job_url(self, job_id: int) -> str:
        return f"{self.url}/jobs/{job_id}"

    def card_url(self, job_id: int, *, root_id: int, via_id: int, own: bool) -> str:
        """A job's page as the card of the post `via_id` leads to it; `own`: its author is the reader."""
        token = self.cards.token(root_id=root_id, via_id=via_id, own=own) if self.cards else ""
        return f"{self.job_url(job_id)}?t={token}" if token else self.job_url(job_id)
