"""Who is told of what. Every handler may run twice, late, or out of order: rows as they are now decide.

What was done is locked while it is told, so that undoing it comes after, and takes the notification away again.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow, FollowRequest
from app.interactions.models import Like
from app.kit.clock import now
from app.notifications.events import MessageAdmitted
from app.notifications.service import tell, withdraw, withdraw_post
from app.outbox.publish import enqueue, publish_all
from app.polls.models import PollVote
from app.posts.models import Poll, Post

TELL_FOLLOWERS = "notifications.tell_followers"
TELL_READERS = "notifications.tell_readers"
TELL_VOTERS = "notifications.tell_voters"
_AT_ONCE = 1000

Payloads = Sequence[Mapping[str, Any]]
_Row = TypeVar("_Row", Follow, FollowRequest)


async def tell_of_post(session: AsyncSession, payloads: Payloads) -> None:
    """Tell those whom a new post mentions, answers, quotes or reposts; then those who asked to hear of each post."""
    heard_of = select(Follow).where(Follow.followee_id == Post.author_id, Follow.notify).exists()
    query = select(Post).where(
        Post.id.in_([payload["post_id"] for payload in payloads]),
        Post.deleted_at.is_(None),
        # Most posts are told to nobody.
        func.coalesce(Post.repost_of_id, Post.quote_of_id, Post.in_reply_to_account_id).is_not(None)
        | (func.jsonb_array_length(Post.mentions) > 0)
        | heard_of,
    )
    posts = (await session.scalars(query.order_by(Post.id).with_for_update(read=True, of=Post))).all()
    heard = select(Follow.followee_id).where(Follow.followee_id.in_({post.author_id for post in posts}), Follow.notify)
    heard_ids = set(await session.scalars(heard.distinct()))
    for post in posts:
        if post.repost_of_id is not None:
            await _tell_reposted(session, post)
            continue
        quoted = await _tell_quoted(session, post)
        await _tell_mentioned(session, post, but=quoted)
        to_all = post.visibility != "direct" and post.in_reply_to_account_id in (None, post.author_id)
        if to_all and post.author_id in heard_ids:
            await tell_followers(session, [{"post_id": post.id, "after": 0}])


async def tell_followers(session: AsyncSession, payloads: Payloads) -> None:
    """Tell followers who want to hear of each post, a thousand at a time, by rising id."""
    for payload in payloads:
        post = await _living_post(session, payload["post_id"])
        if post is None:
            continue
        wanting = (
            await session.scalars(
                select(Follow.follower_id)
                .where(Follow.followee_id == post.author_id, Follow.notify, Follow.follower_id > payload["after"])
                .order_by(Follow.follower_id)
                .limit(_AT_ONCE)
            )
        ).all()
        # Whom it mentions has been told.
        others = set(wanting) - {mention["id"] for mention in post.mentions}
        await tell(
            session,
            kind="post",
            from_id=post.author_id,
            recipients=others,
            post=post,
            at=post.created_at,
            now=now(),
        )
        await _go_on(session, TELL_FOLLOWERS, {"post_id": post.id}, wanting)


async def tell_of_edit(session: AsyncSession, payloads: Payloads) -> None:
    """Tell whom an edited post mentions now, and those who reposted or quoted it."""
    for payload in payloads:
        post = await _living_post(session, payload["post_id"])
        if post is None or post.edited_at is None:
            continue
        await _tell_mentioned(session, post, but=None)
        await tell_readers(session, [{"post_id": post.id, "after": 0}])


async def tell_readers(session: AsyncSession, payloads: Payloads) -> None:
    """Tell those who reposted or quoted an edited post, a thousand at a time."""
    for payload in payloads:
        post = await _living_post(session, payload["post_id"])
        if post is None or post.edited_at is None:
            continue
        carrying = (
            await session.scalars(
                select(Post)
                .where((Post.repost_of_id == post.id) | (Post.quote_of_id == post.id), Post.deleted_at.is_(None))
                .where(Post.id > payload["after"])
                .order_by(Post.id)
                .limit(_AT_ONCE)
            )
        ).all()
        told: dict[str, Any] = {"from_id": post.author_id, "at": post.edited_at, "now": now()}
        reposters = [one.author_id for one in carrying if one.repost_of_id is not None]
        await tell(session, kind="edit", recipients=reposters, post=post, **told)
        for quote in (one for one in carrying if one.quote_of_id and one.quote_state in ("accepted", None)):
            # What is shown is one's own quote, with the edited post inside.
            await tell(session, kind="quoted_edit", recipients=[quote.author_id], post=quote, **told)
        await _go_on(session, TELL_READERS, {"post_id": post.id}, [one.id for one in carrying])


async def withdraw_deleted(session: AsyncSession, payloads: Payloads) -> None:
    """Take back what was told of deleted posts. Nobody reads it meanwhile: reading hides it."""
    for payload in payloads:
        post = await session.get(Post, payload["post_id"])
        if post is None or post.deleted_at is None:
            continue
        await withdraw_post(session, post_id=post.id)
        if post.repost_of_id is not None and not await _reposted(session, post):
            await withdraw(session, kind="repost", from_id=post.author_id, post_id=post.repost_of_id)


async def tell_of_follow(session: AsyncSession, payloads: Payloads) -> None:
    """Tell someone of a new follower, or of one who asks; or no more of one who left."""
    for payload in payloads:
        await _tell_followed(session, "follow", Follow, **payload)
        await _tell_followed(session, "follow_request", FollowRequest, **payload)


async def tell_of_like(session: AsyncSession, payloads: Payloads) -> None:
    """Tell the author of a like; or no more of one that was taken back."""
    for payload in payloads:
        post_id, account_id = payload["post_id"], payload["account_id"]
        given = select(Like).where(Like.post_id == post_id, Like.account_id == account_id)
        like = (await session.scalars(given.with_for_update(read=True, key_share=True))).first()
        post = await _living_post(session, post_id)
        if like is None:
            await withdraw(session, kind="like", from_id=account_id, post_id=post_id)
        elif post is not None:
            told: dict[str, Any] = {"recipients": [post.author_id], "post": post, "at": like.created_at, "now": now()}
            await tell(session, kind="like", from_id=account_id, **told)


async def tell_of_poll(session: AsyncSession, payloads: Payloads) -> None:
    """Tell who asked, and then who voted, that a poll has ended."""
    for payload in payloads:
        await _tell_polled(session, payload["poll_id"], None)
        await tell_voters(session, [{"poll_id": payload["poll_id"], "after": 0}])


async def tell_voters(session: AsyncSession, payloads: Payloads) -> None:
    """Tell voters that a poll has ended, a thousand at a time, by rising id."""
    for payload in payloads:
        poll_id, voter = payload["poll_id"], PollVote.account_id
        voters = (
            await session.scalars(
                select(voter)
                .where(PollVote.poll_id == poll_id, voter > payload["after"])
                .distinct()
                .order_by(voter)
                .limit(_AT_ONCE)
            )
        ).all()
        await _tell_polled(session, poll_id, voters)
        await _go_on(session, TELL_VOTERS, {"poll_id": poll_id}, voters)


async def _tell_polled(session: AsyncSession, poll_id: int, voters: Collection[int] | None) -> None:
    """Tell these voters, or with None the author."""
    poll = await session.get(Poll, poll_id)
    post = await _living_post(session, poll.post_id) if poll else None
    if poll is None or post is None or poll.ended_at is None:
        return
    told: dict[str, Any] = {"post": post, "at": poll.expires_at or poll.ended_at, "now": now()}
    recipients = [post.author_id] if voters is None else voters
    await tell(session, kind="poll", from_id=post.author_id, recipients=recipients, **told)


async def _tell_followed(
    session: AsyncSession, kind: str, table: type[_Row], *, follower_id: int, followee_id: int
) -> None:
    made = select(table).where(table.follower_id == follower_id, table.followee_id == followee_id)
    row = (await session.scalars(made.with_for_update(read=True, key_share=True))).first()
    if row is None:
        await withdraw(session, kind=kind, from_id=follower_id, account_id=followee_id)
        return
    told: dict[str, Any] = {"recipients": [followee_id], "post": None, "at": row.created_at, "now": now()}
    await tell(session, kind=kind, from_id=follower_id, **told)


async def _tell_reposted(session: AsyncSession, repost: Post) -> None:
    original = await _living_post(session, repost.repost_of_id or 0)
    if original is not None:
        await tell(
            session,
            kind="repost",
            from_id=repost.author_id,
            recipients=[original.author_id],
            post=original,
            at=repost.created_at,
            now=now(),
        )


async def _tell_quoted(session: AsyncSession, post: Post) -> int | None:
    """Tell the author of what a post quotes; their id."""
    if post.quote_of_id is None or post.quote_state not in ("accepted", None):
        return None
    quoted = await _living_post(session, post.quote_of_id)
    if quoted is None:
        return None
    told: dict[str, Any] = {"post": post, "at": post.created_at, "now": now(), "people": _concerned(post)}
    await tell(session, kind="quote", from_id=post.author_id, recipients=[quoted.author_id], **told)
    return quoted.author_id


async def _tell_mentioned(session: AsyncSession, post: Post, *, but: int | None) -> None:
    # Whom a post answers hears of it as of a mention, named or not: a comment is meant for them.
    told: dict[str, Any] = {"post": post, "at": post.created_at, "now": now(), "people": _concerned(post)}
    withheld = await tell(session, kind="mention", from_id=post.author_id, recipients=_concerned(post) - {but}, **told)
    if post.visibility == "direct":
        admitted = _concerned(post) - {*withheld, post.author_id}
        await publish_all(session, [MessageAdmitted(post.id, id) for id in sorted(admitted)], actor_id=None)


def _concerned(post: Post) -> set[int]:
    replied = {post.in_reply_to_account_id} if post.in_reply_to_account_id else set()
    return {mention["id"] for mention in post.mentions} | replied


async def _living_post(session: AsyncSession, post_id: int) -> Post | None:
    query = select(Post).where(Post.id == post_id, Post.deleted_at.is_(None)).with_for_update(read=True)
    return (await session.scalars(query)).first()


async def _reposted(session: AsyncSession, post: Post) -> bool:
    """Whether the author of a deleted repost has reposted the same again."""
    again = select(Post.id).where(
        Post.author_id == post.author_id, Post.repost_of_id == post.repost_of_id, Post.deleted_at.is_(None)
    )
    return await session.scalar(again) is not None


async def _go_on(session: AsyncSession, handler: str, about: Mapping[str, int], ids: Collection[int]) -> None:
    """Enqueue the rest, when this was a full chunk."""
    if len(ids) == _AT_ONCE:
        rest = {**about, "after": max(ids)}
        await enqueue(session, handler, [(":".join(str(value) for value in rest.values()), rest)])
