"""Reads of notifications."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.models import Block, Follow, Mute
from app.jobs.models import Job
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.markers.queries import load_markers
from app.notifications.models import Notification
from app.notifications.rules import Recipient
from app.organizations.models import Seat
from app.organizations.queries import EDITORS
from app.posts.models import Post

# How the key of what stands alone begins; its id follows.
ALONE = "ungrouped-"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which notifications are asked for: of these kinds (None: all), from this account (None: anyone)."""

    kinds: frozenset[str] | None = None
    from_id: int | None = None
    include_filtered: bool = False


async def page_notifications(
    session: AsyncSession, *, account_id: int, selection: Selection, page: Page
) -> Sequence[Notification]:
    """A page of what an account may read now, newest first; posts are yet to be gated by the reading rules."""
    query = select(Notification).where(*told(account_id, selection), Notification.id > page.floor)
    if page.max_id is not None:
        query = query.where(Notification.id < page.max_id)
    query = query.order_by(Notification.id if page.ascending else Notification.id.desc()).limit(page.limit)
    rows = (await session.scalars(query)).all()
    return rows[::-1] if page.ascending else rows


async def get_notification(session: AsyncSession, *, id: int, account_id: int) -> Notification:
    """One of an account's notifications, filtered or not; raises NotFound."""
    query = select(Notification).where(*told(account_id, Selection(include_filtered=True)), Notification.id == id)
    found = (await session.scalars(query)).first()
    if found is None:
        raise NotFound
    return found


def told(account_id: int, selection: Selection) -> list[ColumnElement[bool]]:
    """What makes a row one of `selection` that `account_id` may read: nobody gone, blocked or muted speaks in it."""
    sender = Notification.from_id
    # Apart: of one condition with OR the planner reads everybody's blocks.
    blocks = select(Block.id).where(Block.account_id == account_id, Block.target_id == sender)
    blocked_by = select(Block.id).where(Block.account_id == sender, Block.target_id == account_id)
    mutes = select(Mute.id).where(
        Mute.account_id == account_id,
        Mute.target_id == sender,
        Mute.notifications,
        or_(Mute.expires_at.is_(None), Mute.expires_at > func.now()),
    )
    seen = select(Post.id).where(Post.id == Notification.post_id, Post.deleted_at.is_(None), _may_see(account_id))
    # As values, not NOT EXISTS: for that the planner reads all accounts once.
    suspended_at = select(Account.suspended_at).where(Account.id == sender).scalar_subquery()
    conditions = [
        Notification.account_id == account_id,
        *(~blocks.exists(), ~blocked_by.exists(), ~mutes.exists(), suspended_at.is_(None)),
        or_(Notification.post_id.is_(None), seen.exists()),
        or_(Notification.kind != "applied", _edits_job(account_id)),
    ]
    if selection.kinds is not None:
        conditions.append(Notification.kind.in_(selection.kinds))
    if selection.from_id is not None:
        conditions.append(sender == selection.from_id)
    elif not selection.include_filtered:
        conditions.append(~Notification.filtered)
    return conditions


def of_group(key: str) -> list[ColumnElement[bool]]:
    """What makes a row one of the group with this key; a key that is none names nothing."""
    if not key.startswith(ALONE):
        return [Notification.group_key == key]
    digits = key.removeprefix(ALONE)
    return [Notification.id == (int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0)]


def _edits_job(account_id: int) -> ColumnElement[bool]:
    """Whether the account may edit the job that a row tells of: else it has no business with who applies."""
    held = select(Seat.account_id).join(Job, Job.organization_id == Seat.organization_id)
    return held.where(
        Job.post_id == Notification.post_id, Seat.account_id == account_id, Seat.role.in_(EDITORS)
    ).exists()


def _may_see(account_id: int) -> ColumnElement[bool]:
    """`posts.rules.may_see` in SQL, so that counts tell of nothing that lists do not show."""
    follows = select(Follow.id).where(Follow.follower_id == account_id, Follow.followee_id == Post.author_id)
    return or_(
        Post.visibility.in_(("public", "unlisted")),
        Post.author_id == account_id,
        Post.mentions.contains([{"id": account_id}]),
        and_(Post.visibility == "private", follows.exists()),
    )


