"""/api/v1/statuses: publish, show, repost, delete."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.kit import idempotency
from app.kit.clock import now
from app.kit.http import CurrentSite, IdempotencyKey, PathId, Reading, Transaction
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires
from app.posts import queries, service
from app.posts.schemas import PostCreate, RepostCreate
from app.reading.pipeline import read_status, read_statuses
from app.reading.schemas import StatusOut

router = APIRouter(tags=["statuses"])

Writer = Annotated[Actor, requires("write:statuses")]


@router.post("/api/v1/statuses", response_model=StatusOut)
async def create_status(
    body: PostCreate, actor: Writer, session: Transaction, site: CurrentSite, idempotency_key: IdempotencyKey = None
) -> StatusOut:
    """Publish a post; with `quoted_status_id` a quote, whose path `via` keeps."""

    async def publish() -> int:
        post = await service.publish(
            session,
            author_id=actor.account_id,
            request=body,
            now=now(),
            app_id=actor.app_id,
            domain=site.domain,
        )
        return post.id

    post_id = await idempotency.once(
        session,
        publish,
        account_id=actor.account_id,
        operation="statuses",
        key=idempotency_key,
        request=body.model_dump(),
    )
    return await read_status(session, id=post_id, viewer_id=actor.account_id, site=site)


@router.get("/api/v1/statuses", response_model=list[StatusOut])
async def list_statuses(
    session: Reading,
    viewer_id: ViewerId,
    site: CurrentSite,
    ids: Annotated[list[IdIn], Query(alias="id[]", max_length=40)] = [],  # noqa: B006 (FastAPI copies it)
) -> list[StatusOut]:
    """Several posts by id, those that you may see (40 at most)."""
    return await read_statuses(session, ids=ids, viewer_id=viewer_id, site=site)


@router.get("/api/v1/statuses/{id}", response_model=StatusOut)
async def get_status(id: PathId, session: Reading, viewer_id: ViewerId, site: CurrentSite) -> StatusOut:
    """One post."""
    return await read_status(session, id=id, viewer_id=viewer_id, site=site)


@router.delete("/api/v1/statuses/{id}", response_model=StatusOut)
async def delete_status(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> StatusOut:
    """Delete your post. The answer holds its `text`, for writing it anew."""
    post = await queries.get_own_post(session, id=id, author_id=actor.account_id)
    text = post.text
    shown = await read_status(session, id=id, viewer_id=actor.account_id, site=site)
    await service.delete(session, author_id=actor.account_id, post_id=id, now=now())
    return shown.model_copy(update={"text": text})


@router.post("/api/v1/statuses/{id}/reblog", response_model=StatusOut)
@router.post("/api/weizhi/v1/statuses/{id}/reblog", response_model=StatusOut)
async def repost_status(
    id: PathId, body: RepostCreate, actor: Writer, session: Transaction, site: CurrentSite
) -> StatusOut:
    """Repost a post. `via` names the repost or quote you saw it through; passing that one's id works as well."""
    repost = await service.repost(session, author_id=actor.account_id, post_id=id, request=body, now=now())
    return await read_status(session, id=repost.id, viewer_id=actor.account_id, site=site)


@router.post("/api/v1/statuses/{id}/unreblog", response_model=StatusOut)
async def undo_repost(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> StatusOut:
    """Take your repost back; the answer is the original."""
    original = await service.undo_repost(session, author_id=actor.account_id, post_id=id)
    return await read_status(session, id=original.id, viewer_id=actor.account_id, site=site)
