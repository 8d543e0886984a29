"""Where people reach this service: what links and entity addresses are built from."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Site:
    """`url` has no trailing slash; `domain` is its host (and port); `title` is shown to people."""

    url: str
    domain: str
    title: str

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