async def count_unread(
    session: AsyncSession, *, account_id: int, selection: Selection, grouped: Collection[str], limit: int
) -> int:
    """How many notifications came after what the account read last, at most `limit`; those of one group as one."""
    markers = await load_markers(session, account_id=account_id, timelines=["notifications"])
    last_read = markers["notifications"].last_read_id if markers else 0
    key = case((Notification.kind.in_(grouped), Notification.group_key), else_=cast(Notification.id, String))
    unread = select(key).where(*told(account_id, selection), Notification.id > last_read).distinct().limit(limit)
    return await session.scalar(select(func.count()).select_from(unread.subquery())) or 0


_RECIPIENTS = text(
    """
    SELECT recipient.id, mine.id IS NOT NULL AS follows, theirs.created_at AS followed_since,
        permission.account_id IS NOT NULL AS permitted, sender.created_at AS from_created_at,
        coalesce(policy.not_following, 'accept') AS not_following,
        coalesce(policy.not_followers, 'accept') AS not_followers,
        coalesce(policy.new_accounts, 'accept') AS new_accounts,
        coalesce(policy.private_mentions, 'filter') AS private_mentions
    FROM accounts AS recipient
    JOIN accounts AS sender ON sender.id = :from_id AND sender.suspended_at IS NULL
    LEFT JOIN follows AS mine ON mine.follower_id = recipient.id AND mine.followee_id = sender.id
    LEFT JOIN follows AS theirs ON theirs.follower_id = sender.id AND theirs.followee_id = recipient.id
    LEFT JOIN notification_permissions AS permission
        ON permission.account_id = recipient.id AND permission.from_id = sender.id
    LEFT JOIN notification_policies AS policy ON policy.account_id = recipient.id
    WHERE recipient.id = ANY(CAST(:ids AS bigint[])) AND recipient.suspended_at IS NULL
        AND NOT EXISTS (SELECT FROM blocks WHERE account_id = recipient.id
            AND target_id = ANY(CAST(:people AS bigint[])))
        AND NOT EXISTS (SELECT FROM blocks WHERE account_id = sender.id AND target_id = recipient.id)
        AND NOT EXISTS (SELECT FROM mutes WHERE account_id = recipient.id
            AND target_id = ANY(CAST(:people AS bigint[])) AND notifications
            AND (expires_at IS NULL OR expires_at > now()))
        AND NOT EXISTS (SELECT FROM conversation_mutes WHERE account_id = recipient.id
            AND conversation_id = CAST(:thread_id AS bigint))
    ORDER BY recipient.id
    """
)


async def load_recipients(
    session: AsyncSession, *, ids: Collection[int], from_id: int, thread_id: int | None, people: Collection[int]
) -> list[Recipient]:
    """Those of `ids` who want to hear of `from_id` at all: they block or mute nobody of `people` and not the thread."""
    rows = await session.execute(
        _RECIPIENTS,
        {"ids": list(ids), "from_id": from_id, "thread_id": thread_id, "people": [from_id, *people]},
    )
    return [Recipient(**row._mapping) for row in rows]


_ANSWERED = text(
    """
    WITH RECURSIVE thread AS (
        SELECT id, author_id, mentions, in_reply_to_id, 1 AS depth FROM posts WHERE id = :post_id
        UNION ALL
        SELECT posts.id, posts.author_id, posts.mentions, posts.in_reply_to_id, thread.depth + 1
        FROM posts JOIN thread ON posts.id = thread.in_reply_to_id WHERE thread.depth < 100
    )
    SELECT DISTINCT author_id FROM thread
    WHERE mentions @> jsonb_build_array(jsonb_build_object('id', CAST(:from_id AS bigint)))
    """
)


async def load_answered(session: AsyncSession, *, post_id: int, from_id: int) -> set[int]:
    """Who mentioned `from_id` in the thread that leads down to a post, some 100 posts up."""
    return set(await session.scalars(_ANSWERED, {"post_id": post_id, "from_id": from_id}))


async def find_group_key(session: AsyncSession, *, account_id: int, keys: Sequence[str]) -> str | None:
    """The first of `keys` under which the account has notifications."""
    found = set(
        await session.scalars(
            select(Notification.group_key)
            .where(Notification.account_id == account_id, Notification.group_key.in_(keys))
            .distinct()
        )
    )
    return next((key for key in keys if key in found), None)
