"""Filters: Mastodon's second form, and the first, in which each keyword is a filter."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession

from app.filters import queries, schemas, service
from app.filters.models import Filter, FilterKeyword, FilterPost
from app.filters.queries import WholeFilter
from app.kit.clock import now
from app.kit.http import PathId, Reading, Transaction, parse_id
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut

router = APIRouter(prefix="/api", tags=["filters"])

Reader = Annotated[Actor, requires("read:filters")]
Writer = Annotated[Actor, requires("write:filters")]


def _filter_id(filter_id: Annotated[str, Path(max_length=64)]) -> int:
    return parse_id(filter_id)


FilterId = Annotated[int, Depends(_filter_id)]


@router.get("/v2/filters", response_model=list[schemas.FilterOut])
async def list_filters(actor: Reader, session: Reading) -> list[schemas.FilterOut]:
    """Your filters."""
    return [_whole(found) for found in await queries.list_filters(session, account_id=actor.account_id)]


@router.post("/v2/filters", response_model=schemas.FilterOut)
async def create_filter(body: schemas.FilterCreate, actor: Writer, session: Transaction) -> schemas.FilterOut:
    """Make a filter. Posts that meet it tell so in `filtered`; what then happens is up to the app."""
    id = await service.create(session, account_id=actor.account_id, request=body, now=now())
    return await _shown(session, id, actor)


# --- What is in filters: before /v2/filters/{id}, which would take their words for ids -----------


@router.get("/v2/filters/keywords/{id}", response_model=schemas.KeywordOut)
async def get_filter_keyword(id: PathId, actor: Reader, session: Reading) -> schemas.KeywordOut:
    """A keyword of one of your filters."""
    return _word((await queries.get_own_keyword(session, id=id, account_id=actor.account_id))[0])


@router.put("/v2/filters/keywords/{id}", response_model=schemas.KeywordOut)
async def update_filter_keyword(
    id: PathId, body: schemas.KeywordUpdate, actor: Writer, session: Transaction
) -> schemas.KeywordOut:
    """Change a keyword."""
    return _word(await service.update_keyword(session, id=id, account_id=actor.account_id, request=body))


@router.delete("/v2/filters/keywords/{id}", response_model=NothingOut)
async def delete_filter_keyword(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Take a keyword out of its filter."""
    await service.delete_keyword(session, id=id, account_id=actor.account_id)
    return NothingOut()


@router.get("/v2/filters/statuses/{id}", response_model=schemas.FilterPostOut)
async def get_filter_status(id: PathId, actor: Reader, session: Reading) -> schemas.FilterPostOut:
    """A post in one of your filters; `id` is the entry's."""
    return _post(await queries.get_own_filter_post(session, id=id, account_id=actor.account_id))


@router.delete("/v2/filters/statuses/{id}", response_model=schemas.FilterPostOut)
async def remove_filter_status(id: PathId, actor: Writer, session: Transaction) -> schemas.FilterPostOut:
    """Take a post out of its filter; `id` is the entry's."""
    return _post(await service.remove_post(session, id=id, account_id=actor.account_id))


@router.get("/v2/filters/{filter_id}/keywords", response_model=list[schemas.KeywordOut])
async def list_filter_keywords(filter_id: FilterId, actor: Reader, session: Reading) -> list[schemas.KeywordOut]:
    """The keywords of a filter."""
    found = await queries.get_whole_filter(session, id=filter_id, account_id=actor.account_id)
    return [_word(word) for word in found.keywords]


@router.post("/v2/filters/{filter_id}/keywords", response_model=schemas.KeywordOut)
async def add_filter_keyword(
    filter_id: FilterId, body: schemas.KeywordCreate, actor: Writer, session: Transaction
) -> schemas.KeywordOut:
    """Put a keyword into a filter."""
    return _word(await service.add_keyword(session, filter_id=filter_id, account_id=actor.account_id, request=body))


@router.get("/v2/filters/{filter_id}/statuses", response_model=list[schemas.FilterPostOut])
async def list_filter_statuses(filter_id: FilterId, actor: Reader, session: Reading) -> list[schemas.FilterPostOut]:
    """The posts in a filter."""
    found = await queries.get_whole_filter(session, id=filter_id, account_id=actor.account_id)
    return [_post(post) for post in found.posts]


