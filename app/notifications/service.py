"""Writes of notifications."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import count_changed
from app.kit.errors import NotFound
from app.notifications import rules
from app.notifications.events import NotificationCreated
from app.notifications.models import Notification, NotificationRequest
from app.notifications.queries import find_group_key, load_answered, load_recipients, of_group
from app.outbox.publish import publish_all
from app.posts.models import Post
from app.posts.rules import may_see

_AT_ONCE = 1000
_NO_MORE: Mapping[int, str] = {}
_FORGET_AT_ONCE = 10_000
_KEPT = timedelta(days=180)

_TELL = """
    INSERT INTO notifications (account_id, from_id, kind, post_id, filtered, group_key, about, created_at)
    SELECT recipient.id, :from_id, :kind, :post_id, recipient.filtered, :group_key,
        CAST(recipient.about AS jsonb), :at
    FROM unnest(CAST(:ids AS bigint[]), CAST(:filtered AS boolean[]), CAST(:about AS text[]))
        AS recipient (id, filtered, about)
    ON CONFLICT ON CONSTRAINT uq_notifications_fact DO
"""
_TELL_ONCE = sql(f"{_TELL} NOTHING RETURNING id, account_id, filtered")
# With a new id, so that it is new again; not when this very edit was told before.
_TELL_AGAIN = sql(
    f"""{_TELL} UPDATE SET id = DEFAULT, created_at = excluded.created_at, filtered = excluded.filtered,
        about = excluded.about, group_key = excluded.group_key
    WHERE notifications.created_at < excluded.created_at RETURNING id, account_id, filtered"""
)
_REQUEST = sql(
    """
    INSERT INTO notification_requests (account_id, from_id, last_post_id)
    SELECT id, :from_id, :post_id FROM unnest(CAST(:ids AS bigint[])) AS recipient (id)
    ON CONFLICT (account_id, from_id) DO UPDATE SET updated_at = now(),
        last_post_id = greatest(notification_requests.last_post_id, excluded.last_post_id)
    """
)


async def tell(
    session: AsyncSession,
    *,
    kind: str,
    from_id: int,
    recipients: Collection[int],
    post: Post | None,
    at: datetime,
    now: datetime,
    people: Collection[int] = (),
    about: Mapping[int, str] = _NO_MORE,
) -> list[int]:
    """Notify `recipients` that `from_id` did something at `at`, those who may and want to know. Once for each fact.

    `post` is what is shown with it. Who blocks or mutes somebody of `people`, whom it concerns too, is left out.
    `about` is what else each recipient is told, as JSON.
    Gives those whose policy keeps it back.
    """
    ids = sorted(set(recipients) - {from_id} if kind != "poll" else set(recipients))
    withheld: list[int] = []
    for start in range(0, len(ids), _AT_ONCE):
        withheld += await _tell_some(
            session, kind, from_id, ids[start : start + _AT_ONCE], post, at, now, people, about
        )
    return withheld


async def _tell_some(
    session: AsyncSession,
    kind: str,
    from_id: int,
    ids: Sequence[int],
    post: Post | None,
    at: datetime,
    now: datetime,
    people: Collection[int],
    about: Mapping[int, str],
) -> list[int]:
    found = await load_recipients(
        session, ids=ids, from_id=from_id, thread_id=post.thread_id if post else None, people=people
    )
    seeing = [one for one in found if post is None or may_see(post, viewer_id=one.id, follows_author=one.follows)]
    answered = await _answered(session, kind, post)
    verdicts = {
        one.id: rules.decide(one, kind=kind, unasked=answered is not None and one.id not in answered, now=now)
        for one in seeing
    }
    told = [id for id, verdict in verdicts.items() if verdict != "drop"]
    withheld = [id for id, verdict in verdicts.items() if verdict != "accept"]
    if not told:
        return withheld
    rows = (
        await session.execute(
            _TELL_AGAIN if kind in rules.REPEATED else _TELL_ONCE,
            {
                "ids": told,
                "filtered": [verdicts[id] == "filter" for id in told],
                "about": [about.get(id) for id in told],
                "from_id": from_id,
                "kind": kind,
                "post_id": post.id if post else None,
                "group_key": await _group_key(session, kind, told[0], post, at),
                "at": at,
            },
        )
    ).all()
    heard = [NotificationCreated(row.id, row.account_id) for row in rows if not row.filtered]
    await publish_all(session, heard, actor_id=from_id)
    asking = [row.account_id for row in rows if row.filtered]
    if asking and post and kind in ("mention", "quote"):
        await session.execute(_REQUEST, {"ids": asking, "from_id": from_id, "post_id": post.id})
    return withheld


async def _answered(session: AsyncSession, kind: str, post: Post | None) -> set[int] | None:
    """Whom a direct post answers; None when that does not matter."""
    if kind != "mention" or post is None or post.visibility != "direct":
        return None
    if post.in_reply_to_id is None:
        return set()
    return await load_answered(session, post_id=post.in_reply_to_id, from_id=post.author_id)


async def _group_key(session: AsyncSession, kind: str, account_id: int, post: Post | None, at: datetime) -> str | None:
    # What is grouped has one recipient: the one who is followed, or whose post it is.
    prefix = rules.group_prefix(kind, post.id if post else None)
    if prefix is None:
        return None
    keys = rules.group_keys(prefix, at)
    return await find_group_key(session, account_id=account_id, keys=keys) or keys[0]


async def withdraw(
    session: AsyncSession, *, kind: str, from_id: int, account_id: int | None = None, post_id: int | None = None
) -> None:
    """Take back what was told of something that is undone. Fine when nothing was told."""
    undone = delete(Notification).where(Notification.kind == kind, Notification.from_id == from_id)
    undone = undone.where(Notification.post_id == post_id if post_id else Notification.post_id.is_(None))
    if account_id is not None:
        undone = undone.where(Notification.account_id == account_id)
    await session.execute(undone)


async def withdraw_post(session: AsyncSession, *, post_id: int) -> None:
    """Take back all that was told about a post."""
    await session.execute(delete(Notification).where(Notification.post_id == post_id))


async def clear(session: AsyncSession, *, account_id: int) -> None:
    """Forget all of an account's notifications, also those that wait in requests, and with them the requests."""
    await session.execute(delete(Notification).where(Notification.account_id == account_id))
    await session.execute(delete(NotificationRequest).where(NotificationRequest.account_id == account_id))


async def dismiss(session: AsyncSession, *, account_id: int, id: int) -> None:
    """Forget one notification. Raises NotFound."""
    gone = await session.execute(
        delete(Notification)
        .where(Notification.account_id == account_id, Notification.id == id)
        .returning(Notification.id)
    )
    if gone.first() is None:
        raise NotFound


async def dismiss_group(session: AsyncSession, *, account_id: int, key: str) -> None:
    """Forget all notifications of a group. Fine when there are none."""
    await session.execute(delete(Notification).where(Notification.account_id == account_id, *of_group(key)))


async def forget(session: AsyncSession, *, now: datetime) -> int:
    """Drop the oldest notifications, past half a year; how many, a bounded number at a time."""
    oldest = select(Notification.id).order_by(Notification.id).limit(_FORGET_AT_ONCE).scalar_subquery()
    old = delete(Notification).where(Notification.id.in_(oldest), Notification.created_at < now - _KEPT)
    return await count_changed(session, old)
