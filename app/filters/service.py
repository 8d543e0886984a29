"""Writes of filters. Each holds the owner's lock, so that the bounds hold and changes come one after the other."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import lock_account
from app.filters.events import FilterChanged
from app.filters.models import Filter, FilterKeyword, FilterPost
from app.filters.queries import get_own_filter, get_own_filter_post, get_own_keyword
from app.filters.schemas import (
    FilterCreate,
    FilterUpdate,
    KeywordAttributes,
    KeywordCreate,
    KeywordUpdate,
    OldFilterCreate,
    OldFilterUpdate,
)
from app.kit.errors import Invalid, NotFound, field_error
from app.outbox.publish import publish
from app.posts.queries import get_visible_post

MOST_FILTERS = 100
MOST_KEYWORDS = 50
MOST_POSTS = 100


class TooManyFilters(Invalid):
    code = "too_many_filters"
    message = f"Validation failed: an account can have {MOST_FILTERS} filters at most"


class FilterFull(Invalid):
    code = "filter_full"
    message = f"Validation failed: a filter can hold {MOST_KEYWORDS} keywords and {MOST_POSTS} statuses at most"


class OldFilterShared(Invalid):
    code = "filter_has_many_keywords"
    message = "These parameters cannot be changed from this application because they apply to more than one keyword"


async def create(session: AsyncSession, *, account_id: int, request: FilterCreate, now: datetime) -> int:
    """A new filter; its id. Raises Invalid."""
    await lock_account(session, id=account_id)
    owned = select(func.count()).select_from(Filter).where(Filter.account_id == account_id)
    if (await session.scalar(owned) or 0) >= MOST_FILTERS:
        raise TooManyFilters
    made = Filter(
        account_id=account_id,
        title=request.title.strip(),
        contexts=list(dict.fromkeys(request.context)),
        action=request.filter_action,
        expires_at=_expiry(request.expires_in, now),
    )
    session.add(made)
    await session.flush()
    await _change_keywords(session, made, request.keywords_attributes)
    await publish(session, FilterChanged(made.id, account_id), actor_id=account_id)
    return made.id


async def update(session: AsyncSession, *, id: int, account_id: int, request: FilterUpdate, now: datetime) -> None:
    """Change a filter and its keywords. Raises NotFound (also for a keyword it does not hold) or Invalid."""
    await lock_account(session, id=account_id)
    found = await get_own_filter(session, id=id, account_id=account_id)
    _assign(found, request, now)
    await _change_keywords(session, found, request.keywords_attributes)
    await publish(session, FilterChanged(id, account_id), actor_id=account_id)


async def delete(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Delete a filter with all that is in it. Raises NotFound."""
    await lock_account(session, id=account_id)
    await session.delete(await get_own_filter(session, id=id, account_id=account_id))
    await session.flush()
    await publish(session, FilterChanged(id, account_id), actor_id=account_id)


async def add_keyword(
    session: AsyncSession, *, filter_id: int, account_id: int, request: KeywordCreate
) -> FilterKeyword:
    """Put a keyword into a filter. Raises NotFound or FilterFull."""
    await lock_account(session, id=account_id)
    found = await get_own_filter(session, id=filter_id, account_id=account_id)
    made = FilterKeyword(
        filter_id=found.id, account_id=account_id, keyword=request.keyword.strip(), whole_word=request.whole_word
    )
    session.add(made)
    await session.flush()
    await _require_room(session, found)
    await publish(session, FilterChanged(filter_id, account_id), actor_id=account_id)
    return made


async def update_keyword(session: AsyncSession, *, id: int, account_id: int, request: KeywordUpdate) -> FilterKeyword:
    """Change a keyword. Raises NotFound."""
    await lock_account(session, id=account_id)
    word, found = await get_own_keyword(session, id=id, account_id=account_id)
    _assign_word(word, request)
    await session.flush()
    await publish(session, FilterChanged(found.id, account_id), actor_id=account_id)
    return word


