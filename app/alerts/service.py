"""Writes of saved searches. Each holds the owner's lock: the bound holds, and changes come one after the other."""

import asyncio
from datetime import datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import lock_account
from app.alerts import rules
from app.alerts.models import SavedSearch, SavedSearchHook
from app.alerts.queries import find_rarest, get_own_saved_search, list_saved_searches
from app.alerts.schemas import SavedFilters, SavedSearchCreate, SavedSearchUpdate
from app.kit.db import Database
from app.kit.errors import Invalid, field_error

MOST_SAVED = 50
_DERIVED_AT_ONCE = 200


class TooManySavedSearches(Invalid):
    code = "too_many_saved_searches"
    message = f"Validation failed: an account can save {MOST_SAVED} searches at most"


class SearchTooWide(Invalid):
    code = "search_too_wide"
    message = "Validation failed: a saved search must ask for words, a place, a skill or an employer"


async def create(session: AsyncSession, *, account_id: int, request: SavedSearchCreate, now: datetime) -> SavedSearch:
    """Save a search; what is saved already, under this name, is given back as it is. Raises Invalid."""
    made = SavedSearch(
        account_id=account_id,
        name=_name(request.name),
        q=request.q.strip(),
        filters=_kept(request.filters),
        cadence=request.cadence,
        since=now,
        created_at=now,
        updated_at=now,
    )
    asked = _narrow(await _read(made, now))
    await lock_account(session, id=account_id)
    saved = await list_saved_searches(session, account_id=account_id)
    for one in saved:
        if (one.name, one.q, one.filters, one.cadence) == (made.name, made.q, made.filters, made.cadence):
            return one
    if len(saved) >= MOST_SAVED:
        raise TooManySavedSearches
    session.add(made)
    await session.flush()
    await _hook(session, made, asked)
    return made


async def update(
    session: AsyncSession, *, id: int, account_id: int, request: SavedSearchUpdate, now: datetime
) -> SavedSearch:
    """Change a saved search; with another question, or switched on, it looks at jobs from now on.

    Raises NotFound or Invalid.
    """
    await lock_account(session, id=account_id)
    found = await get_own_saved_search(session, id=id, account_id=account_id)
    before = (found.q, found.filters, found.cadence)
    if request.name is not None:
        found.name = _name(request.name)
    if request.q is not None:
        found.q = request.q.strip()
    if request.filters is not None:
        found.filters = _kept(request.filters)
    if request.cadence is not None:
        found.cadence = request.cadence
    found.updated_at = now
    if before != (found.q, found.filters, found.cadence):
        found.since = now
        await _hook(session, found, _narrow(await _read(found, now)))
    await session.flush()
    return found


async def delete(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Forget a saved search. What it told stays. Raises NotFound."""
    await lock_account(session, id=account_id)
    await session.delete(await get_own_saved_search(session, id=id, account_id=account_id))
    await session.flush()


async def derive_all(db: Database, *, now: datetime) -> None:
    """Read every saved search anew, after words are understood in another way: 200 in one transaction.

    One that asks for nothing any more finds nothing, until its owner changes it.
    """
    last = 0
    while True:
        async with db.transaction() as session:
            # Locked, so that nobody changes the question meanwhile.
            query = select(SavedSearch).where(SavedSearch.id > last).order_by(SavedSearch.id).with_for_update()
            some = (await session.scalars(query.limit(_DERIVED_AT_ONCE))).all()
            for one in some:
                await _hook(session, one, await _read(one, now))
        if len(some) < _DERIVED_AT_ONCE:
            return
        last = some[-1].id


async def _read(search: SavedSearch, now: datetime) -> rules.Asked:
    """Read a search's question into its columns."""
    filters = SavedFilters.model_validate(search.filters)
    asked = await asyncio.to_thread(rules.read, search.q, filters, now=now)
    for column, value in asked.columns.items():
        setattr(search, column, value)
    return asked


def _narrow(asked: rules.Asked) -> rules.Asked:
    if not asked.anchors:
        raise SearchTooWide
    return asked


async def _hook(session: AsyncSession, search: SavedSearch, asked: rules.Asked) -> None:
    own = (SavedSearchHook.search_id == search.id, SavedSearchHook.account_id == search.account_id)
    await session.execute(delete_from(SavedSearchHook).where(*own))
    rarest = await find_rarest(session, asked.anchors)
    if rarest is not None and search.cadence == "instant":
        key = {"search_id": search.id, "account_id": search.account_id}
        session.add_all(SavedSearchHook(hook=hook, **key) for hook in rarest.hooks)
        await session.flush()


def _name(name: str) -> str:
    if not name.strip():
        raise field_error("name", "ERR_BLANK", "can't be blank")
    return name.strip()


def _kept(filters: SavedFilters) -> dict[str, object]:
    return filters.model_dump(mode="json", exclude_defaults=True)
