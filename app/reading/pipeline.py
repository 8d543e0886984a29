"""Every read of a page of posts: skeleton → hydrate → rules → present, refilled when rules thin it out."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.reading.held import Held
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import present_status
from app.reading.rules import Rule, visible
from app.reading.schemas import StatusOut

T = TypeVar("T")
# Ids of a page, newest first, from wherever they are kept: a feed, an index, a table.
Skeleton: TypeAlias = Callable[[Page], Awaitable[Sequence[int]]]
# The same as (cursor, id), of lists whose order is not that of the posts' ids: when something was done with them.
MarkedSkeleton: TypeAlias = Callable[[Page], Awaitable[Sequence[tuple[int, int]]]]

# Some posts, each in the form it is shown in (never false), or None where it is not.
Look: TypeAlias = Callable[[Sequence[int]], Awaitable[Sequence[T | None]]]
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
class Entries(Generic[T]):
    """A page, newest first, with the cursors of the pages around it.

    The cursors come from what was looked at, not from what was shown, so that paging never repeats and
    never stops at a stretch the rules emptied.
    """

    items: list[T] = field(default_factory=list)
    older_than: int | None = None
    newer_than: int | None = None


@dataclass(slots=True)
class Timeline(Entries[tuple[HydratedPost, Hydrated]]):
    """A page of posts to present. `read` is all that was hydrated for it, `held` what was held back."""

    read: list[Hydrated] = field(default_factory=list)
    held: Mapping[int, Held] = field(default_factory=dict)

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

    timeline = Timeline()

    async def look(ids: Sequence[int]) -> Sequence[tuple[HydratedPost, Hydrated] | None]:
        hydrated = await load(ids, viewer_id)
        timeline.read.append(hydrated)
        if sift:
            timeline.read += await sift.look(ids, hydrated)
        return _welcomed(ids, hydrated, rule)

    takes = (lambda entry: sift.takes(*entry)) if sift else None
    await fill(timeline, look, skeleton=skeleton, page=page, takes=takes)
    timeline.held = sift.held if sift else {}
    return timeline


async def read_marked(
    load: Hydrate,
    *,
    skeleton: MarkedSkeleton,
    page: Page,
    rule: Rule,
    viewer_id: int | None,
) -> Timeline:
    """Like `read_timeline`, of a list with cursors of its own: page and links are in terms of these."""
    ids: dict[int, int] = {}

    async def cursors(part: Page) -> Sequence[int]:
        marked = await skeleton(part)
        ids.update(marked)
        return [cursor for cursor, _ in marked]

    async def look(part: Sequence[int]) -> Sequence[tuple[HydratedPost, Hydrated] | None]:
        wanted = [ids[cursor] for cursor in part]
        return _welcomed(wanted, await load(wanted, viewer_id), rule)

    timeline = Timeline()
    await fill(timeline, look, skeleton=cursors, page=page)
    return timeline


def _welcomed(ids: Sequence[int], hydrated: Hydrated, rule: Rule) -> Sequence[tuple[HydratedPost, Hydrated] | None]:
    items = [hydrated.posts.get(id) for id in ids]
    return [(item, hydrated) if item is not None and rule(item, hydrated) else None for item in items]


async def fill(
    entries: Entries[T],
    look: Look[T],
    *,
    skeleton: Skeleton,
    page: Page,
    takes: Callable[[T], bool] | None = None,
) -> None:
    """Read one page into `entries`, which are empty. Asks `skeleton` for more while too many entries are refused.

    `takes` has the last word, entry by entry in the order in which the page grows.
    """
    rest, shown, seen = page, entries.items, list[int]()
    for _ in range(_MOST_ROUNDS):
        ids = await skeleton(rest)
        looked = await look(ids)
        # From the page's bound outwards: upwards for min_id, downwards otherwise.
        outwards = -1 if page.ascending else 1
        if takes is None and len(ids) <= page.limit - len(shown) and all(looked):
            # Nothing is refused, as mostly: nothing has to be asked one by one.
            seen += ids[::outwards]
            shown += looked[::outwards]  # type: ignore[arg-type]
        else:
            for id, item in zip(ids[::outwards], looked[::outwards], strict=True):
                if len(shown) == page.limit:
                    break
                seen.append(id)
                if item is not None and (takes is None or takes(item)):
                    shown.append(item)
        if len(shown) == page.limit or len(ids) < rest.limit:
            break
        rest = page.after(ids[0 if page.ascending else -1], page.limit)
    if page.ascending:
        shown.reverse()
    if seen:
        entries.older_than, entries.newer_than = min(seen), max(seen)


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
