"""The wire of notifications: Mastodon's entities."""

from typing import Annotated, Literal

from pydantic import Field

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut, StatusOut


class SavedSearchRef(WireModel):
    """A saved search, as it was called then."""

    id: IdOut
    name: str


class JobAlertExtra(WireModel):
    """A new job matches searches of yours. To Mastodon's apps it is a new post."""

    type: Literal["job_alert"]
    saved_searches: list[SavedSearchRef]


class ApplicationStageExtra(WireModel):
    """Your application went to another stage. To Mastodon's apps the job's post was edited."""

    type: Literal["application_stage"]
    application_id: IdOut
    stage: str
    reason: str


class ApplicationExtra(WireModel):
    """The account applied to a job that you published. To Mastodon's apps the job's post was edited."""

    type: Literal["application"]
    application_id: IdOut
    job_id: IdOut


class ReferralExtra(WireModel):
    """A hire came about by your repost, or came to nothing after all. To Mastodon's apps the job's post was edited.

    `basis_points`: your share of 10,000. `applicant_id` is null unless the applicant agreed to be shown.
    """

    type: Literal["referral"]
    state: Literal["credited", "reversed"]
    job_id: IdOut
    basis_points: int
    applicant_id: IdOut | None


class IntroductionExtra(WireModel):
    """You are asked to introduce the account (`requested`), it brings somebody to you (`brought`), it passed your own
    request on (`passed_on`), or it answered: `accepted`, `declined`."""

    type: Literal["introduction"]
    introduction_id: IdOut
    news: Literal["requested", "brought", "passed_on", "accepted", "declined"]


class FallbackOut(WireModel):
    """Mastodon's NotificationFallback: what an app may show that does not know the type."""

    title: str
    details: str | None = None
    summary: str | None = None


# What Mastodon's types cannot tell.
NotificationExtra = Annotated[
    JobAlertExtra | ApplicationStageExtra | ApplicationExtra | ReferralExtra | IntroductionExtra,
    Field(discriminator="type"),
]


class NotificationOut(WireModel):
    """Mastodon's Notification, with our own key. `filtered` is there when the policy keeps it from the list."""

    id: IdOut
    type: str
    created_at: Time
    group_key: str
    account: AccountOut
    status: StatusOut | None = None
    filtered: bool | None = None
    fallback: FallbackOut | None = None
    weizhi: NotificationExtra | None = None


class Dismissal(RequestModel):
    """The notification to forget."""

    id: IdIn


class PartialAccountOut(WireModel):
    """As much of an account as showing its avatar takes."""

    id: IdOut
    acct: str
    url: str
    avatar: str
    avatar_static: str
    avatar_description: str = ""
    locked: bool
    bot: bool


class NotificationGroupOut(WireModel):
    """Mastodon's NotificationGroup: several notifications of one thing, or one that stands alone."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    page_min_id: IdOut | None = None
    page_max_id: IdOut | None = None
    latest_page_notification_at: Time | None = None
    sample_account_ids: list[IdOut]
    status_id: IdOut | None = None
    fallback: FallbackOut | None = None
    weizhi: NotificationExtra | None = None


class GroupedNotificationsOut(WireModel):
    """Mastodon's GroupedNotificationsResults: each account and post once."""

    accounts: list[AccountOut]
    partial_accounts: list[PartialAccountOut] | None = None
    statuses: list[StatusOut]
    notification_groups: list[NotificationGroupOut]


Choice = Literal["accept", "filter", "drop"]


class PolicyUpdate(RequestModel):
    """What becomes of notifications by whom; what is absent stays as it is."""

    for_not_following: Choice | None = None
    for_not_followers: Choice | None = None
    for_new_accounts: Choice | None = None
    for_private_mentions: Choice | None = None
    for_limited_accounts: Choice | None = None


class PendingOut(WireModel):
    """What waits in requests."""

    pending_requests_count: int
    pending_notifications_count: int


class PolicyOut(WireModel):
    """Mastodon's NotificationPolicy."""

    for_not_following: Choice
    for_not_followers: Choice
    for_new_accounts: Choice
    for_private_mentions: Choice
    for_limited_accounts: Choice
    summary: PendingOut


class OldPolicyUpdate(RequestModel):
    """The policy as its first version had it: to filter or not."""

    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None

    def as_update(self) -> PolicyUpdate:
        """The same in today's words."""
        return PolicyUpdate(
            **{
                name.replace("filter_", "for_"): "filter" if filtered else "accept"
                for name, filtered in self.model_dump(exclude_none=True).items()
            }
        )


class OldPolicyOut(WireModel):
    """Mastodon's V1_NotificationPolicy."""

    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: PendingOut


class NotificationRequestOut(WireModel):
    """Mastodon's NotificationRequest: someone filtered, and what they wrote last."""

    id: IdOut
    created_at: Time
    updated_at: Time
    notifications_count: str
    account: AccountOut
    last_status: StatusOut | None = None


class RequestIds(RequestModel):
    """Requests to answer together."""

    id: Annotated[list[IdIn], Field(max_length=100)] = []


class MergedOut(WireModel):
    """Whether accepted requests are in the list already: always."""

    merged: bool = True


class CountOut(WireModel):
    """How many."""

    count: int


class NothingOut(WireModel):
    """An empty object."""
