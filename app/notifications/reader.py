"""A page of notifications as their recipient may see it now: read, gated, presented."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.notifications.models import Notification
from app.notifications.queries import ALONE, Selection, get_notification, page_notifications
from app.notifications.rules import NEWS_OF_INTRODUCTIONS, OWN_TYPES, TYPES
from app.notifications.schemas import (
    ApplicationExtra,
    ApplicationStageExtra,
    FallbackOut,
    IntroductionExtra,
    JobAlertExtra,
    NotificationExtra,
    NotificationOut,
    ReferralExtra,
)
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import present_status
from app.reading.present_account import present_account
from app.reading.rules import visible
from app.reading.schemas import StatusOut

_MOST_ROUNDS = 5
_EXTRAS: Mapping[
    str,
    type[JobAlertExtra]
    | type[ApplicationStageExtra]
    | type[ApplicationExtra]
    | type[ReferralExtra]
    | type[IntroductionExtra],
] = {
    "introduction": IntroductionExtra,
    "job": JobAlertExtra,
    "application": ApplicationStageExtra,
    "referral": ReferralExtra,
    "applied": ApplicationExtra,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notification with what is shown of its post, if it has one."""

    row: Notification
    item: HydratedPost | None
    hydrated: Hydrated

    def status(self, site: Site) -> StatusOut | None:
        """Its post as Mastodon's Status."""
        return present_status(self.item, self.hydrated, site=site) if self.item else None

    @property
    def extra(self) -> NotificationExtra | None:
        """What Mastodon has no type for."""
        model = _EXTRAS.get(self.row.kind)
        if model is None:
            return None
        return model.model_validate({"type": OWN_TYPES[self.row.kind], **(self.row.about or {"saved_searches": []})})

    def fallback(self, profile: Profile | None) -> FallbackOut | None:
        """What to show where the type is not known; in both languages, since the app may have a third."""
        extra = self.extra
        if profile is None or not isinstance(extra, IntroductionExtra):
            return None
        name = profile.account.display_name or profile.account.username
        return FallbackOut(title=" · ".join(words.format(name=name) for words in NEWS_OF_INTRODUCTIONS[extra.news]))


@dataclass(slots=True)
class ToldPage:
    """A page, newest first, with the cursors around what was looked at for it."""

    items: list[Told] = field(default_factory=list)
    older_than: int | None = None
    newer_than: int | None = None

    def looked_at(self, id: int) -> None:
        """Note a row that was shown or refused."""
        self.older_than = id if self.older_than is None else min(id, self.older_than)
        self.newer_than = id if self.newer_than is None else max(id, self.newer_than)


async def read_page(session: AsyncSession, *, account_id: int, selection: Selection, page: Page) -> ToldPage:
    """Read one page. Asks for more while rows tell of what the account may not see, a bounded number of times."""
    found, rest = ToldPage(), page
    for _ in range(_MOST_ROUNDS):
        rows = await page_notifications(session, account_id=account_id, selection=selection, page=rest)
        told = {one.row.id: one for one in await gate(session, rows, account_id=account_id)}
        for row in reversed(rows) if page.ascending else rows:
            if len(found.items) == page.limit:
                break
            found.looked_at(row.id)
            if row.id in told:
                found.items.append(told[row.id])
        if len(found.items) == page.limit or len(rows) < rest.limit:
            break
        rest = page.after(rows[0].id if page.ascending else rows[-1].id, page.limit)
    if page.ascending:
        found.items.reverse()
    return found


async def gate(session: AsyncSession, rows: Sequence[Notification], *, account_id: int) -> list[Told]:
    """Those of `rows` that tell of no post, or of one that the account may see."""
    hydrated = await hydrate(session, ids={row.post_id for row in rows if row.post_id}, viewer_id=account_id)
    told = []
    for row in rows:
        item = hydrated.posts.get(row.post_id) if row.post_id else None
        if row.post_id is None or (item is not None and visible(item, hydrated)):
            told.append(Told(row, item, hydrated))
    return told


async def read_one(session: AsyncSession, *, id: int, account_id: int, site: Site) -> NotificationOut:
    """One notification; raises NotFound when there is none that the account may read."""
    row = await get_notification(session, id=id, account_id=account_id)
    shown = await present(session, await gate(session, [row], account_id=account_id), site=site)
    if not shown:
        raise NotFound
    return shown[0]


async def present(session: AsyncSession, told: Collection[Told], *, site: Site) -> list[NotificationOut]:
    """Notifications as Mastodon's entities. One statement."""
    profiles = await load_profiles(session, ids={one.row.from_id for one in told})
    return [_present(one, profiles[one.row.from_id], site=site) for one in told if one.row.from_id in profiles]


def _present(told: Told, profile: Profile, *, site: Site) -> NotificationOut:
    row = told.row
    return NotificationOut(
        id=row.id,
        type=TYPES[row.kind],
        created_at=row.created_at,
        group_key=row.group_key or f"{ALONE}{row.id}",
        account=present_account(profile, site=site),
        status=told.status(site),
        filtered=row.filtered or None,
        fallback=told.fallback(profile),
        weizhi=told.extra,
    )
