"""/api/v1/statuses: publish, show, edit, delete, repost, and what becomes of quotes."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.kit import idempotency
from app.kit.clock import now
from app.kit.http import (
    CurrentDatabase,
    CurrentSite,
    IdempotencyKey,
    PathId,
    Reading,
    Transaction,
    link_header,
    page_of,
    parse_id,
)
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.kit.work import working, writing
from app.oauth.actor import Actor, ViewerId, requires
from app.posts import editing, gesture, queries, quoting, service
from app.posts.composing import goes_alone
from app.posts.schemas import Forward, InteractionPolicyUpdate, PostCreate, PostUpdate, RepostCreate
from app.reading.chain import with_chains
from app.reading.edits import StatusEditOut, StatusSourceOut
from app.reading.history import read_history
from app.reading.pipeline import hydrated_by, read_status, read_statuses, read_timeline
from app.reading.published import present_published
from app.reading.rules import welcome
from app.reading.schemas import ForwardOut, StatusOut
from app.scheduled import service as scheduled
from app.scheduled.present import present_scheduled
from app.scheduled.queries import find_own_scheduled
from app.scheduled.schemas import ScheduledStatusOut

router = APIRouter(tags=["statuses"])

Writer = Annotated[Actor, requires("write:statuses")]
Reader = Annotated[Actor, requires("read:statuses")]


@router.post("/api/v1/statuses", response_model=StatusOut | ScheduledStatusOut)
async def create_status(
    body: PostCreate, actor: Writer, db: CurrentDatabase, site: CurrentSite, idempotency_key: IdempotencyKey = None
) -> StatusOut | ScheduledStatusOut:
    """Publish a post, or with `scheduled_at` have it published later; with `quoted_status_id` a quote, whose path
    `via` keeps.
    """
    published: service.Published | None = None

    async with working(db) if goes_alone(body) else writing(db) as work:

        async def make() -> int:
            nonlocal published
            published = await service.publish(
                work, author_id=actor.account_id, request=body, now=now(), app_id=actor.app_id, domain=site.domain
            )
            return published.post.id

        async def wait() -> int:
            return (
                await scheduled.schedule(
                    work.open_session,
                    author_id=actor.account_id,
                    app_id=actor.app_id,
                    request=body,
                    moment=body.scheduled_at or "",
                    now=now(),
                    domain=site.domain,
                )
            ).id

        id = await idempotency.once(
            work,
            wait if body.scheduled_at else make,
            account_id=actor.account_id,
            operation=service.PUBLISH,
            key=idempotency_key,
            request=body,
        )
    if published and goes_alone(body):
        return present_published(published.post, published.author, site=site)
    async with db.reading() as session:
        if body.scheduled_at and (waiting := await find_own_scheduled(session, id=id, account_id=actor.account_id)):
            return (await present_scheduled(session, [waiting], site=site))[0]
        return await read_status(session, id=id, viewer_id=actor.account_id, site=site)


@router.get("/api/v1/statuses", response_model=list[StatusOut])
async def list_statuses(
    session: Reading,
    viewer_id: ViewerId,
    site: CurrentSite,
    ids: Annotated[list[IdIn], Query(alias="id", max_length=40)] = [],  # noqa: B006 (FastAPI copies it)
) -> list[StatusOut]:
    """Several posts by id, those that you may see (40 at most)."""
    return await read_statuses(session, ids=ids, viewer_id=viewer_id, site=site)


@router.get("/api/v1/statuses/{id}", response_model=StatusOut)
async def get_status(id: PathId, session: Reading, viewer_id: ViewerId, site: CurrentSite) -> StatusOut:
    """One post. A quote is told with the chain of words it came by, as `weizhi.chain`."""
    status = await read_status(session, id=id, viewer_id=viewer_id, site=site)
    return (await with_chains(session, [status], viewer_id=viewer_id, site=site))[0]


@router.put("/api/v1/statuses/{id}", response_model=StatusOut)
async def edit_status(
    id: PathId, body: PostUpdate, actor: Writer, session: Transaction, site: CurrentSite
) -> StatusOut:
    """Edit your post: what is not said is taken away. Other answers in a poll mean that everyone votes anew."""
    await editing.edit(session, author_id=actor.account_id, post_id=id, request=body, now=now(), domain=site.domain)
    return await read_status(session, id=id, viewer_id=actor.account_id, site=site)


@router.get("/api/v1/statuses/{id}/history", response_model=list[StatusEditOut])
async def get_history(id: PathId, session: Reading, viewer_id: ViewerId, site: CurrentSite) -> list[StatusEditOut]:
    """How a post read before each edit, from its first version to the present one."""
    return await read_history(session, id=id, viewer_id=viewer_id, site=site)


@router.get("/api/v1/statuses/{id}/source", response_model=StatusSourceOut)
async def get_source(id: PathId, session: Reading, actor: Reader) -> StatusSourceOut:
    """A post as it was typed, for editing it."""
    post = await queries.get_visible_post(session, id=id, viewer_id=actor.account_id)
    return StatusSourceOut(id=post.id, text=post.text, spoiler_text=post.spoiler_text)


@router.put("/api/v1/statuses/{id}/interaction_policy", response_model=StatusOut)
async def set_interaction_policy(
    id: PathId, body: InteractionPolicyUpdate, actor: Writer, session: Transaction, site: CurrentSite
) -> StatusOut:
    """Say who may quote your post from now on. Quotes that are there stay."""
    await quoting.set_policy(session, author_id=actor.account_id, post_id=id, policy=body.quote_approval_policy)
    return await read_status(session, id=id, viewer_id=actor.account_id, site=site)


@router.get("/api/v1/statuses/{id}/quotes", response_model=list[StatusOut])
async def list_quotes(
    id: PathId,
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    request: Request,
    response: Response,
    page: Annotated[Page, page_of(default=20, most=40)],
) -> list[StatusOut]:
    """Quotes of a post that stand, newest first, as far as you may see them."""
    await queries.get_visible_post(session, id=id, viewer_id=viewer_id)

    async def skeleton(page: Page) -> Sequence[int]:
        return await queries.page_quote_ids(session, post_id=id, page=page)

    found = await read_timeline(hydrated_by(session), skeleton=skeleton, page=page, rule=welcome, viewer_id=viewer_id)
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    return found.present(site=site)


@router.post("/api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke", response_model=StatusOut)
async def revoke_quote(
    id: PathId, quoting_status_id: str, actor: Writer, session: Transaction, site: CurrentSite
) -> StatusOut:
    """Take your post out of somebody's quote, for good. The answer is the quote (your post, if you may not see it)."""
    quoting_id = parse_id(quoting_status_id)
    await quoting.revoke(session, author_id=actor.account_id, post_id=id, quoting_id=quoting_id)
    shown = await read_statuses(session, ids=[quoting_id, id], viewer_id=actor.account_id, site=site)
    return shown[0]


