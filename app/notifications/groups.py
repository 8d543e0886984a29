"""Grouped notifications: what happened to one post within half a day is told as one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, String, func, select, true, values
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.notifications.models import Notification
from app.notifications.queries import ALONE, Selection, of_group, page_notifications, told
from app.notifications.reader import Told, gate
from app.notifications.rules import TYPES
from app.notifications.schemas import GroupedNotificationsOut, NotificationGroupOut, PartialAccountOut
from app.reading.present_account import present_account

_SAMPLE = 8
# A group of more counts as this many: "and 1000 others" is all anyone reads.
_MOST_COUNTED = 1000
# So many rows are read for each group asked for; where groups are larger the page is shorter, and goes on.
_ROWS_PER_GROUP = 5


class _Total(NamedTuple):
    """A whole group, beyond the page too."""

    size: int
    newest: int
    senders: list[int]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups by key, newest first: their rows on this page; and the cursors around it."""

    groups: Mapping[str, list[Notification]]
    older_than: int | None
    newer_than: int | None


async def read_groups(
    session: AsyncSession, *, account_id: int, selection: Selection, grouped: Collection[str], page: Page
) -> GroupPage:
    """A page of groups. A group whose rows reach beyond it is met again on the next page, under the same key."""
    wide = Page(page.limit * _ROWS_PER_GROUP, page.max_id, page.since_id, page.min_id)
    rows = await page_notifications(session, account_id=account_id, selection=selection, page=wide)
    groups: dict[str, list[Notification]] = {}
    seen: list[int] = []
    for row in reversed(rows) if page.ascending else rows:
        key = _key(row, grouped)
        if key not in groups and len(groups) == page.limit:
            break
        groups.setdefault(key, []).append(row)
        seen.append(row.id)
    newest_first = sorted(groups.items(), key=lambda group: -max(row.id for row in group[1]))
    return GroupPage(dict(newest_first), min(seen, default=None), max(seen, default=None))


async def read_group(session: AsyncSession, *, account_id: int, key: str) -> GroupPage:
    """One group by its key; raises NotFound when nothing of it may be read."""
    page = Page(limit=1)
    rows = await page_group(session, account_id=account_id, key=key, page=page)
    if not rows:
        raise NotFound
    return GroupPage({key: list(rows)}, None, None)


async def page_group(session: AsyncSession, *, account_id: int, key: str, page: Page) -> Sequence[Notification]:
    """A page of the notifications of one group."""
    query = select(Notification).where(*told(account_id, Selection()), *of_group(key), Notification.id > page.floor)
    if page.max_id is not None:
        query = query.where(Notification.id < page.max_id)
    query = query.order_by(Notification.id if page.ascending else Notification.id.desc()).limit(page.limit)
    rows = (await session.scalars(query)).all()
    return rows[::-1] if page.ascending else rows


async def present_groups(
    session: AsyncSession, page: GroupPage, *, account_id: int, site: Site, partial: bool = False
) -> GroupedNotificationsOut:
    """Groups as Mastodon's entities. `partial`: of all accounts but each group's newest only the avatar is told."""
    newest = {key: max(rows, key=lambda row: row.id) for key, rows in page.groups.items()}
    gated = {one.row.id: one for one in await gate(session, list(newest.values()), account_id=account_id)}
    shown = {key: gated[row.id] for key, row in newest.items() if row.id in gated}
    totals = await _totals(session, account_id, [key for key in shown if not key.startswith(ALONE)])
    samples = {key: totals[key].senders if key in totals else [one.row.from_id] for key, one in shown.items()}
    profiles = await load_profiles(session, ids={id for sample in samples.values() for id in sample})
    full = {sample[0] for sample in samples.values()} if partial else set(profiles)
    return GroupedNotificationsOut(
        accounts=[present_account(profile, site=site) for id, profile in profiles.items() if id in full],
        partial_accounts=[_partial(profile, site) for id, profile in profiles.items() if id not in full]
        if partial
        else None,
        statuses=list({one.row.post_id: status for one in shown.values() if (status := one.status(site))}.values()),
        notification_groups=[
            _group(key, one, page.groups[key], totals.get(key), samples[key], profiles) for key, one in shown.items()
        ],
    )


def _key(row: Notification, grouped: Collection[str]) -> str:
    return row.group_key if row.group_key and row.kind in grouped else f"{ALONE}{row.id}"


def _group(
    key: str,
    one: Told,
    rows: Sequence[Notification],
    total: _Total | None,
    sample: list[int],
    profiles: Mapping[int, Profile],
) -> NotificationGroupOut:
    return NotificationGroupOut(
        group_key=key,
        notifications_count=total.size if total else 1,
        type=TYPES[one.row.kind],
        most_recent_notification_id=total.newest if total else one.row.id,
        page_min_id=min(row.id for row in rows),
        page_max_id=max(row.id for row in rows),
        latest_page_notification_at=max(row.created_at for row in rows),
        sample_account_ids=sample,
        status_id=one.row.post_id,
        fallback=one.fallback(profiles.get(one.row.from_id)),
        weizhi=one.extra,
    )


def _partial(profile: Profile, site: Site) -> PartialAccountOut:
    account = present_account(profile, site=site).model_dump()
    return PartialAccountOut(**{name: account[name] for name in PartialAccountOut.model_fields})


async def _totals(session: AsyncSession, account_id: int, keys: Sequence[str]) -> dict[str, _Total]:
    if not keys:
        return {}
    wanted = values(sql_column("key", String), name="wanted").data([(key,) for key in keys])
    rows = (
        select(Notification.id, Notification.from_id)
        .where(*told(account_id, Selection()), Notification.group_key == wanted.c.key)
        .order_by(Notification.id.desc())
        .limit(_MOST_COUNTED)
        .lateral("rows")
    )
    senders = func.array_agg(aggregate_order_by(rows.c.from_id, rows.c.id.desc()), type_=ARRAY(BigInteger))
    found = await session.execute(
        select(wanted.c.key, func.count(), func.max(rows.c.id), senders[1:_SAMPLE])
        .select_from(wanted)
        .join(rows, true())
        .group_by(wanted.c.key)
    )
    return {key: _Total(count, newest, list(some)) for key, count, newest, some in found}
