"""Threads: what a post answers, up to the first one, and all that answers it."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.site import Site
from app.posts.models import Post
from app.posts.queries import get_visible_original
from app.reading.hydrate import Hydrated, hydrate
from app.reading.present import present_status
from app.reading.rules import welcome
from app.reading.schemas import ContextOut, StatusOut


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a thread is shown: posts upwards, posts downwards, and how deep."""

    ancestors: int
    descendants: int
    depth: int


# As Mastodon. The depth of those signed in is bounded by how many posts they are shown.
MEMBERS = Reach(4096, 4096, 4096)
ANYONE = Reach(40, 60, 20)
# A thread may be larger than what is shown of it: what is looked at is bounded too, level by level.
_MOST_LOOKED_AT = 20_000

# Hidden and deleted posts are passed through, so that what stands beyond them stays in the thread; the rules drop them.
_ANCESTORS = text(
    """
    WITH RECURSIVE above (id, parent_id, distance) AS (
        SELECT id, in_reply_to_id, 0 FROM posts WHERE id = :id
        UNION ALL
        SELECT post.id, post.in_reply_to_id, above.distance + 1
        FROM above JOIN posts AS post ON post.id = above.parent_id WHERE above.distance < :most
    )
    SELECT id FROM above WHERE distance > 0 ORDER BY distance DESC
    """
)
_DESCENDANTS = text(
    """
    WITH RECURSIVE below (id, parent_id, depth) AS (
        SELECT id, CAST(NULL AS bigint), 0 FROM posts WHERE id = :id
        UNION ALL
        SELECT post.id, post.in_reply_to_id, below.depth + 1
        FROM below JOIN posts AS post ON post.in_reply_to_id = below.id WHERE below.depth < :depth
    )
    SELECT id, parent_id FROM below WHERE depth > 0 LIMIT :most
    """
)


async def read_context(session: AsyncSession, *, id: int, viewer_id: int | None, site: Site) -> ContextOut:
    """The thread around a post (of a repost: around its original) as the viewer may see it. Raises NotFound."""
    post = await get_visible_original(session, id=id, viewer_id=viewer_id)
    reach = ANYONE if viewer_id is None else MEMBERS
    ancestors = list(await session.scalars(_ANCESTORS, {"id": post.id, "most": reach.ancestors}))
    descendants = await _descendant_ids(session, post, reach)
    hydrated = await hydrate(session, ids=[*ancestors, *descendants], viewer_id=viewer_id)
    return ContextOut(
        ancestors=_present(ancestors, hydrated, site),
        descendants=_authors_first(_present(descendants, hydrated, site)),
    )


async def _descendant_ids(session: AsyncSession, post: Post, reach: Reach) -> list[int]:
    """Depth first, at each level by rising id."""
    parameters = {"id": post.id, "depth": reach.depth, "most": _MOST_LOOKED_AT}
    replies: dict[int, list[int]] = {}
    for id, parent_id in await session.execute(_DESCENDANTS, parameters):
        replies.setdefault(parent_id, []).append(id)
    ordered: list[int] = []
    waiting = sorted(replies.get(post.id, ()), reverse=True)
    while waiting and len(ordered) < reach.descendants:
        id = waiting.pop()
        ordered.append(id)
        waiting += sorted(replies.get(id, ()), reverse=True)
    return ordered


def _present(ids: list[int], hydrated: Hydrated, site: Site) -> list[StatusOut]:
    shown = (item for id in ids if (item := hydrated.posts.get(id)) and welcome(item, hydrated))
    return [present_status(item, hydrated, site=site) for item in shown]


def _authors_first(statuses: list[StatusOut]) -> list[StatusOut]:
    """What people add to their own words comes before what others answer, as Mastodon has it."""
    return sorted(statuses, key=lambda status: status.in_reply_to_account_id != status.account.id)
