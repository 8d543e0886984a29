"""Conversations as their participant may see them now."""

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.conversations.models import Conversation
from app.conversations.queries import load_latest
from app.conversations.schemas import ConversationOut
from app.kit.site import Site
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import present_status
from app.reading.present_account import present_account
from app.reading.rules import welcome

# So far back is looked for a last post that may be shown. A conversation without one is left out.
_LOOK_BACK = 5


async def present(
    session: AsyncSession, conversations: Sequence[Conversation], *, account_id: int, site: Site
) -> list[ConversationOut]:
    """Those of `conversations` that hold a post to show, as Mastodon's entities."""
    latest = await load_latest(session, ids=[one.id for one in conversations], most=_LOOK_BACK)
    ids = {id for posts in latest.values() for id in posts}
    hydrated = await hydrate(session, ids=ids, viewer_id=account_id)
    profiles = await load_profiles(session, ids=_people(conversations))
    shown = []
    for one in conversations:
        last = _last(latest.get(one.id, ()), hydrated)
        # Who writes to nobody talks to themselves.
        others = [profiles[id] for id in one.participant_ids or [account_id] if id in profiles]
        if last is not None:
            shown.append(
                ConversationOut(
                    id=one.id,
                    unread=one.unread,
                    accounts=[present_account(profile, site=site) for profile in others],
                    last_status=present_status(last, hydrated, site=site),
                )
            )
    return shown


def _people(conversations: Collection[Conversation]) -> set[int]:
    return {id for one in conversations for id in (one.participant_ids or [one.account_id])}


def _last(ids: Sequence[int], hydrated: Hydrated) -> HydratedPost | None:
    """The newest post that the reader may see and wants to."""
    return next((item for id in ids if (item := hydrated.posts.get(id)) and welcome(item, hydrated)), None)
