"""Writes of what keeps people apart: blocks, which both feel, and mutes, of which the other knows nothing."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.counters import lock
from app.graph.events import BlockCreated, BlockRemoved, MuteCreated, MuteRemoved
from app.graph.models import Block, Endorsement, Mute
from app.graph.schemas import MuteOptions
from app.graph.service import part
from app.kit.changes import of_viewer
from app.kit.db import count_changed, touch
from app.kit.errors import NotFound
from app.outbox.publish import publish

_FORGET_AT_ONCE = 10_000


async def block(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """Block someone: follows, requests and endorsements between the two end. Oneself: nothing happens.

    Raises NotFound for an unknown account.
    """
    if account_id == target_id:
        return
    if target_id not in await lock(session, account_id, target_id):
        raise NotFound
    new = insert(Block).values(account_id=account_id, target_id=target_id).on_conflict_do_nothing()
    if not await session.scalar(new.returning(Block.id)):
        return
    for follower_id, followee_id in ((account_id, target_id), (target_id, account_id)):
        await part(session, follower_id=follower_id, followee_id=followee_id, actor_id=account_id)
    between = (Endorsement.account_id == account_id) & (Endorsement.target_id == target_id)
    back = (Endorsement.account_id == target_id) & (Endorsement.target_id == account_id)
    await session.execute(delete(Endorsement).where(or_(between, back)))
    touch(session, of_viewer(target_id))
    await publish(session, BlockCreated(account_id, target_id), actor_id=account_id)


async def unblock(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """End a block; fine when there is none. Raises NotFound for an unknown account."""
    if target_id not in await lock(session, account_id, target_id):
        raise NotFound
    gone = delete(Block).where(Block.account_id == account_id, Block.target_id == target_id)
    if await session.scalar(gone.returning(Block.id)):
        touch(session, of_viewer(target_id))
        await publish(session, BlockRemoved(account_id, target_id), actor_id=account_id)


async def mute(session: AsyncSession, *, account_id: int, target_id: int, options: MuteOptions, now: datetime) -> None:
    """Mute someone, or change how. Oneself: nothing happens. Raises NotFound for an unknown account."""
    if account_id == target_id:
        return
    if target_id not in await lock(session, account_id, target_id):
        raise NotFound
    how = {
        "notifications": options.notifications is not False,
        "expires_at": now + timedelta(seconds=options.duration) if options.duration else None,
    }
    statement = insert(Mute).values(account_id=account_id, target_id=target_id, **how)
    await session.execute(statement.on_conflict_do_update(index_elements=[Mute.account_id, Mute.target_id], set_=how))
    await publish(session, MuteCreated(account_id, target_id), actor_id=account_id)


async def unmute(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """End a mute; fine when there is none. Raises NotFound for an unknown account."""
    if target_id not in await lock(session, account_id, target_id):
        raise NotFound
    gone = delete(Mute).where(Mute.account_id == account_id, Mute.target_id == target_id)
    if await session.scalar(gone.returning(Mute.id)):
        await publish(session, MuteRemoved(account_id, target_id), actor_id=account_id)


async def forget_expired_mutes(session: AsyncSession, *, now: datetime) -> int:
    """Drop rows of mutes that are over; how many, a bounded number. They counted for nothing before."""
    over = select(Mute.id).where(Mute.expires_at <= now).limit(_FORGET_AT_ONCE)
    return await count_changed(session, delete(Mute).where(Mute.id.in_(over), Mute.expires_at <= now))
