"""Every read of a page of posts: skeleton → hydrate → rules → present, refilled when rules thin it out."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.reading.held import Held
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import present_status
from app.reading.rules import Rule, visible
from app.reading.schemas import StatusOut

# Ids of a page, newest first, from wherever they are kept: a feed, an index, a table.
Skeleton: TypeAlias = Callable[[Page], Awaitable[Sequence[int]]]
# The same as (cursor, id), of lists whose order is not that of the posts' ids: when something was done with them.
MarkedSkeleton: TypeAlias = Callable[[Page], Awaitable[Sequence[tuple[int, int]]]]

# What `hydrate` does, with a session or from memory: posts by ids, and the viewer's standing to them.
Hydrate: TypeAlias = Callable[[Collection[int], int | None], Awaitable[Hydrated]]

_MOST_ROUNDS = 5


class Sift(Protocol):
    """A rule that looks at a whole page and what lies around it: asked after the rule that looks at one post."""

    @property
    def held(self) -> Mapping[int, Held]:
        """What it held back, by the id of the post that tells of it."""

    async def look(self, ids: Sequence[int], hydrated: Hydrated) -> Sequence[Hydrated]:
        """Look at entries before any is asked about; what had to be hydrated for that."""

    def takes(self, item: HydratedPost, hydrated: Hydrated) -> bool:
        """Whether an entry stays; asked in the order in which the page grows."""


def hydrated_by(session: AsyncSession) -> Hydrate:
    """Hydration straight from PostgreSQL."""

    async def load(ids: Collection[int], viewer_id: int | None) -> Hydrated:
        return await hydrate(session, ids=ids, viewer_id=viewer_id)

    return load


@dataclass(slots=True)
class Timeline:
    """A page of posts, newest first, with the cursors of the pages around it.

    The cursors come from what was looked at, not from what was shown, so that paging never repeats and
    never stops at a stretch the rules emptied. `read` is all that was hydrated for it, `held` what was held back.
    """

    items: list[tuple[HydratedPost, Hydrated]] = field(default_factory=list)
    read: list[Hydrated] = field(default_factory=list)
    older_than: int | None = None
    newer_than: int | None = None
    held: Mapping[int, Held] = field(default_factory=dict)

    def looked_at(self, id: int) -> None:
        """Note an entry that was shown or refused."""
        self.older_than = id if self.older_than is None else min(id, self.older_than)
        self.newer_than = id if self.newer_than is None else max(id, self.newer_than)

    def present(self, *, site: Site, highlights: Mapping[int, str] | None = None) -> list[StatusOut]:
        """The page as Mastodon's entities."""
        return [
            present_status(item, hydrated, site=site, highlights=highlights, held=self.held.get(item.id))
            for item, hydrated in self.items
        ]


async def read_timeline(
    load: Hydrate, *, skeleton: Skeleton, page: Page, rule: Rule, viewer_id: int | None, sift: Sift | None = None
) -> Timeline:
    """Read one page. Asks `skeleton` for more while `rule` and `sift` refuse entries, a bounded number of times."""

    async def marked(part: Page) -> Sequence[tuple[int, int]]:
        return [(id, id) for id in await skeleton(part)]

    return await read_marked(load, skeleton=marked, page=page, rule=rule, viewer_id=viewer_id, sift=sift)


async def read_marked(
    load: Hydrate,
    *,
    skeleton: MarkedSkeleton,
    page: Page,
    rule: Rule,
    viewer_id: int | None,
    sift: Sift | None = None,
) -> Timeline:
    """Like `read_timeline`, of a list with cursors of its own: page and links are in terms of these."""
    timeline, rest = Timeline(), page
    for _ in range(_MOST_ROUNDS):
        entries = list(await skeleton(rest))
        hydrated = await load([id for _, id in entries], viewer_id)
        timeline.read.append(hydrated)
        if sift:
            timeline.read += await sift.look([id for _, id in entries], hydrated)
        # From the page's bound outwards: upwards for min_id, downwards otherwise.
        for cursor, id in reversed(entries) if page.ascending else entries:
            if len(timeline.items) == page.limit:
                break
            timeline.looked_at(cursor)
            item = hydrated.posts.get(id)
            if item is not None and rule(item, hydrated) and (sift is None or sift.takes(item, hydrated)):
                timeline.items.append((item, hydrated))
        if len(timeline.items) == page.limit or len(entries) < rest.limit:
            break
        rest = page.after(entries[0 if page.ascending else -1][0], page.limit)
    if page.ascending:
        timeline.items.reverse()
    timeline.held = sift.held if sift else {}
    return timeline


async def read_statuses(
    session: AsyncSession, *, ids: Sequence[int], viewer_id: int | None, site: Site
) -> list[StatusOut]:
    """Those of `ids`, in their order, that the viewer may see."""
    hydrated = await hydrate(session, ids=ids, viewer_id=viewer_id)
    return [
        present_status(item, hydrated, site=site)
        for id in ids
        if (item := hydrated.posts.get(id)) and visible(item, hydrated)
    ]


async def read_status(session: AsyncSession, *, id: int, viewer_id: int | None, site: Site) -> StatusOut:
    """One post; raises NotFound when there is none that the viewer may see."""
    statuses = await read_statuses(session, ids=[id], viewer_id=viewer_id, site=site)
    if not statuses:
        raise NotFound
    return statuses[0]
