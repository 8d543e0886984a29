"""/api/v1/notifications and /api/v2/notifications: the list, its grouped form, its policy and its requests."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.queries import load_profiles
from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.notifications import groups, policy, reader, requests, service
from app.notifications.queries import Selection, count_unread
from app.notifications.rules import grouped_kinds, kinds_of
from app.notifications.schemas import (
    CountOut,
    Dismissal,
    GroupedNotificationsOut,
    MergedOut,
    NothingOut,
    NotificationOut,
    NotificationRequestOut,
    OldPolicyOut,
    OldPolicyUpdate,
    PolicyOut,
    PolicyUpdate,
    RequestIds,
)
from app.oauth.actor import Actor, requires
from app.reading.present_account import present_account
from app.reading.schemas import AccountOut

router = APIRouter(tags=["notifications"])

_V1, _V2 = "/api/v1/notifications", "/api/v2/notifications"
Reader = Annotated[Actor, requires("read:notifications")]
Writer = Annotated[Actor, requires("write:notifications")]
Pages = Annotated[Page, page_of(default=40, most=80)]
GroupKey = Annotated[str, Path(max_length=100)]
_Types = Annotated[list[Annotated[str, Query(max_length=40)]], Query(max_length=40)]


def _selection(
    types: _Types = [],  # noqa: B006 (FastAPI copies it)
    exclude_types: _Types = [],  # noqa: B006
    account_id: Annotated[IdIn | None, Query(description="Only from this account.")] = None,
    include_filtered: Annotated[bool, Query(description="With those that your policy filters.")] = False,
    supported_types: Annotated[
        _Types, Query(description="Types that you know. With any, those nobody else knows come too, with `fallback`.")
    ] = [],  # noqa: B006
) -> Selection:
    kinds = kinds_of(types, without=exclude_types, falls_back=bool(supported_types))
    return Selection(kinds, account_id, include_filtered)


def _grouped(grouped_types: _Types = []) -> Sequence[str]:  # noqa: B006 (FastAPI copies it)
    return grouped_kinds(grouped_types)


Selected = Annotated[Selection, Depends(_selection)]
Grouped = Annotated[Sequence[str], Depends(_grouped)]
CountLimit = Annotated[int, Query(alias="limit", ge=1, description="Count to here; 1000 at most.")]


# --- The list ------------------------------------------------------------------------------------


@router.get(_V1, response_model=list[NotificationOut])
async def list_notifications(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    selection: Selected,
    page: Pages,
    request: Request,
    response: Response,
) -> Sequence[NotificationOut]:
    """What you are told, newest first."""
    found = await reader.read_page(session, account_id=actor.account_id, selection=selection, page=page)
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    return await reader.present(session, found.items, site=site)


@router.get(f"{_V1}/unread_count", response_model=CountOut)
async def count_unread_notifications(
    actor: Reader, session: Reading, selection: Selected, limit: CountLimit = 100
) -> CountOut:
    """How many you have not read, by the marker of `notifications`."""
    count = await count_unread(
        session, account_id=actor.account_id, selection=selection, grouped=(), limit=min(limit, 1000)
    )
    return CountOut(count=count)


@router.post(f"{_V1}/clear", response_model=NothingOut)
async def clear_notifications(actor: Writer, session: Transaction) -> NothingOut:
    """Forget all notifications; what waits in requests stays."""
    await service.clear(session, account_id=actor.account_id)
    return NothingOut()


@router.post(f"{_V1}/dismiss", response_model=NothingOut, deprecated=True)
async def dismiss_notification_by_body(body: Dismissal, actor: Writer, session: Transaction) -> NothingOut:
    """Forget one notification; the old form, with its `id` in the body."""
    await service.dismiss(session, account_id=actor.account_id, id=body.id)
    return NothingOut()


# --- Requests ------------------------------------------------------------------------------------


@router.get(f"{_V1}/requests", response_model=list[NotificationRequestOut])
async def list_notification_requests(
    actor: Reader, session: Reading, site: CurrentSite, page: Pages, request: Request, response: Response
) -> list[NotificationRequestOut]:
    """Whom your policy filters, newest first."""
    found = await requests.page_requests(session, account_id=actor.account_id, page=page)
    if found:
        newest, oldest = found[0][0].id, found[-1][0].id
        response.headers.update(link_header(request, site, older_than=oldest, newer_than=newest))
    return await requests.present(session, found, account_id=actor.account_id, site=site)


@router.get(f"{_V1}/requests/merged", response_model=MergedOut)
async def check_requests_merged(_actor: Reader) -> MergedOut:
    """Whether what you accepted is in the list: it is at once."""
    return MergedOut()


@router.post(f"{_V1}/requests/accept", response_model=NothingOut)
async def accept_notification_requests(body: RequestIds, actor: Writer, session: Transaction) -> NothingOut:
    """Accept several requests (`id[]`); those that are not yours are passed over."""
    await requests.accept(session, account_id=actor.account_id, ids=body.id)
    return NothingOut()


@router.post(f"{_V1}/requests/dismiss", response_model=NothingOut)
async def dismiss_notification_requests(body: RequestIds, actor: Writer, session: Transaction) -> NothingOut:
    """Dismiss several requests (`id[]`); those that are not yours are passed over."""
    await requests.dismiss(session, account_id=actor.account_id, ids=body.id)
    return NothingOut()


@router.get(f"{_V1}/requests/{{id}}", response_model=NotificationRequestOut)
async def get_notification_request(
    id: PathId, actor: Reader, session: Reading, site: CurrentSite
) -> NotificationRequestOut:
    """One request."""
    found = await requests.get_request(session, account_id=actor.account_id, id=id)
    return (await requests.present(session, [found], account_id=actor.account_id, site=site))[0]


@router.post(f"{_V1}/requests/{{id}}/accept", response_model=NothingOut)
async def accept_notification_request(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Let someone in: what waited joins your list, and nothing of theirs is filtered any more."""
    await requests.get_request(session, account_id=actor.account_id, id=id)
    await requests.accept(session, account_id=actor.account_id, ids=[id])
    return NothingOut()


