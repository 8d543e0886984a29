"""Writes between accounts and topics."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import lock_account
from app.kit.errors import Invalid, NotFound, field_error
from app.outbox.publish import publish
from app.posts.text import fold_tag
from app.tags.events import TagFollowed, TagUnfollowed
from app.tags.models import FeaturedTag, TagFollow
from app.tags.rules import plain_name

MOST_FOLLOWED = 100
MOST_FEATURED = 10


class TooManyTags(Invalid):
    code = "too_many_tags"
    message = f"An account can follow {MOST_FOLLOWED} topics at most"


class TooManyFeaturedTags(Invalid):
    code = "too_many_featured_tags"
    message = f"Validation failed: an account can feature {MOST_FEATURED} topics at most"


async def follow(session: AsyncSession, *, account_id: int, tag: str) -> None:
    """Follow a folded topic; fine when one does. Raises TooManyTags."""
    await lock_account(session, id=account_id)
    new = insert(TagFollow).values(account_id=account_id, tag=tag).on_conflict_do_nothing()
    id = await session.scalar(new.returning(TagFollow.id))
    if id is None:
        return
    followed = select(func.count()).select_from(TagFollow).where(TagFollow.account_id == account_id)
    if (await session.scalar(followed) or 0) > MOST_FOLLOWED:
        raise TooManyTags
    await publish(session, TagFollowed(id, account_id), actor_id=account_id)


async def unfollow(session: AsyncSession, *, account_id: int, tag: str) -> None:
    """Follow a folded topic no longer; fine when one did not."""
    gone = delete(TagFollow).where(TagFollow.account_id == account_id, TagFollow.tag == tag)
    if id := await session.scalar(gone.returning(TagFollow.id)):
        await publish(session, TagUnfollowed(id, account_id), actor_id=account_id)


async def feature(session: AsyncSession, *, account_id: int, name: str, twice: bool = False) -> int:
    """Show a topic on one's profile; its entry's id. Raises Invalid: not a topic, there already (unless `twice` is
    fine), too many."""
    plain = plain_name(name)
    if plain is None:
        raise field_error("name", "ERR_INVALID", "is not a topic")
    await lock_account(session, id=account_id)
    row = {"account_id": account_id, "tag": fold_tag(plain), "name": plain}
    new = insert(FeaturedTag).values(row).on_conflict_do_nothing()
    id = await session.scalar(new.returning(FeaturedTag.id))
    if id is None and not twice:
        raise field_error("name", "ERR_TAKEN", "has already been taken")
    featured = select(func.count()).select_from(FeaturedTag).where(FeaturedTag.account_id == account_id)
    if (await session.scalar(featured) or 0) > MOST_FEATURED:
        raise TooManyFeaturedTags
    return id or 0


async def stop_featuring(session: AsyncSession, *, account_id: int, id: int) -> None:
    """Take an entry off one's profile. Raises NotFound."""
    gone = delete(FeaturedTag).where(FeaturedTag.account_id == account_id, FeaturedTag.id == id)
    if await session.scalar(gone.returning(FeaturedTag.id)) is None:
        raise NotFound


async def stop_featuring_tag(session: AsyncSession, *, account_id: int, tag: str) -> None:
    """Take a folded topic off one's profile; fine when it was not on it."""
    await session.execute(delete(FeaturedTag).where(FeaturedTag.account_id == account_id, FeaturedTag.tag == tag))
