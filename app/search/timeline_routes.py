"""GET /api/weizhi/v1/search/timeline."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile, get_profile_by_username
from app.kit.clock import now
from app.kit.errors import Unauthorized, field_error
from app.kit.http import CurrentSite, Reading, link_header, page_of
from app.kit.ids import LARGEST, at
from app.kit.pagination import Page
from app.kit.site import Site
from app.oauth.actor import Actor, Caller, tells
from app.search.access import Index, searcher
from app.search.index import MOST_RANKED, PostKind, PostQuery, PostSort, Trait
from app.search.operators import ME, read_operators
from app.search.read import Mark, find_best_posts, find_posts
from app.search.schemas import TimelineSearchOut
from app.search.scope import PUBLIC, Scope, account_scope, home_scope, list_scope, written_by

router = APIRouter(tags=["search"])

_WORDS = (
    'Words; "a phrase"; -not; a or b. Operators: from:name, has:media, has:image, has:video, has:link, has:poll, '
    "is:reply, is:quote, is:job, is:sensitive, language:zh, before:, after: and during: a date."
)
_SCOPES = (
    "public; home (all that comes into your home timeline); account:<id>; list:<id> or group:<id>, a list of yours."
)
Bound = Annotated[str | None, Query(max_length=40, description="A date (UTC), a time, or a post's id; exclusive.")]


@router.get("/api/weizhi/v1/search/timeline", response_model=TimelineSearchOut, dependencies=[tells("read:search")])
async def search_timeline(
    request: Request,
    response: Response,
    caller: Caller,
    session: Reading,
    site: CurrentSite,
    index: Index,
    page: Annotated[Page, page_of(default=20, most=40)],
    q: Annotated[str, Query(max_length=200, description=_WORDS)] = "",
    scope: Annotated[
        str, Query(pattern="^(home|public|(account|list|group):[0-9]{1,19})$", description=_SCOPES)
    ] = "public",
    kind: Annotated[
        list[PostKind] | None, Query(description="Only posts of these kinds; none is an `event` yet.")
    ] = None,
    by: Annotated[
        str | None, Query(alias="from", max_length=60, description="Only posts of this account: `me`, username or id.")
    ] = None,
    lang: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", description="Only posts in this language.")] = None,
    has: Annotated[list[Trait] | None, Query(description="Only posts with all of these.")] = None,
    before: Bound = None,
    after: Bound = None,
    sort: Annotated[PostSort, Query(description="By relevance: the best of the newest 1,000 matches.")] = "latest",
    cursor: Annotated[str | None, Query(max_length=80, description="From the `Link` of the page before.")] = None,
) -> TimelineSearchOut:
    """Search your home timeline, everyone's public posts, an account's or a list's."""
    viewer_id = caller.account_id if isinstance(caller, Actor) else None
    query = PostQuery(
        q,
        page.limit,
        written_by=(await _author(session, by, viewer_id),) if by else None,
        kinds=tuple(kind or ()),
        language=lang,
        traits=tuple(has or ()),
        before=_bound("before", before),
        after=_bound("after", after),
    )
    query = await written_by(session, query, read_operators(q), viewer_id=viewer_id)
    searched = await _scope(session, scope, caller)
    if sort == "latest":
        found = await find_posts(session, index, query=query, scope=searched, page=page, viewer_id=viewer_id)
        timeline = found.timeline
        response.headers.update(
            link_header(request, site, older_than=timeline.older_than, newer_than=timeline.newer_than)
        )
    else:
        found, following = await find_best_posts(
            session, index, query=query, scope=searched, page=page, mark=_mark(cursor), viewer_id=viewer_id
        )
        response.headers.update(_next_link(request, site, following))
    return TimelineSearchOut(
        statuses=found.timeline.present(site=site, highlights=found.highlights),
        degraded=found.degraded,
        scope_truncated=searched.truncated,
    )


async def _author(session: AsyncSession, by: str, viewer_id: int | None) -> int:
    """The id of whoever `from` names; raises NotFound."""
    if by == ME:
        if viewer_id is None:
            raise Unauthorized("Sign in to search your own posts")
        return viewer_id
    if by.isascii() and by.isdigit():
        return (await get_profile(session, id=min(int(by), LARGEST))).account.id
    return (await get_profile_by_username(session, username=by.removeprefix("@").partition("@")[0])).account.id


async def _scope(session: AsyncSession, scope: str, caller: Caller) -> Scope:
    kind, _, number = scope.partition(":")
    id = min(int(number or 0), LARGEST)
    if kind == "public":
        return PUBLIC
    if kind == "account":
        return await account_scope(session, author_id=id)
    if not isinstance(caller, Actor):
        raise Unauthorized("Sign in to search your home timeline and your lists")
    searcher(caller)
    if kind in ("list", "group"):
        return await list_scope(session, list_id=id, account_id=caller.account_id)
    return await home_scope(session, account_id=caller.account_id)


def _bound(field: str, value: str | None) -> int | None:
    """The id that `value`, a date, a time or an id, stands for."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(int(value), LARGEST)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise field_error(field, "ERR_INVALID", "must be a date, a time or an id") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(at(aware), 0), LARGEST)


def _next_link(request: Request, site: Site, mark: Mark | None) -> dict[str, str]:
    if mark is None:
        return {}
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    packed = base64.urlsafe_b64encode(f"{mark.pin}.{mark.place}.{mark.last}".encode()).decode().rstrip("=")
    return {"Link": f'<{site.url}{request.url.path}?{urlencode([*kept, ("cursor", packed)])}>; rel="next"'}


def _mark(cursor: str | None) -> Mark:
    """Where to go on; without a cursor from the best post on, of those that were made until now."""
    if cursor is None:
        return Mark(at(now()))
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        pin, place, last = (int(part) for part in packed.split("."))
    except (ValueError, binascii.Error) as error:
        raise field_error("cursor", "ERR_INVALID", "is not one of ours") from error
    if not (0 <= pin <= LARGEST and 0 < place <= MOST_RANKED and 0 < last <= LARGEST):
        raise field_error("cursor", "ERR_INVALID", "is not one of ours")
    return Mark(pin, place, last)