@router.post("/v2/filters/{filter_id}/statuses", response_model=schemas.FilterPostOut)
async def add_filter_status(
    filter_id: FilterId, body: schemas.FilterPostCreate, actor: Writer, session: Transaction
) -> schemas.FilterPostOut:
    """Put a post into a filter."""
    return _post(
        await service.add_post(session, filter_id=filter_id, account_id=actor.account_id, post_id=body.status_id)
    )


@router.get("/v2/filters/{id}", response_model=schemas.FilterOut)
async def get_filter(id: PathId, actor: Reader, session: Reading) -> schemas.FilterOut:
    """One of your filters."""
    return await _shown(session, id, actor)


@router.put("/v2/filters/{id}", response_model=schemas.FilterOut)
async def update_filter(
    id: PathId, body: schemas.FilterUpdate, actor: Writer, session: Transaction
) -> schemas.FilterOut:
    """Change a filter and its keywords."""
    await service.update(session, id=id, account_id=actor.account_id, request=body, now=now())
    return await _shown(session, id, actor)


@router.delete("/v2/filters/{id}", response_model=NothingOut)
async def delete_filter(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Delete a filter with all that is in it."""
    await service.delete(session, id=id, account_id=actor.account_id)
    return NothingOut()


# --- The first form ------------------------------------------------------------------------------


@router.get("/v1/filters", response_model=list[schemas.OldFilterOut], deprecated=True)
async def list_old_filters(actor: Reader, session: Reading) -> list[schemas.OldFilterOut]:
    """The keywords of your filters, each as a filter. Use /api/v2/filters."""
    found = await queries.list_filters(session, account_id=actor.account_id)
    return [_old(word, each.filter) for each in found for word in each.keywords]


@router.post("/v1/filters", response_model=schemas.OldFilterOut, deprecated=True)
async def create_old_filter(body: schemas.OldFilterCreate, actor: Writer, session: Transaction) -> schemas.OldFilterOut:
    """Make a filter of one phrase. Use /api/v2/filters."""
    id = await service.create_old(session, account_id=actor.account_id, request=body, now=now())
    return _old(*await queries.get_own_keyword(session, id=id, account_id=actor.account_id))


@router.get("/v1/filters/{id}", response_model=schemas.OldFilterOut, deprecated=True)
async def get_old_filter(id: PathId, actor: Reader, session: Reading) -> schemas.OldFilterOut:
    """One keyword as a filter. Use /api/v2/filters."""
    return _old(*await queries.get_own_keyword(session, id=id, account_id=actor.account_id))


@router.put("/v1/filters/{id}", response_model=schemas.OldFilterOut, deprecated=True)
async def update_old_filter(
    id: PathId, body: schemas.OldFilterUpdate, actor: Writer, session: Transaction
) -> schemas.OldFilterOut:
    """Change one keyword and, if it is alone there, its filter. Use /api/v2/filters."""
    await service.update_old(session, id=id, account_id=actor.account_id, request=body, now=now())
    return _old(*await queries.get_own_keyword(session, id=id, account_id=actor.account_id))


@router.delete("/v1/filters/{id}", response_model=NothingOut, deprecated=True)
async def delete_old_filter(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Delete one keyword and, if nothing else is in it, its filter. Use /api/v2/filters."""
    await service.delete_old(session, id=id, account_id=actor.account_id)
    return NothingOut()


async def _shown(session: AsyncSession, id: int, actor: Actor) -> schemas.FilterOut:
    return _whole(await queries.get_whole_filter(session, id=id, account_id=actor.account_id))


def _whole(found: WholeFilter) -> schemas.FilterOut:
    return schemas.FilterOut(
        id=found.filter.id,
        title=found.filter.title,
        context=found.filter.contexts,
        expires_at=found.filter.expires_at,
        filter_action=found.filter.action,
        keywords=[_word(word) for word in found.keywords],
        statuses=[_post(post) for post in found.posts],
    )


def _word(word: FilterKeyword) -> schemas.KeywordOut:
    return schemas.KeywordOut(id=word.id, keyword=word.keyword, whole_word=word.whole_word)


def _post(post: FilterPost) -> schemas.FilterPostOut:
    return schemas.FilterPostOut(id=post.id, status_id=post.post_id)


def _old(word: FilterKeyword, found: Filter) -> schemas.OldFilterOut:
    return schemas.OldFilterOut(
        id=word.id,
        phrase=word.keyword,
        context=found.contexts,
        whole_word=word.whole_word,
        expires_at=found.expires_at,
        irreversible=found.action == "hide",
    )
