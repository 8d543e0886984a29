"""Writes of the follow graph."""

from sqlalchemy import CursorResult, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.graph.events import FollowChanged, FollowCreated, FollowRemoved
from app.graph.models import Follow
from app.graph.schemas import FollowOptions
from app.kit.errors import Forbidden, Invalid
from app.outbox.publish import publish

MOST_FOLLOWED = 10_000


class CannotFollowYourself(Forbidden):
    code = "cannot_follow_yourself"
    message = "You cannot follow yourself"


class TooManyFollows(Invalid):
    code = "too_many_follows"
    message = f"An account can follow {MOST_FOLLOWED} others at most"


async def follow(session: AsyncSession, *, follower_id: int, followee_id: int, options: FollowOptions) -> None:
    """Follow, or change how one follows. Raises NotFound, CannotFollowYourself or TooManyFollows."""
    if follower_id == followee_id:
        raise CannotFollowYourself
    await get_profile(session, id=followee_id)
    if (await get_profile(session, id=follower_id)).stats.following_count >= MOST_FOLLOWED:
        raise TooManyFollows
    chosen = {
        name: value for name, value in (("reposts", options.reblogs), ("notify", options.notify)) if value is not None
    }
    statement = insert(Follow).values(follower_id=follower_id, followee_id=followee_id, **chosen)
    key = [Follow.follower_id, Follow.followee_id]
    # xmax is 0 only in a row that this statement inserted: one statement tells new from changed.
    row = (
        await session.execute(
            statement.on_conflict_do_update(index_elements=key, set_={"follower_id": follower_id, **chosen}).returning(
                text("follows.xmax = 0")
            )
        )
    ).one()
    if row[0]:
        await _count(session, follower_id=follower_id, followee_id=followee_id, by=1)
        await publish(session, FollowCreated(follower_id, followee_id), actor_id=follower_id)
    elif chosen:
        await publish(session, FollowChanged(follower_id, followee_id), actor_id=follower_id)


async def unfollow(session: AsyncSession, *, follower_id: int, followee_id: int) -> None:
    """Stop following; fine when one did not. Raises NotFound for an unknown account."""
    await get_profile(session, id=followee_id)
    gone = await session.execute(
        delete(Follow).where(Follow.follower_id == follower_id, Follow.followee_id == followee_id)
    )
    if isinstance(gone, CursorResult) and gone.rowcount:
        await _count(session, follower_id=follower_id, followee_id=followee_id, by=-1)
        await publish(session, FollowRemoved(follower_id, followee_id), actor_id=follower_id)


async def _count(session: AsyncSession, *, follower_id: int, followee_id: int, by: int) -> None:
    # Rows are locked in the order of their ids, so that two people who follow each other at once never deadlock.
    await session.execute(
        text(
            """
            WITH locked AS (
                SELECT account_id FROM account_stats WHERE account_id IN (:follower_id, :followee_id)
                ORDER BY account_id FOR UPDATE
            )
            UPDATE account_stats AS stats SET
                following_count = following_count + CASE WHEN stats.account_id = :follower_id THEN :by ELSE 0 END,
                followers_count = followers_count + CASE WHEN stats.account_id = :followee_id THEN :by ELSE 0 END
            FROM locked WHERE stats.account_id = locked.account_id
            """
        ),
        {"follower_id": follower_id, "followee_id": followee_id, "by": by},
    )
