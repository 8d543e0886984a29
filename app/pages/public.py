"""What anyone may read of people, posts and topics, as pages: an address in a post must open in any browser."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile_by_username
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.kit.site import Site
from app.posts.text import fold_tag
from app.reading.pipeline import Skeleton, hydrated_by, read_status, read_timeline
from app.reading.present_account import present_account
from app.reading.rules import Rule, findable, on_profile
from app.reading.schemas import AccountOut, StatusOut
from app.timeline.skeletons import Tagged, account_ids, tagged_ids

AT_ONCE = 20


async def read_profile(
    session: AsyncSession, *, username: str, max_id: int | None, site: Site
) -> tuple[AccountOut, list[StatusOut], int | None]:
    """An account, a page of its public posts, and where the next page begins. Raises NotFound."""
    profile = await get_profile_by_username(session, username=username)

    async def skeleton(page: Page) -> Sequence[int]:
        return await account_ids(session, author_id=profile.account.id, viewer_id=None, page=page, exclude_replies=True)

    posts, older = await _read(session, skeleton, on_profile, max_id, site)
    return present_account(profile, site=site), posts, older


async def read_post(session: AsyncSession, *, username: str, id: int, site: Site) -> StatusOut:
    """One public post at its own address; raises NotFound for any other."""
    status = await read_status(session, id=id, viewer_id=None, site=site)
    if status.account.username.lower() != username.lower():
        raise NotFound
    return status


async def read_topic(
    session: AsyncSession, *, tag: str, max_id: int | None, site: Site
) -> tuple[list[StatusOut], int | None]:
    """A page of public posts with a topic, and where the next page begins."""
    wanted = Tagged(any=(fold_tag(tag),))

    async def skeleton(page: Page) -> Sequence[int]:
        return await tagged_ids(session, wanted=wanted, page=page)

    return await _read(session, skeleton, findable, max_id, site)


async def _read(
    session: AsyncSession, skeleton: Skeleton, rule: Rule, max_id: int | None, site: Site
) -> tuple[list[StatusOut], int | None]:
    page = Page(limit=AT_ONCE, max_id=max_id)
    timeline = await read_timeline(hydrated_by(session), skeleton=skeleton, page=page, rule=rule, viewer_id=None)
    return timeline.present(site=site), timeline.older_than if len(timeline.items) == AT_ONCE else None
