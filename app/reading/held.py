"""What a calm timeline held back, as it is told on the post that stands for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from app.accounts.queries import Profile
from app.kit.site import Site
from app.reading.present_account import present_account
from app.reading.schemas import CalmOut, MoreOut

# Reposters named on one post.
_NAMED = 10


@dataclass(slots=True)
class Held:
    """Who else passed a post's original on, the earliest first; posts left out of the page for it, by the cap."""

    reposters: tuple[Profile, ...] = ()
    by_author: list[int] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)

    def more(self) -> Iterator[MoreOut]:
        """The posts left out."""
        if self.by_author:
            yield MoreOut(of="author", status_ids=self.by_author)
        if self.jobs:
            yield MoreOut(of="jobs", status_ids=self.jobs)


Author: TypeAlias = Callable[[Profile], bytes]


def present_held(held: Held, *, site: Site) -> CalmOut:
    """As Weizhi's own field of a status."""
    return CalmOut(
        reposters=[present_account(profile, site=site) for profile in held.reposters[:_NAMED]],
        reposters_count=len(held.reposters),
        more=list(held.more()),
    )


def write_held(held: Held, author: Author) -> bytes:
    """The same as bytes, with people as `author` renders them."""
    people = b",".join([author(profile) for profile in held.reposters[:_NAMED]])
    more = orjson.dumps([one.model_dump(mode="json") for one in held.more()])
    return b'{"reposters":[%b],"reposters_count":%d,"more":%b}' % (people, len(held.reposters), more)
