"""Which of the readers connected here a post concerns: one statement, however many follow its author."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.posts.models import Post
from app.posts.text import fold_tag

_HOMES = text(
    """
    SELECT follower_id FROM follows WHERE followee_id = :author AND follower_id = ANY(CAST(:accounts AS bigint[]))
    UNION
    SELECT account_id FROM tag_follows
    WHERE tag = ANY(CAST(:tags AS text[])) AND account_id = ANY(CAST(:accounts AS bigint[]))
    """
)
_LISTS = text(
    """
    SELECT lists.id, lists.account_id FROM lists
    JOIN list_members AS member ON member.list_id = lists.id AND member.owner_id = lists.account_id
        AND member.account_id = :author
    WHERE lists.id = ANY(CAST(:lists AS bigint[])) AND (
        CAST(:replied AS bigint) IS NULL OR :replied IN (:author, lists.account_id)
        OR (replies_policy = 'list' AND EXISTS (
            SELECT FROM list_members
            WHERE list_id = lists.id AND owner_id = lists.account_id AND account_id = :replied))
        OR (replies_policy = 'followed' AND EXISTS (
            SELECT FROM follows WHERE follower_id = lists.account_id AND followee_id = :replied))
    )
    """
)


async def home_readers(session: AsyncSession, *, post: Post, account_ids: Collection[int]) -> set[int]:
    """Those of `account_ids` whose home timelines may show `post`: its author, followers, followers of its topics."""
    if not account_ids:
        return set()
    parameters = {
        "author": post.author_id,
        "accounts": sorted(account_ids),
        "tags": [fold_tag(tag) for tag in post.tags] if post.visibility == "public" else [],
    }
    found = set(await session.scalars(_HOMES, parameters))
    return found | ({post.author_id} & set(account_ids))


async def list_readers(session: AsyncSession, *, post: Post, list_ids: Collection[int]) -> dict[int, int]:
    """Those of `list_ids` whose timelines may show `post`, each with its owner."""
    if not list_ids:
        return {}
    parameters = {"author": post.author_id, "lists": sorted(list_ids), "replied": post.in_reply_to_account_id}
    return {row.id: row.account_id for row in await session.execute(_LISTS, parameters)}
