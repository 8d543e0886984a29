"""Weibo's one gesture: repost with a word of one's own, and say it as a comment as well."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import field_error
from app.kit.work import work_of
from app.posts import cascade, service
from app.posts.models import Post
from app.posts.queries import get_visible_original, get_visible_post
from app.posts.schemas import Forward, PostCreate, RepostCreate

# Ids of one transaction lie close together: these many milliseconds are more than it may take.
_MILLISECONDS = 60_000


async def forward(
    session: AsyncSession, *, author_id: int, post_id: int, request: Forward, now: datetime, app_id: int, domain: str
) -> Post:
    """Repost a post without `text`, quote it with; and publish the text as replies where `comment` says.

    "current" is the post that was seen: what `via` names when that has words, else the post itself. "original" is
    the root of its cascade. Raises what `service.repost` and `service.publish` raise, and Invalid for a comment
    without text.
    """
    words = request.text.strip()
    if not words:
        if request.comment != "none":
            raise field_error("text", "ERR_BLANK", "can't be blank where it is to be a comment")
        plain = RepostCreate(visibility=request.visibility, via=request.via)
        return await service.repost(session, author_id=author_id, post_id=post_id, request=plain, now=now)

    async def say(**where: int | None) -> Post:
        published = await service.publish(
            await work_of(session),
            author_id=author_id,
            request=PostCreate.model_validate({"status": words, "visibility": request.visibility, **where}),
            now=now,
            app_id=app_id,
            domain=domain,
        )
        return published.post

    quote = await say(quoted_status_id=post_id, via=request.via)
    for answered in await _answered(session, author_id=author_id, post_id=post_id, request=request):
        await say(in_reply_to_id=answered)
    return quote


async def list_comments(session: AsyncSession, *, post: Post) -> Sequence[int]:
    """The ids of the comments that were made in one gesture with `post`."""
    together = (Post.id > post.id) & (Post.id < post.id + (_MILLISECONDS << 16)) & (Post.created_at == post.created_at)
    query = select(Post.id).where(Post.author_id == post.author_id, Post.in_reply_to_id.is_not(None), together)
    return (await session.scalars(query.order_by(Post.id))).all()


async def _answered(session: AsyncSession, *, author_id: int, post_id: int, request: Forward) -> list[int]:
    if request.comment == "none":
        return []
    target = await get_visible_original(session, id=post_id, viewer_id=author_id)
    current = target
    if request.via is not None:
        seen = await get_visible_post(session, id=request.via, viewer_id=author_id)
        current = target if seen.kind == "repost" else seen
    original = await cascade.root_of(session, post=target)
    chosen = {"current": [current.id], "original": [original], "both": [current.id, original]}[request.comment]
    return list(dict.fromkeys(chosen))
