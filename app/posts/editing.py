"""Edits: a post's words, media and poll as they are to be, and how they were."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import of_tag
from app.kit.db import touch
from app.kit.errors import Invalid
from app.kit.work import work_of
from app.media import service as media
from app.media.models import Media
from app.media.queries import load_media
from app.outbox.publish import publish
from app.posts import limits, mentions, polling, quoting, text
from app.posts.composing import checked_words, refuse_media
from app.posts.events import PostEdited, PostRefreshed
from app.posts.models import Post, PostRevision, PostTag
from app.posts.queries import get_own_post
from app.posts.schemas import PostUpdate
from app.posts.writing import touched_by


class CannotEdit(Invalid):
    code = "cannot_edit"
    message = "Reposts and job posts cannot be edited"


class TooManyEdits(Invalid):
    code = "too_many_edits"
    message = f"A post can be edited {limits.EDITS} times"


async def edit(
    session: AsyncSession, *, author_id: int, post_id: int, request: PostUpdate, now: datetime, domain: str
) -> None:
    """Make one's post what `request` says and keep how it was. A request that changes nothing writes nothing.

    `domain` is our own, for mentions with one.

    Raises NotFound, CannotEdit, TooManyEdits, and Invalid as `compose` does. Holds the post's lock.
    """
    post = await get_own_post(session, id=post_id, author_id=author_id)
    if post.kind in ("repost", "job"):
        raise CannotEdit
    before = await _as_it_is(session, post)
    changed = await _change_words(session, post, request, domain)
    changed |= await _change_media(session, post, request)
    changed |= await polling.change(session, post=post, request=request.poll, now=now)
    if request.quote_approval_policy:
        await quoting.change_policy(session, post=post, asked=request.quote_approval_policy)
    if not changed:
        return
    await _require_room(session, post)
    session.add(before)
    post.edited_at = now
    await session.flush()
    await _edited(session, post)


async def rewrite(
    session: AsyncSession, *, post_id: int, content: str, now: datetime, domain: str, quietly: bool = False
) -> None:
    """Replace the text of a job's post after the job changed. For `jobs.service`. `domain` is our own.

    `quietly`: it is not the job that changed, so the post does not count as edited and nobody is told.
    """
    post = await session.get_one(Post, post_id)
    if post.deleted_at is not None or post.text == content:
        return
    await _change_tags(session, post, text.tags(content))
    post.mentions = await _mentioned(session, post, content, domain)
    post.text = content
    if quietly:
        await session.flush()
        touch(session, *touched_by(post))
        await publish(session, PostRefreshed(post.id), actor_id=None)
        return
    post.edited_at = now
    await session.flush()
    await _edited(session, post)


async def _edited(session: AsyncSession, post: Post) -> None:
    touch(session, *touched_by(post))
    await publish(session, PostEdited(post.id), actor_id=post.author_id)


async def _as_it_is(session: AsyncSession, post: Post) -> PostRevision:
    held = await load_media(session, ids=post.media_ids)
    poll = await polling.find_poll(session, post=post)
    return PostRevision(
        post_id=post.id,
        author_id=post.author_id,
        text=post.text,
        spoiler_text=post.spoiler_text,
        sensitive=post.sensitive,
        media=[{"id": id, "description": held[id].description} for id in post.media_ids if id in held],
        poll_options=list(poll.options) if poll else None,
        created_at=post.edited_at or post.created_at,
    )


async def _change_words(session: AsyncSession, post: Post, request: PostUpdate, domain: str) -> bool:
    carries_more = bool(request.media_ids or request.poll or post.quote_of_id)
    content, warning = checked_words(
        request.status, request.spoiler_text, longest=text.LONGEST, needed=not carries_more
    )
    sensitive = request.sensitive or bool(request.spoiler_text.strip())
    language = request.language or post.language
    before = (post.text, post.spoiler_text, post.sensitive, post.language)
    if before == (content, warning, sensitive, language):
        return False
    if content != post.text:
        await _change_tags(session, post, text.tags(content))
        post.mentions = await _mentioned(session, post, content, domain)
    post.text, post.spoiler_text, post.sensitive, post.language = content, warning, sensitive, language
    await session.flush()
    return True


async def _mentioned(session: AsyncSession, post: Post, content: str, domain: str) -> mentions.Mentioned:
    now = await mentions.resolve(await work_of(session), text=content, author_id=post.author_id, domain=domain)
    if post.visibility in ("public", "unlisted"):
        return now
    # Whom it was addressed to may still see it: one cannot unsay something to somebody.
    return now + [earlier for earlier in post.mentions if earlier["id"] not in {mention["id"] for mention in now}]


async def _change_tags(session: AsyncSession, post: Post, tags: list[str]) -> None:
    before, after = ({text.fold_tag(tag) for tag in some} for some in (post.tags, tags))
    touch(session, *(of_tag(tag) for tag in before))
    if gone := before - after:
        own = (PostTag.post_id == post.id, PostTag.author_id == post.author_id)
        await session.execute(delete(PostTag).where(*own, PostTag.tag.in_(gone)))
    session.add_all(PostTag(tag=tag, post_id=post.id, author_id=post.author_id) for tag in after - before)
    post.tags = tags


async def _change_media(session: AsyncSession, post: Post, request: PostUpdate) -> bool:
    if request.poll:
        refuse_media(request.media_ids)
    ids = list(dict.fromkeys(request.media_ids))
    if not ids and not post.media_ids:
        return False
    before = _told(post.media_ids, await load_media(session, ids=post.media_ids))
    attached = await media.replace(
        session,
        account_id=post.author_id,
        post_id=post.id,
        media_ids=ids,
        attributes=request.media_attributes,
    )
    post.media_ids = [item.id for item in attached]
    return before != _told(post.media_ids, {item.id: item for item in attached})


def _told(ids: list[int], held: dict[int, Media]) -> list[tuple[object, ...]]:
    return [(id, held[id].description, (held[id].meta or {}).get("focus")) for id in ids if id in held]


async def _require_room(session: AsyncSession, post: Post) -> None:
    own = (PostRevision.post_id == post.id, PostRevision.author_id == post.author_id)
    if (await session.scalar(select(func.count()).select_from(PostRevision).where(*own)) or 0) >= limits.EDITS:
        raise TooManyEdits
