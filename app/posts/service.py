"""Writes of posts: publish, repost, delete."""

from dataclasses import dataclass
from datetime import datetime

from asyncpg import UniqueViolationError
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.queries import find_block
from app.kit import clock
from app.kit.errors import Forbidden, Invalid, NotFound, Unavailable
from app.kit.work import Work, attached, work_of
from app.media import service as media
from app.outbox.publish import publish as publish_event
from app.posts import cascade, polling, text
from app.posts.authors import Author, get_author
from app.posts.composing import compose
from app.posts.events import PostDeleted
from app.posts.models import Post
from app.posts.queries import find_repost, get_original, get_own_post, get_visible_post
from app.posts.schemas import PostCreate, RepostCreate, Visibility
from app.posts.writing import uncount, write

# What `Idempotency-Key` tells apart.
PUBLISH = "statuses"


class CannotRepost(Invalid):
    code = "cannot_repost"
    message = "Validation failed: only public and unlisted posts can be reposted"


_DELETE = sql(
    """
    WITH untagged AS (DELETE FROM post_tags WHERE post_id = :id AND author_id = :author_id),
        forgotten AS (DELETE FROM post_revisions WHERE post_id = :id AND author_id = :author_id),
        unasked AS (DELETE FROM polls WHERE post_id = :id AND author_id = :author_id)
    UPDATE posts SET deleted_at = coalesce(CAST(:now AS timestamptz), now()),
        text = '', spoiler_text = '', tags = '{}', mentions = '[]', media_ids = '{}', poll_id = NULL
    WHERE id = :id AND author_id = :author_id
    """
)


@dataclass(frozen=True, slots=True)
class Published:
    """A post as it was written, and its author with the counters afterwards."""

    post: Post
    author: Author


async def publish(
    work: Work,
    *,
    author_id: int,
    request: PostCreate,
    now: datetime,
    app_id: int | None = None,
    kind: str = "post",
    longest: int = text.LONGEST,
    domain: str = "",
) -> Published:
    """Publish a post or, with `quoted_status_id`, a quote. `kind` "job" is for `jobs.service` alone.

    One statement writes it; a post that is not words alone (`goes_alone`) needs a work with a session. `domain` is
    our own: `@name@domain` mentions like `@name`. Raises what `compose` raises, and Invalid for media that cannot be
    attached.
    """
    author = await get_author(work, id=author_id, app_id=app_id)
    draft = await compose(
        work, author=author, request=request, now=now, app_id=app_id, kind=kind, longest=longest, domain=domain
    )
    post = draft.post
    stats = await write(work, post, parent=draft.quoted.parent if draft.quoted else None)
    if post.media_ids:
        await media.attach(work.open_session, account_id=author_id, media_ids=post.media_ids, post_id=post.id)
    if request.poll:
        await polling.ask(work.open_session, post=attached(work.open_session, post), request=request.poll, now=now)
    return Published(post, author.with_counters(stats))


async def repost(session: AsyncSession, *, author_id: int, post_id: int, request: RepostCreate, now: datetime) -> Post:
    """Repost a post (or what a given repost carries); the earlier repost when there is one already.

    Raises NotFound, Forbidden for a post of someone whom one blocks, CannotRepost, InvalidVia.
    """
    shown = await get_visible_post(session, id=post_id, viewer_id=author_id)
    original = await get_original(session, post=shown, viewer_id=author_id)
    if await find_block(session, account_id=author_id, target_id=original.author_id):
        raise Forbidden
    own_private = original.visibility == "private" and original.author_id == author_id
    if original.visibility not in ("public", "unlisted") and not own_private:
        raise CannotRepost
    if earlier := await find_repost(session, author_id=author_id, original_id=original.id):
        return earlier
    parent = await cascade.resolve_parent(
        session,
        root_id=await cascade.root_of(session, post=original),
        target=original,
        via=request.via,
        wrapper=shown if shown.kind == "repost" else None,
        account_id=author_id,
    )
    wrapper = Post(
        author_id=author_id,
        kind="repost",
        repost_of_id=original.id,
        visibility=original.visibility if own_private else _narrower(request.visibility, original.visibility),
        language=original.language,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            # In here: only now has the connection its savepoint.
            await write(await work_of(session), wrapper, parent=parent)
    except UniqueViolationError:
        # The same person reposted it in another request a moment ago.
        earlier = await find_repost(session, author_id=author_id, original_id=original.id)
        if earlier is None:
            # ... and took it back in a third.
            raise Unavailable from None
        return earlier
    return attached(session, wrapper)


async def undo_repost(session: AsyncSession, *, author_id: int, post_id: int) -> Post:
    """Take one's repost back; the original, whether or not there was a repost. Raises NotFound."""
    shown = await get_visible_post(session, id=post_id, viewer_id=author_id)
    original = await get_original(session, post=shown, viewer_id=author_id)
    if wrapper := await find_repost(session, author_id=author_id, original_id=original.id):
        try:
            await delete(session, author_id=author_id, post_id=wrapper.id, now=None)
        except NotFound:
            # Another request took it back a moment ago.
            pass
    return original


async def delete(
    session: AsyncSession,
    *,
    author_id: int,
    post_id: int,
    now: datetime | None,
    delete_media: bool = False,
    actor_id: int | None = None,
) -> None:
    """Delete one's post: its words go at once, its row stays for the path it was part of. Raises NotFound.

    Its media stay for a day, to be attached to the post written anew, unless they are to go with it. `actor_id` is who
    deletes it, where that is not its author: a job's post is its organisation's.
    """
    post = await get_own_post(session, id=post_id, author_id=author_id)
    # One that was edited may have had others before.
    may_have_media = bool(post.media_ids or post.edited_at)
    if may_have_media and delete_media:
        await media.forget_of_posts(session, post_ids=[post.id])
    elif may_have_media:
        await media.detach(session, post_ids=[post.id], now=now or clock.now())
    await session.execute(_DELETE, {"id": post.id, "author_id": author_id, "now": now})
    await uncount(await work_of(session), post)
    await publish_event(session, PostDeleted(post.id), actor_id=actor_id or author_id)


def _narrower(asked: Visibility | None, original: str) -> str:
    order = ("public", "unlisted", "private")
    return max(asked or "public", original, key=order.index)
