"""Every timeline as data: where its ids come from, which rule it reads by, and what its ids depend on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from app.interactions.queries import list_pinned_ids
from app.kit.changes import POSTS, PUBLIC, of_posts, of_tag, of_viewer
from app.kit.pagination import Page
from app.lists.models import AccountList
from app.reading.pipeline import Skeleton
from app.reading.rules import Rule, at_home, findable, in_list, in_public, on_profile
from app.timeline.calm import CalmRules
from app.timeline.home import Home
from app.timeline.skeletons import Reading, Tagged, account_ids, listed_ids, public_ids, tagged_ids

# Posts of a page where the reader does not say, and at most.
DEFAULT, MOST = 20, 40
Ids: TypeAlias = Callable[[Reading, Page], Awaitable[Sequence[int]]]


class Source(NamedTuple):
    """A timeline. Its `ids` are the same until one of `keys` changes (or the feed: `Home.is_still`).

    `calm`: the rules of its order, if it has any.
    """

    rule: Rule
    ids: Ids
    keys: tuple[str, ...] = ()
    calm: CalmRules | None = None

    def skeleton(self, reading: Reading) -> Skeleton:
        """Its ids, read with sessions of `reading`."""

        async def read(page: Page) -> Sequence[int]:
            return await self.ids(reading, page)

        return read


def home(home: Home, account_id: int, calm: CalmRules | None = None) -> Source:
    """Posts of those an account follows, and its own."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        return await home.ids(reading, account_id=account_id, page=page)

    return Source(at_home, ids, calm=calm)


def public(*, only_media: bool = False) -> Source:
    """Everyone's public posts."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        async with reading() as session:
            return await public_ids(session, page=page, only_media=only_media)

    return Source(in_public, ids, (PUBLIC,))


def tagged(wanted: Tagged) -> Source:
    """Public posts with topics."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        async with reading() as session:
            return await tagged_ids(session, wanted=wanted, page=page)

    return Source(findable, ids, tuple(of_tag(tag) for tag in (*wanted.any, *wanted.all, *wanted.none)))


def listed(found: AccountList) -> Source:
    """Posts of those on a list."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        async with reading() as session:
            return await listed_ids(session, found=found, page=page)

    # Members are too many to name.
    return Source(in_list, ids, (POSTS, of_viewer(found.account_id)))


def of_author(
    author_id: int,
    viewer_id: int | None,
    *,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    only_media: bool = False,
    tag: str | None = None,
) -> Source:
    """One account's posts; `tag` is folded."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        async with reading() as session:
            return await account_ids(
                session,
                author_id=author_id,
                viewer_id=viewer_id,
                page=page,
                exclude_replies=exclude_replies,
                exclude_reblogs=exclude_reblogs,
                only_media=only_media,
                tagged=tag,
            )

    return Source(on_profile, ids, (of_posts(author_id),))


def pinned(author_id: int) -> Source:
    """What an account pinned, the last pinned first: one page holds all there can be."""

    async def ids(reading: Reading, page: Page) -> Sequence[int]:
        async with reading() as session:
            if page.max_id is not None or page.floor > 0:
                return ()
            return await list_pinned_ids(session, account_id=author_id, limit=page.limit)

    return Source(on_profile, ids, (of_viewer(author_id),))


def nothing(rule: Rule) -> Source:
    """An empty timeline."""

    async def ids(_reading: Reading, _page: Page) -> Sequence[int]:
        return ()

    return Source(rule, ids)
