"""Writes of what an account marks about others: notes for itself, endorsements for everyone."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.counters import lock
from app.graph.events import EndorsementCreated, EndorsementRemoved
from app.graph.models import AccountNote, Endorsement
from app.graph.queries import load_standings
from app.kit.errors import Invalid, NotFound
from app.outbox.publish import publish


class CannotEndorse(Invalid):
    code = "cannot_endorse"
    message = "Validation failed: you must be already following the person you want to endorse"


async def write_note(session: AsyncSession, *, account_id: int, target_id: int, comment: str) -> None:
    """Write down something about an account, for oneself alone; nothing forgets it. Raises NotFound."""
    if not await load_standings(session, account_id=account_id, ids=[target_id], with_suspended=True):
        raise NotFound
    if not comment.strip():
        await session.execute(
            delete(AccountNote).where(AccountNote.account_id == account_id, AccountNote.target_id == target_id)
        )
        return
    statement = insert(AccountNote).values(account_id=account_id, target_id=target_id, comment=comment)
    key = [AccountNote.account_id, AccountNote.target_id]
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_={"comment": comment}))


async def endorse(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """Show someone one follows on one's profile. Raises NotFound or CannotEndorse."""
    await lock(session, account_id, target_id)
    standing = (await load_standings(session, account_id=account_id, ids=[target_id])).get(target_id)
    if standing is None:
        raise NotFound
    if not standing.following:
        raise CannotEndorse
    new = insert(Endorsement).values(account_id=account_id, target_id=target_id).on_conflict_do_nothing()
    if await session.scalar(new.returning(Endorsement.id)):
        await publish(session, EndorsementCreated(account_id, target_id), actor_id=account_id)


async def withdraw_endorsement(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """Take someone off one's profile; fine when they were not on it. Raises NotFound for an unknown account."""
    if target_id not in await lock(session, account_id, target_id):
        raise NotFound
    gone = delete(Endorsement).where(Endorsement.account_id == account_id, Endorsement.target_id == target_id)
    if await session.scalar(gone.returning(Endorsement.id)):
        await publish(session, EndorsementRemoved(account_id, target_id), actor_id=account_id)
