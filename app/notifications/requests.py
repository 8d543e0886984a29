"""Those whom the policy filters, and what becomes of them: accepted for good, or dismissed."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.notifications.events import SenderAccepted
from app.notifications.models import Notification, NotificationPermission, NotificationRequest
from app.notifications.queries import Selection, told
from app.notifications.schemas import NotificationRequestOut, PendingOut
from app.outbox.publish import publish_all
from app.reading.pipeline import read_statuses
from app.reading.present_account import present_account

# Beyond this many nobody counts.
_MOST = 100

Asked: TypeAlias = tuple[NotificationRequest, int]


async def page_requests(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[Asked]:
    """A page of requests, newest first, each with how many notifications wait in it."""
    query = _requests(account_id, NotificationRequest.id > page.floor)
    if page.max_id is not None:
        query = query.where(NotificationRequest.id < page.max_id)
    order = NotificationRequest.id if page.ascending else NotificationRequest.id.desc()
    rows = [(row[0], row[1]) for row in await session.execute(query.order_by(order).limit(page.limit))]
    return rows[::-1] if page.ascending else rows


async def get_request(session: AsyncSession, *, account_id: int, id: int) -> Asked:
    """One request; raises NotFound."""
    row = (await session.execute(_requests(account_id, NotificationRequest.id == id))).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def pending(session: AsyncSession, *, account_id: int) -> PendingOut:
    """How many requests wait, and how many notifications in them."""
    rows = (await session.execute(_requests(account_id).limit(_MOST))).all()
    return PendingOut(pending_requests_count=len(rows), pending_notifications_count=sum(row[1] for row in rows))


async def accept(session: AsyncSession, *, account_id: int, ids: Collection[int]) -> None:
    """Let the senders of these requests in: what waited joins the list, what comes is not filtered."""
    senders = await _take(session, account_id=account_id, ids=ids)
    if not senders:
        return
    permitted = [{"account_id": account_id, "from_id": sender} for sender in senders]
    await session.execute(insert(NotificationPermission).values(permitted).on_conflict_do_nothing())
    await session.execute(update(Notification).where(*_waiting(account_id, senders)).values(filtered=False))
    accepted = [SenderAccepted(account_id, sender) for sender in sorted(senders)]
    await publish_all(session, accepted, actor_id=account_id)


async def dismiss(session: AsyncSession, *, account_id: int, ids: Collection[int]) -> None:
    """Forget these requests with what waited in them. Their senders may ask again."""
    senders = await _take(session, account_id=account_id, ids=ids)
    await session.execute(delete(Notification).where(*_waiting(account_id, senders)))


async def present(
    session: AsyncSession, asked: Sequence[Asked], *, account_id: int, site: Site
) -> list[NotificationRequestOut]:
    """Requests as Mastodon's entities, each with its last post as far as the account may see it."""
    profiles = await load_profiles(session, ids=[request.from_id for request, _ in asked])
    posts = [request.last_post_id for request, _ in asked]
    statuses = {
        status.id: status for status in await read_statuses(session, ids=posts, viewer_id=account_id, site=site)
    }
    return [
        NotificationRequestOut(
            id=request.id,
            created_at=request.created_at,
            updated_at=request.updated_at,
            notifications_count=str(waiting),
            account=present_account(profiles[request.from_id], site=site),
            last_status=statuses.get(request.last_post_id),
        )
        for request, waiting in asked
        if request.from_id in profiles
    ]


def _requests(account_id: int, *conditions: ColumnElement[bool]):  # type: ignore[no-untyped-def]
    waiting = (
        select(Notification.id)
        .where(*told(account_id, Selection(include_filtered=True)), Notification.filtered)
        .where(Notification.from_id == NotificationRequest.from_id, Notification.kind.in_(("mention", "quote")))
        .correlate(NotificationRequest)
        .limit(_MOST)
        .lateral("waiting")
    )
    count = select(func.count().label("count")).select_from(waiting).lateral("counted")
    return (
        select(NotificationRequest, count.c.count)
        .join(count, count.c.count > 0)
        .where(NotificationRequest.account_id == account_id, *conditions)
    )


def _waiting(account_id: int, senders: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return Notification.account_id == account_id, Notification.from_id.in_(senders), Notification.filtered.is_(True)


async def _take(session: AsyncSession, *, account_id: int, ids: Collection[int]) -> list[int]:
    """Remove requests; whose they were."""
    taken = delete(NotificationRequest).where(
        NotificationRequest.account_id == account_id, NotificationRequest.id.in_(ids)
    )
    return list(await session.scalars(taken.returning(NotificationRequest.from_id)))