@router.delete("/api/v1/statuses/{id}", response_model=StatusOut)
async def delete_status(
    id: PathId,
    actor: Writer,
    session: Transaction,
    site: CurrentSite,
    delete_media: Annotated[bool, Query(description="Delete its files at once, too.")] = False,
) -> StatusOut:
    """Delete your post. The answer holds its `text`, for writing it anew; its files wait a day for that."""
    post = await queries.get_own_post(session, id=id, author_id=actor.account_id)
    text = post.text
    shown = await read_status(session, id=id, viewer_id=actor.account_id, site=site)
    await service.delete(session, author_id=actor.account_id, post_id=id, now=now(), delete_media=delete_media)
    return shown.model_copy(update={"text": text})


@router.post("/api/v1/statuses/{id}/reblog", response_model=StatusOut)
@router.post("/api/weizhi/v1/statuses/{id}/reblog", response_model=StatusOut)
async def repost_status(
    id: PathId, body: RepostCreate, actor: Writer, session: Transaction, site: CurrentSite
) -> StatusOut:
    """Repost a post. `via` names the repost or quote you saw it through; passing that one's id works as well."""
    repost = await service.repost(session, author_id=actor.account_id, post_id=id, request=body, now=now())
    return await read_status(session, id=repost.id, viewer_id=actor.account_id, site=site)


@router.post("/api/weizhi/v1/statuses/{id}/repost", response_model=ForwardOut)
async def forward_status(
    id: PathId,
    body: Forward,
    actor: Writer,
    session: Transaction,
    site: CurrentSite,
    idempotency_key: IdempotencyKey = None,
) -> ForwardOut:
    """Weibo's repost in one gesture: with a text it is a quote, which `comment` publishes as a reply as well."""

    async def forward() -> int:
        post = await gesture.forward(
            session,
            author_id=actor.account_id,
            post_id=id,
            request=body,
            now=now(),
            app_id=actor.app_id,
            domain=site.domain,
        )
        return post.id

    post_id = await idempotency.once(
        session,
        forward,
        account_id=actor.account_id,
        operation="repost",
        key=idempotency_key,
        request={"id": id, **body.model_dump()},
    )
    made = await queries.get_visible_post(session, id=post_id, viewer_id=actor.account_id)
    comments = await gesture.list_comments(session, post=made)
    shown = await read_statuses(session, ids=[post_id, *comments], viewer_id=actor.account_id, site=site)
    status, *rest = await with_chains(session, shown, viewer_id=actor.account_id, site=site)
    return ForwardOut(status=status, comments=rest)


@router.post("/api/v1/statuses/{id}/unreblog", response_model=StatusOut)
async def undo_repost(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> StatusOut:
    """Take your repost back; the answer is the original."""
    original = await service.undo_repost(session, author_id=actor.account_id, post_id=id)
    return await read_status(session, id=original.id, viewer_id=actor.account_id, site=site)