@router.post(f"{_V1}/requests/{{id}}/dismiss", response_model=NothingOut)
async def dismiss_notification_request(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Forget a request and what waited in it."""
    await requests.get_request(session, account_id=actor.account_id, id=id)
    await requests.dismiss(session, account_id=actor.account_id, ids=[id])
    return NothingOut()


# --- Policy --------------------------------------------------------------------------------------


@router.get(f"{_V2}/policy", response_model=PolicyOut)
async def get_notification_policy(actor: Reader, session: Reading) -> PolicyOut:
    """What becomes of notifications from people you do not know."""
    return await policy.show(session, account_id=actor.account_id)


@router.patch(f"{_V2}/policy", response_model=PolicyOut)
async def change_notification_policy(body: PolicyUpdate, actor: Writer, session: Transaction) -> PolicyOut:
    """Accept, filter or drop them."""
    await policy.change(session, account_id=actor.account_id, update=body)
    return await policy.show(session, account_id=actor.account_id)


@router.get(f"{_V1}/policy", response_model=OldPolicyOut, deprecated=True)
async def get_old_notification_policy(actor: Reader, session: Reading) -> OldPolicyOut:
    """The policy in its first form: filtered or not."""
    return policy.in_old_words(await policy.show(session, account_id=actor.account_id))


@router.put(f"{_V1}/policy", response_model=OldPolicyOut, deprecated=True)
async def change_old_notification_policy(body: OldPolicyUpdate, actor: Writer, session: Transaction) -> OldPolicyOut:
    """Change the policy in its first form."""
    await policy.change(session, account_id=actor.account_id, update=body.as_update())
    return policy.in_old_words(await policy.show(session, account_id=actor.account_id))


# After all that is named by a word.
@router.get(f"{_V1}/{{id}}", response_model=NotificationOut)
async def get_notification(id: PathId, actor: Reader, session: Reading, site: CurrentSite) -> NotificationOut:
    """One notification."""
    return await reader.read_one(session, id=id, account_id=actor.account_id, site=site)


@router.post(f"{_V1}/{{id}}/dismiss", response_model=NothingOut)
async def dismiss_notification(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Forget one notification."""
    await service.dismiss(session, account_id=actor.account_id, id=id)
    return NothingOut()


# --- Groups --------------------------------------------------------------------------------------


@router.get(_V2, response_model=GroupedNotificationsOut)
async def list_grouped_notifications(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    selection: Selected,
    grouped: Grouped,
    page: Pages,
    request: Request,
    response: Response,
    expand_accounts: Annotated[
        Literal["full", "partial_avatars"], Query(description="Whether only each group's newest account is told fully.")
    ] = "full",
) -> GroupedNotificationsOut:
    """What you are told, newest first, with likes, reposts and follows of some hours as one each."""
    found = await groups.read_groups(
        session, account_id=actor.account_id, selection=selection, grouped=grouped, page=page
    )
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    partial = expand_accounts == "partial_avatars"
    return await groups.present_groups(session, found, account_id=actor.account_id, site=site, partial=partial)


@router.get(f"{_V2}/unread_count", response_model=CountOut)
async def count_unread_groups(
    actor: Reader, session: Reading, selection: Selected, grouped: Grouped, limit: CountLimit = 100
) -> CountOut:
    """How many groups you have not read, by the marker of `notifications`."""
    count = await count_unread(
        session, account_id=actor.account_id, selection=selection, grouped=grouped, limit=min(limit, 1000)
    )
    return CountOut(count=count)


@router.get(f"{_V2}/{{group_key}}", response_model=GroupedNotificationsOut)
async def get_notification_group(
    group_key: GroupKey, actor: Reader, session: Reading, site: CurrentSite
) -> GroupedNotificationsOut:
    """One group, by its key."""
    found = await groups.read_group(session, account_id=actor.account_id, key=group_key)
    return await groups.present_groups(session, found, account_id=actor.account_id, site=site)


@router.get(f"{_V2}/{{group_key}}/accounts", response_model=list[AccountOut])
async def list_group_accounts(
    group_key: GroupKey,
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    page: Pages,
    request: Request,
    response: Response,
) -> list[AccountOut]:
    """Whom a group is from, newest first."""
    rows = await groups.page_group(session, account_id=actor.account_id, key=group_key, page=page)
    if rows:
        response.headers.update(link_header(request, site, older_than=rows[-1].id, newer_than=rows[0].id))
    profiles = await load_profiles(session, ids={row.from_id for row in rows})
    senders = dict.fromkeys(row.from_id for row in rows)
    return [present_account(profiles[id], site=site) for id in senders if id in profiles]


@router.post(f"{_V2}/{{group_key}}/dismiss", response_model=NothingOut)
async def dismiss_notification_group(group_key: GroupKey, actor: Writer, session: Transaction) -> NothingOut:
    """Forget a group."""
    await service.dismiss_group(session, account_id=actor.account_id, key=group_key)
    return NothingOut()
