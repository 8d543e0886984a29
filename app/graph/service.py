"""Writes of follows and of requests to follow. Each holds both accounts' lock (`counters.lock`) from its start."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.counters import count_follows, lock
from app.graph.events import FollowChanged, FollowCreated, FollowRemoved, FollowRequested, FollowRequestRemoved
from app.graph.models import Endorsement, Follow, FollowRequest
from app.graph.queries import load_standings
from app.graph.schemas import FollowOptions
from app.kit.errors import Forbidden, Invalid, NotFound
from app.outbox.publish import publish

MOST_FOLLOWED = 10_000


class CannotFollowYourself(Forbidden):
    code = "cannot_follow_yourself"
    message = "You cannot follow yourself"


class TooManyFollows(Invalid):
    code = "too_many_follows"
    message = f"An account can follow {MOST_FOLLOWED} others at most"


async def follow(session: AsyncSession, *, follower_id: int, followee_id: int, options: FollowOptions) -> None:
    """Follow, ask a locked account to be let, or change how one follows or would.

    Raises NotFound, CannotFollowYourself, TooManyFollows, or Forbidden where one of the two blocks the other.
    """
    if follower_id == followee_id:
        raise CannotFollowYourself
    following = await lock(session, follower_id, followee_id)
    if follower_id not in following:
        # Suspended since the request was let in.
        raise NotFound
    standing = (await load_standings(session, account_id=follower_id, ids=[followee_id])).get(followee_id)
    if standing is None:
        raise NotFound
    if standing.blocking or standing.blocked_by:
        raise Forbidden
    chosen = _chosen(options)
    if standing.following or standing.requested:
        await _change(session, Follow if standing.following else FollowRequest, follower_id, followee_id, chosen)
    elif await session.scalar(select(Account.locked).where(Account.id == followee_id)):
        await _ask(session, follower_id, followee_id, chosen)
    else:
        if following[follower_id] >= MOST_FOLLOWED:
            raise TooManyFollows
        await _begin(session, follower_id, followee_id, chosen)


async def unfollow(session: AsyncSession, *, follower_id: int, followee_id: int, actor_id: int) -> None:
    """End a follow or a request for one; fine when there is neither. Raises NotFound for an unknown account."""
    if len(await lock(session, follower_id, followee_id)) < 2:
        raise NotFound
    await part(session, follower_id=follower_id, followee_id=followee_id, actor_id=actor_id)


async def authorize(session: AsyncSession, *, account_id: int, follower_id: int) -> None:
    """Let someone who asked follow. Raises NotFound when they did not (or no longer do)."""
    await lock(session, account_id, follower_id)
    request = await _take_request(session, follower_id, account_id)
    if request is None:
        raise NotFound
    await _begin(session, follower_id, account_id, _options_of(request), actor_id=account_id)


async def reject(session: AsyncSession, *, account_id: int, follower_id: int) -> None:
    """Refuse someone who asked to follow. Raises NotFound when they did not."""
    await lock(session, account_id, follower_id)
    if await _take_request(session, follower_id, account_id) is None:
        raise NotFound
    await publish(session, FollowRequestRemoved(follower_id, account_id), actor_id=account_id)


async def authorize_some(session: AsyncSession, *, account_id: int, limit: int) -> bool:
    """Let the first `limit` who asked follow an account that is not locked any more; whether there were so many."""
    waiting = select(FollowRequest.follower_id).where(FollowRequest.followee_id == account_id)
    ids = list(await session.scalars(waiting.order_by(FollowRequest.id).limit(limit)))
    await lock(session, account_id, *ids)
    if await session.scalar(select(Account.locked).where(Account.id == account_id)):
        return False
    for follower_id in ids:
        if request := await _take_request(session, follower_id, account_id):
            await _begin(session, follower_id, account_id, _options_of(request), actor_id=account_id)
    return len(ids) == limit


async def part(session: AsyncSession, *, follower_id: int, followee_id: int, actor_id: int) -> None:
    """End what there is of a follow or a request. For callers that hold the lock of both."""
    gone = delete(Follow).where(Follow.follower_id == follower_id, Follow.followee_id == followee_id)
    if await session.scalar(gone.returning(Follow.id)):
        await count_follows(session, follower_ids=[follower_id], followee_id=followee_id, by=-1)
        # One shows others on one's profile because one follows them.
        await session.execute(
            delete(Endorsement).where(Endorsement.account_id == follower_id, Endorsement.target_id == followee_id)
        )
        await publish(session, FollowRemoved(follower_id, followee_id), actor_id=actor_id)
    if await _take_request(session, follower_id, followee_id):
        await publish(session, FollowRequestRemoved(follower_id, followee_id), actor_id=actor_id)


def _chosen(options: FollowOptions) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if options.reblogs is not None:
        chosen["reposts"] = options.reblogs
    if options.notify is not None:
        chosen["notify"] = options.notify
    if "languages" in options.model_fields_set:
        chosen["languages"] = list(dict.fromkeys(options.languages or ())) or None
    return chosen


def _options_of(request: FollowRequest) -> dict[str, Any]:
    return {"reposts": request.reposts, "notify": request.notify, "languages": request.languages}


async def _begin(
    session: AsyncSession, follower_id: int, followee_id: int, options: Mapping[str, Any], actor_id: int | None = None
) -> None:
    row = {"follower_id": follower_id, "followee_id": followee_id, **options}
    # Nothing to do where it exists: an old request may stand beside a follow.
    new = insert(Follow).values(row).on_conflict_do_nothing().returning(Follow.id)
    if await session.scalar(new):
        await count_follows(session, follower_ids=[follower_id], followee_id=followee_id, by=1)
        await publish(session, FollowCreated(follower_id, followee_id), actor_id=actor_id or follower_id)


async def _ask(session: AsyncSession, follower_id: int, followee_id: int, options: Mapping[str, Any]) -> None:
    asked = select(func.count()).where(FollowRequest.follower_id == follower_id)
    if (await session.scalar(asked) or 0) >= MOST_FOLLOWED:
        raise TooManyFollows
    await session.execute(insert(FollowRequest).values(follower_id=follower_id, followee_id=followee_id, **options))
    await publish(session, FollowRequested(follower_id, followee_id), actor_id=follower_id)


async def _change(
    session: AsyncSession,
    table: type[Follow] | type[FollowRequest],
    follower_id: int,
    followee_id: int,
    chosen: Mapping[str, Any],
) -> None:
    if not chosen:
        return
    await session.execute(
        update(table).where(table.follower_id == follower_id, table.followee_id == followee_id).values(**chosen)
    )
    if table is Follow:
        await publish(session, FollowChanged(follower_id, followee_id), actor_id=follower_id)


async def _take_request(session: AsyncSession, follower_id: int, followee_id: int) -> FollowRequest | None:
    taken = delete(FollowRequest).where(
        FollowRequest.follower_id == follower_id, FollowRequest.followee_id == followee_id
    )
    request: FollowRequest | None = await session.scalar(taken.returning(FollowRequest))
    return request
