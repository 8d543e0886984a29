"""One search over people, topics and posts, as Mastodon's apps ask it: each kind by its own means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, get_profile_by_username
from app.kit import log
from app.kit.errors import NotFound
from app.kit.ids import LARGEST
from app.kit.pagination import Page
from app.kit.site import Site
from app.posts.text import fold_tag
from app.reading.pipeline import read_status
from app.reading.schemas import StatusOut
from app.search.errors import EmptyQuery, SearchUnavailable
from app.search.index import PostQuery, SearchIndex
from app.search.operators import read_operators
from app.search.read import find_posts
from app.search.scope import PUBLIC, Scope, account_scope, written_by
from app.tags.queries import DayOfUse, list_tags_beginning, load_followed_tags, load_histories

logger = log.logger(__name__)

_ADDRESS = re.compile(r"/@([A-Za-z0-9_]{1,30})(?:/([0-9]{1,19}))?/?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, `limit` of each kind from `offset` on; posts between `max_id` and `min_id`, of one author."""

    text: str
    limit: int
    offset: int = 0
    max_id: int | None = None
    min_id: int | None = None
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class FoundTag:
    """A topic with its use by day, and whether the viewer follows it (None: nobody is signed in)."""

    name: str
    history: Sequence[DayOfUse]
    following: bool | None


@dataclass(slots=True)
class Addressed:
    """What an address of ours names: a person, or a post, or nothing that the viewer may see."""

    profile: Profile | None = None
    status: StatusOut | None = None


def is_address(query: str) -> bool:
    """Whether people pasted an address: then it is opened, not searched for."""
    return query.startswith(("http://", "https://"))


def names_one_thing(query: str) -> bool:
    """Whether people ask for a topic or a person by name: as on Mastodon, posts that hold the name are not meant."""
    words = query.strip()
    return not read_operators(words).any and " " not in words and (words.startswith(("#", "＃")) or "@" in words)


async def open_address(session: AsyncSession, *, query: str, viewer_id: int | None, site: Site) -> Addressed:
    """What an address names, if it is one of ours."""
    found = Addressed()
    match = _ADDRESS.fullmatch(query.removeprefix(site.url)) if query.startswith(site.url) else None
    if match is None:
        return found
    try:
        if match[2] is None:
            found.profile = await get_profile_by_username(session, username=match[1])
        else:
            id = min(int(match[2]), LARGEST)
            found.status = await read_status(session, id=id, viewer_id=viewer_id, site=site)
    except NotFound:
        pass
    return found


def local_name(query: str, *, site: Site) -> str:
    """`@name@our.domain` without our domain, as people are found here; anything else as it is."""
    name, _, domain = query.strip().removeprefix("@").partition("@")
    return name if domain.lower() == site.domain.lower() else query


async def find_tags(session: AsyncSession, *, wanted: Wanted, viewer_id: int | None, now: datetime) -> list[FoundTag]:
    """Topics that begin with the words looked for, with or without `#`."""
    start = fold_tag(wanted.text.strip().strip("#＃").strip())
    if not start or not wanted.limit:
        return []
    tags = await list_tags_beginning(session, start=start, limit=wanted.limit, offset=wanted.offset)
    histories = await load_histories(session, tags=tags, now=now)
    followed = await load_followed_tags(session, account_id=viewer_id, tags=tags) if viewer_id else set()
    return [FoundTag(tag, histories[tag], tag in followed if viewer_id else None) for tag in tags]


async def find_statuses(
    session: AsyncSession, index: SearchIndex, *, wanted: Wanted, viewer_id: int | None, site: Site
) -> list[StatusOut]:
    """Public posts, and the viewer's own of every kind, newest first; none while no engine answers."""
    if not wanted.limit:
        return []
    scopes = [await account_scope(session, author_id=wanted.author_id)] if wanted.author_id else [PUBLIC]
    if viewer_id is not None and wanted.author_id is None:
        scopes.append(await account_scope(session, author_id=viewer_id))
    found: dict[int, StatusOut] = {}
    for scope in scopes:
        for status in await _page(session, index, wanted=wanted, scope=scope, viewer_id=viewer_id, site=site):
            found[status.id] = status
    newest = sorted(found.values(), key=lambda status: status.id, reverse=True)
    return newest[wanted.offset : wanted.offset + wanted.limit]


async def _page(
    session: AsyncSession, index: SearchIndex, *, wanted: Wanted, scope: Scope, viewer_id: int | None, site: Site
) -> list[StatusOut]:
    size = wanted.offset + wanted.limit
    page = Page(limit=size, max_id=wanted.max_id, min_id=wanted.min_id)
    try:
        query = await written_by(
            session, PostQuery(wanted.text, size), read_operators(wanted.text), viewer_id=viewer_id
        )
        found = await find_posts(session, index, query=query, scope=scope, page=page, viewer_id=viewer_id)
    except EmptyQuery:
        return []
    except SearchUnavailable:
        logger.warning("people and topics are found without posts: no search engine answers")
        return []
    return found.timeline.present(site=site, highlights=found.highlights)
