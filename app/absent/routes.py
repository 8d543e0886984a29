"""Operations that apps may call, for things that are not offered here. Each says so in its summary.

They check the token, its scope and what the address names as the real ones would, so that an app meets no
surprise: an empty list where a list is asked for, 404 for a thing that cannot exist.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from app.absent import schemas
from app.accounts.queries import get_profile
from app.kit.errors import Invalid, NotFound, field_error
from app.kit.http import PathId, Reading, parse_id
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut
from app.posts.queries import get_visible_post

router = APIRouter(tags=["not offered"])

Word = Annotated[str, Path(max_length=200)]


class NotOffered(Invalid):
    code = "not_offered"
    message = "This is not offered here"


class TranslationNotOffered(NotFound):
    code = "translation_not_offered"
    message = "Posts are not translated here"


SignedIn = Annotated[Actor, requires()]
Reader = Annotated[Actor, requires("read:accounts")]
Writer = Annotated[Actor, requires("write:accounts")]
Liker = Annotated[Actor, requires("write:favourites")]


@router.get("/api/v1/custom_emojis", response_model=list[Any], summary="Custom emojis: there are none")
async def list_custom_emojis() -> list[Any]:
    """Always empty: Weizhi has no emojis of its own."""
    return []


@router.get("/api/v1/announcements", response_model=list[Any], summary="Announcements: there are none")
async def list_announcements(actor: SignedIn) -> list[Any]:
    """Always empty."""
    return []


@router.post("/api/v1/announcements/{id}/dismiss", response_model=NothingOut, summary="Announcements: there are none")
async def dismiss_announcement(id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.put(
    "/api/v1/announcements/{id}/reactions/{name}",
    response_model=NothingOut,
    summary="Announcements: there are none to react to",
)
async def react_to_announcement(id: Word, name: Word, actor: Liker) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.delete(
    "/api/v1/announcements/{id}/reactions/{name}",
    response_model=NothingOut,
    summary="Announcements: there are none to take a reaction from",
)
async def undo_announcement_reaction(id: Word, name: Word, actor: Liker) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.get(
    "/api/v1/annual_reports", response_model=schemas.AnnualReportsOut, summary="Reviews of the year: not offered"
)
async def list_annual_reports(actor: Reader) -> schemas.AnnualReportsOut:
    """Always empty."""
    return schemas.AnnualReportsOut()


@router.get(
    "/api/v1/annual_reports/{year}", response_model=schemas.AnnualReportsOut, summary="Reviews of the year: not offered"
)
async def show_annual_report(year: Word, actor: Reader) -> schemas.AnnualReportsOut:
    """Always 404."""
    raise NotFound


@router.get(
    "/api/v1/annual_reports/{year}/state",
    response_model=schemas.AnnualReportStateOut,
    summary="Reviews of the year: not offered",
)
async def show_annual_report_state(year: Word, actor: Reader) -> schemas.AnnualReportStateOut:
    """Always `ineligible`; 404 for what is no year."""
    parse_id(year)
    return schemas.AnnualReportStateOut()


@router.post(
    "/api/v1/annual_reports/{year}/generate",
    response_model=NothingOut,
    summary="Reviews of the year: not offered",
)
async def make_annual_report(year: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.post(
    "/api/v1/annual_reports/{year}/read", response_model=NothingOut, summary="Reviews of the year: not offered"
)
async def read_annual_report(year: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.get(
    "/api/v1_alpha/async_refreshes/{id}",
    response_model=NothingOut,
    summary="Refreshes in the background: there are none",
)
async def show_async_refresh(id: Word, actor: Annotated[Actor, requires("read")]) -> NothingOut:
    """Always 404: nothing is fetched from other servers."""
    raise NotFound


@router.get("/api/v1/donation_campaigns", status_code=204, summary="Donation campaigns: there are none")
async def list_donation_campaigns() -> Response:
    """Always 204, which means none."""
    return Response(status_code=204)


@router.get("/api/v1/instance/peers", response_model=list[str], summary="Other servers: none, Weizhi does not federate")
async def list_peers() -> list[str]:
    """Always empty."""
    return []


@router.get("/api/v1/peers/search", response_model=list[str], summary="Other servers: none, Weizhi does not federate")
async def search_peers(q: Annotated[str, Query(max_length=300)] = "") -> list[str]:
    """Always empty."""
    return []


@router.get(
    "/api/v1/instance/domain_blocks",
    response_model=list[Any],
    summary="Servers the operator keeps out: none, Weizhi does not federate",
)
async def list_instance_domain_blocks() -> list[Any]:
    """Always empty."""
    return []


@router.get(
    "/api/v1/instance/translation_languages",
    response_model=dict[str, list[str]],
    summary="Languages that posts are translated from and into: none",
)
async def list_translation_languages() -> dict[str, list[str]]:
    """Always empty: posts are not translated here."""
    return {}


@router.post("/api/v1/statuses/{id}/translate", response_model=NothingOut, summary="Translate a post: not offered")
async def translate_status(
    id: PathId,
    body: schemas.TranslationCreate,
    actor: Annotated[Actor, requires("read:statuses")],
    session: Reading,
) -> NothingOut:
    """Always 404, as where Mastodon has no translator; `configuration.translation` says so beforehand."""
    await get_visible_post(session, id=id, viewer_id=actor.account_id)
    raise TranslationNotOffered


@router.get("/api/v1/trends/links", response_model=list[Any], summary="Links that many post: not counted")
async def list_trending_links(
    limit: Annotated[int, Query(ge=1)] = 10, offset: Annotated[int, Query(ge=0, le=10_000)] = 0
) -> list[Any]:
    """Always empty."""
    return []


@router.get("/api/v1/timelines/link", response_model=list[Any], summary="Posts about a trending link: none trend")
async def link_timeline(
    actor: Annotated[Actor, requires("read:statuses")], url: Annotated[str, Query(min_length=1, max_length=2048)]
) -> list[Any]:
    """Always empty; `url` must be one."""
    if not url.startswith(("http://", "https://")):
        raise field_error("url", "ERR_INVALID", "must be an http or https address")
    return []


@router.get(
    "/api/v1/accounts/{id}/identity_proofs", response_model=list[Any], summary="Identity proofs: there are none"
)
async def list_identity_proofs(id: PathId, actor: SignedIn, session: Reading) -> list[Any]:
    """Always empty, for an account that exists: Mastodon took them away in 3.5."""
    await get_profile(session, id=id)
    return []


@router.get(
    "/api/v1/accounts/{id}/collections",
    response_model=schemas.CollectionsOut,
    summary="Collections of accounts: not offered",
)
async def list_collections_of(id: PathId, session: Reading) -> schemas.CollectionsOut:
    """Always empty, for an account that exists."""
    await get_profile(session, id=id)
    return schemas.CollectionsOut()


@router.get(
    "/api/v1/accounts/{id}/in_collections",
    response_model=schemas.CollectionsOut,
    summary="Collections of accounts: not offered",
)
async def list_collections_with(id: PathId, actor: Reader, session: Reading) -> schemas.CollectionsOut:
    """Always empty, for an account that exists."""
    await get_profile(session, id=id)
    return schemas.CollectionsOut()


@router.post("/api/v1/collections", response_model=NothingOut, summary="Make a collection of accounts: not offered")
async def create_collection(body: schemas.CollectionCreate, actor: Writer) -> NothingOut:
    """Always 422; `role.collection_limit` of your own account says so beforehand."""
    raise NotOffered


@router.get("/api/v1/collections/{id}", response_model=NothingOut, summary="Collections of accounts: not offered")
async def show_collection(id: Word) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.patch("/api/v1/collections/{id}", response_model=NothingOut, summary="Collections of accounts: not offered")
async def update_collection(id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.delete("/api/v1/collections/{id}", response_model=NothingOut, summary="Collections of accounts: not offered")
async def delete_collection(id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.post(
    "/api/v1/collections/{id}/items", response_model=NothingOut, summary="Collections of accounts: not offered"
)
async def add_to_collection(id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.delete(
    "/api/v1/collections/{id}/items/{item_id}",
    response_model=NothingOut,
    summary="Collections of accounts: not offered",
)
async def remove_from_collection(id: Word, item_id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound


@router.post(
    "/api/v1/collections/{id}/items/{item_id}/revoke",
    response_model=NothingOut,
    summary="Collections of accounts: not offered",
)
async def leave_collection(id: Word, item_id: Word, actor: Writer) -> NothingOut:
    """Always 404."""
    raise NotFound