async def delete_keyword(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Take a keyword out of its filter. Raises NotFound."""
    await lock_account(session, id=account_id)
    word, found = await get_own_keyword(session, id=id, account_id=account_id)
    await session.delete(word)
    await session.flush()
    await publish(session, FilterChanged(found.id, account_id), actor_id=account_id)


async def add_post(session: AsyncSession, *, filter_id: int, account_id: int, post_id: int) -> FilterPost:
    """Put a post that one may see into a filter. Raises NotFound, FilterFull, or Invalid if it is there already."""
    await lock_account(session, id=account_id)
    found = await get_own_filter(session, id=filter_id, account_id=account_id)
    post = await get_visible_post(session, id=post_id, viewer_id=account_id)
    new = insert(FilterPost).values(filter_id=found.id, account_id=account_id, post_id=post.id).on_conflict_do_nothing()
    made: FilterPost | None = await session.scalar(new.returning(FilterPost))
    if made is None:
        raise field_error("status_id", "ERR_TAKEN", "has already been taken")
    await _require_room(session, found)
    await publish(session, FilterChanged(filter_id, account_id), actor_id=account_id)
    return made


async def remove_post(session: AsyncSession, *, id: int, account_id: int) -> FilterPost:
    """Take a post out of its filter; what was taken out. Raises NotFound."""
    await lock_account(session, id=account_id)
    found = await get_own_filter_post(session, id=id, account_id=account_id)
    await session.delete(found)
    await session.flush()
    await publish(session, FilterChanged(found.filter_id, account_id), actor_id=account_id)
    return found


# --- The first form, in which each keyword is a filter -------------------------------------------


async def create_old(session: AsyncSession, *, account_id: int, request: OldFilterCreate, now: datetime) -> int:
    """A filter of one phrase; the id of its keyword. Raises Invalid."""
    keyword = KeywordAttributes(keyword=request.phrase, whole_word=request.whole_word)
    filter_id = await create(
        session,
        account_id=account_id,
        request=FilterCreate(
            title=request.phrase,
            context=request.context,
            filter_action="hide" if request.irreversible else "warn",
            expires_in=request.expires_in,
            keywords_attributes=[keyword],
        ),
        now=now,
    )
    return await session.scalar(select(FilterKeyword.id).where(FilterKeyword.filter_id == filter_id)) or 0


async def update_old(
    session: AsyncSession, *, id: int, account_id: int, request: OldFilterUpdate, now: datetime
) -> None:
    """Change a keyword and its filter. Raises NotFound, or OldFilterShared where others share the filter."""
    await lock_account(session, id=account_id)
    word, found = await get_own_keyword(session, id=id, account_id=account_id)
    _assign_word(word, KeywordUpdate(keyword=request.phrase, whole_word=request.whole_word))
    changes = request.model_dump(include={"context", "expires_in"}, exclude_unset=True)
    if request.irreversible is not None and request.irreversible != (found.action == "hide"):
        changes["filter_action"] = "hide" if request.irreversible else "warn"
    _assign(found, FilterUpdate(**changes), now)
    if session.is_modified(found) and await _count(session, FilterKeyword, found) > 1:
        raise OldFilterShared
    await session.flush()
    await publish(session, FilterChanged(found.id, account_id), actor_id=account_id)


async def delete_old(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Delete a keyword, and its filter once nothing else is in it. Raises NotFound."""
    await delete_keyword(session, id=id, account_id=account_id)
    emptied = select(Filter).where(
        Filter.account_id == account_id,
        ~select(FilterKeyword.id).where(FilterKeyword.filter_id == Filter.id).exists(),
        ~select(FilterPost.id).where(FilterPost.filter_id == Filter.id).exists(),
    )
    for found in await session.scalars(emptied):
        await session.delete(found)
    await session.flush()


def _assign(found: Filter, request: FilterUpdate, now: datetime) -> None:
    if request.title is not None:
        found.title = request.title.strip()
    contexts: list[str] = list(dict.fromkeys(request.context or ()))
    if contexts and contexts != found.contexts:
        found.contexts = contexts
    if request.filter_action is not None:
        found.action = request.filter_action
    if "expires_in" in request.model_fields_set and (request.expires_in is not None or found.expires_at is not None):
        found.expires_at = _expiry(request.expires_in, now)


def _assign_word(word: FilterKeyword, request: KeywordUpdate) -> None:
    if request.keyword is not None:
        word.keyword = request.keyword.strip()
    if request.whole_word is not None:
        word.whole_word = request.whole_word


def _expiry(seconds: int | None, now: datetime) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


async def _change_keywords(session: AsyncSession, found: Filter, changes: Sequence[KeywordAttributes]) -> None:
    known = await session.scalars(select(FilterKeyword).where(FilterKeyword.filter_id == found.id))
    words = {word.id: word for word in known}
    for change in changes:
        if change.id is None:
            if change.keyword is None:
                raise field_error("keywords.keyword", "ERR_BLANK", "can't be blank")
            whole = change.whole_word is not False
            session.add(
                FilterKeyword(
                    filter_id=found.id, account_id=found.account_id, keyword=change.keyword.strip(), whole_word=whole
                )
            )
        elif change.id not in words:
            raise NotFound
        elif change.destroy:
            await session.delete(words[change.id])
        else:
            _assign_word(words[change.id], change)
    await session.flush()
    await _require_room(session, found)


async def _require_room(session: AsyncSession, found: Filter) -> None:
    if await _count(session, FilterKeyword, found) > MOST_KEYWORDS:
        raise FilterFull
    if await _count(session, FilterPost, found) > MOST_POSTS:
        raise FilterFull


async def _count(session: AsyncSession, table: type[FilterKeyword] | type[FilterPost], found: Filter) -> int:
    return await session.scalar(select(func.count()).select_from(table).where(table.filter_id == found.id)) or 0
