"""The port of polled feeds: what reading one document of a feed gives."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush, parse_external_id
from app.kit.errors import Invalid, WeizhiError

MOST_JOBS = 5000
MOST_LINKS = 200
MOST_PROBLEMS = 50


class NotAFeed(Invalid):
    code = "not_a_feed"
    message = "What is at this address is not a feed of this kind"


@dataclass(slots=True)
class Listing:
    """Jobs that a feed lists, and what stood in the way of the others.

    `listed` has the ids of all jobs, also of those that could not be read. `links` lead to documents with more of it.
    A listing that is not `complete` says nothing about what it leaves out.
    """

    jobs: dict[str, JobPush] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    problems: list[dict[str, Any]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    next_url: str | None = None
    complete: bool = True

    def add(self, push: JobPush) -> None:
        """Note a job; a second one of the same id is a problem."""
        if push.external_id in self.jobs:
            self.trouble(push.external_id, Invalid("The feed has two jobs with this id"))
            return
        self.listed.add(push.external_id)
        self.jobs[push.external_id] = push

    def trouble(self, external_id: str | None, error: WeizhiError) -> None:
        """Note what could not be read. Without an id it could be any job: the listing is not complete."""
        if external_id is None:
            self.complete = False
        else:
            self.listed.add(external_id)
        if len(self.problems) < MOST_PROBLEMS:
            details = {name: list(reasons) for name, reasons in error.details.items()} if error.details else None
            problem = {"external_id": external_id, "error": error.text[:500], "code": error.code, "details": details}
            self.problems.append(problem)

    def merge(self, other: "Listing") -> None:
        """Take in what another document of the same feed says."""
        for push in other.jobs.values():
            self.add(push)
        self.listed |= other.listed
        self.problems = [*self.problems, *other.problems][:MOST_PROBLEMS]
        self.complete = self.complete and other.complete


class Reader(Protocol):
    """Reads one document of a feed of one kind."""

    def __call__(self, body: bytes, *, url: str, mapping: WordMapping) -> Listing:
        """What the document lists. Raises NotAFeed, NotJson."""


def read_items(
    items: Iterable[Any], *, id_of: Callable[[Mapping[str, Any]], object], read: Callable[[Mapping[str, Any]], JobPush]
) -> Listing:
    """A listing of the jobs that `read` makes of `items`; what one lacks stands in nobody else's way."""
    listing = Listing()
    for number, item in enumerate(items):
        if number >= MOST_JOBS:
            listing.trouble(None, Invalid(f"The feed has more than {MOST_JOBS} jobs; the rest is not read"))
            break
        external_id = None
        try:
            if not isinstance(item, Mapping):
                raise NotAFeed("A job in the feed is not an object")
            external_id = parse_external_id(id_of(item), "id")
            listing.add(read(item))
        except WeizhiError as error:
            listing.trouble(external_id, error)
    return listing
