"""The HANDLERS table: what follows from an event, what people wait for first.

It is one piece, and grows with the service, so that all that follows is read in one place.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.events import AccountRegistered, AccountUnlocked, ProfileChanged
from app.alerts.handlers import TELL_OF_JOB, tell_of_job
from app.applications.events import ApplicationCreated, ApplicationHired, ApplicationStageChanged
from app.bootstrap import Resources
from app.confirmations.events import ConfirmationRequested, EmailConfirmed
from app.confirmations.handlers import mail_link
from app.conversations.events import ConversationUpdated
from app.conversations.handlers import hand_out, let_in
from app.conversations.handlers import keep as keep_conversations
from app.credits.events import ReferralCredited, ReferralReversed
from app.credits.handlers import note_introducers, settle
from app.exposures.events import JobReached
from app.exposures.expiry import forget_who_said_no
from app.filters.events import FilterChanged
from app.graph.events import (
    BlockCreated,
    BlockRemoved,
    EndorsementCreated,
    EndorsementRemoved,
    FollowChanged,
    FollowCreated,
    FollowRemoved,
    FollowRequested,
    FollowRequestRemoved,
    MuteCreated,
    MuteRemoved,
)
from app.graph.handlers import AUTHORIZE_WAITING, authorize_waiting
from app.inbound.events import InboundSourceCreated, InboundSourceHeld
from app.inbound.handlers import fetch, poll
from app.inbound.handlers import replay as replay_receipts
from app.inbound.notices import tell_of_held
from app.inbound.polls import POLL
from app.inbound.receiving import FETCH, REPLAY
from app.interactions.events import LikeCreated, LikeRemoved
from app.interactions.handlers import FORGET, forget
from app.introductions import handlers as introducing
from app.introductions.events import (
    IntroductionAccepted,
    IntroductionDeclined,
    IntroductionExpired,
    IntroductionForwarded,
    IntroductionRequested,
    IntroductionWithdrawn,
)
from app.jobs.events import JobClosed, JobCreated, JobDeleted, JobExpired, JobPaused, JobPublished, JobUpdated
from app.jobs.handlers import RETELL, close_with_post, expire, retell
from app.jobs.service import EXPIRE
from app.lists.events import ListChanged, ListCreated, ListDeleted
from app.lists.handlers import drop_unfollowed
from app.media.handlers import delete_files, process
from app.media.service import DELETE_FILES, PROCESS
from app.moderation.events import (
    AccountRestored,
    AccountSuspended,
    AccountUnsuspended,
    AccountUnverified,
    AccountVerified,
)
from app.moderation.handlers import COUNT, count
from app.notifications.events import MessageAdmitted, NotificationCreated, SenderAccepted
from app.notifications.handlers import (
    TELL_FOLLOWERS,
    TELL_READERS,
    TELL_VOTERS,
    tell_followers,
    tell_of_edit,
    tell_of_follow,
    tell_of_like,
    tell_of_poll,
    tell_of_post,
    tell_readers,
    tell_voters,
    withdraw_deleted,
)
from app.notifications.recruiting import tell_of_application, tell_of_referral, tell_of_stage
from app.organizations import handlers as organizations
from app.organizations import letters
from app.organizations.events import (
    OrganizationCreated,
    OrganizationLapsed,
    OrganizationUpdated,
    OrganizationVerified,
    SeatChanged,
    SeatCreated,
    SeatDeclined,
    SeatOffered,
    SeatRemoved,
    VerificationRejected,
    VerificationSubmitted,
)
from app.organizations.review import LAPSE, REMIND
from app.outbox.publish import Event
from app.polls.events import PollEnded
from app.polls.handlers import end_polls
from app.posts.events import PostDeleted, PostEdited, PostPublished, PostRefreshed, QuotePolicyChanged, QuoteRevoked
from app.posts.handlers import DELETE_REPOSTS, delete_reposts
from app.posts.polling import END_POLL
from app.push.handlers import SEND, plan, send
from app.reports.events import ReportFiled
from app.resumes.service import DELETE_FILES as DELETE_RESUMES
from app.scheduled.handlers import publish_due
from app.scheduled.service import PUBLISH_DUE
from app.search.handlers import INDEX_ACCOUNT, index_account, index_jobs, index_posts
from app.search.people import index_people
from app.streaming.handlers import announce
from app.tags.events import TagFollowed, TagUnfollowed
from app.timeline.handlers import fan_out, fan_out_chunk, follow_feed, withdraw
from app.timeline.news import FAN_OUT, FAN_OUT_CHUNK
from app.timeline.pulling import JOINED, RETURN, joined, return_to_feeds
from app.timeline.topics import (
    FAN_OUT_TOPICS_CHUNK,
    fan_out_topics,
    fan_out_topics_chunk,
    topic_followed,
    topic_unfollowed,
)
from app.trends import handlers as trends
from app.webhooks.events import WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled
from app.webhooks.handlers import mail_owners, tell_of

Payloads: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: the task's name, the events that cause it, and what runs."""

    name: str
    topics: tuple[type[Event], ...]
    run: Callable[[AsyncSession, Resources, Payloads], Awaitable[None]]
    batch: int = 1
    deadline_seconds: float = 60.0
    pace: float = 0.0


HANDLERS: tuple[Entry, ...] = (
    Entry(
        FAN_OUT,
        (PostPublished,),
        lambda s, r, p: fan_out(s, r.feeds, p, pull_followers=r.settings.pull_followers),
        batch=1000,
        pace=20.0,
    ),
    Entry(
        "streaming.published",
        (PostPublished,),
        lambda s, r, p: announce(r.broadcast, "published", p),
        batch=100,
        pace=0.05,
    ),
    Entry(JOINED, (), lambda s, r, p: joined(s, p)),
    Entry(RETURN, (), lambda s, r, p: return_to_feeds(s, r.feeds, p)),
    Entry(FAN_OUT_CHUNK, (), lambda s, r, p: fan_out_chunk(s, r.feeds, p)),
    Entry(
        "timeline.follow_feed",
        (FollowCreated, FollowChanged, FollowRemoved),
        lambda s, r, p: follow_feed(s, r.feeds, p),
    ),
    Entry("lists.drop_unfollowed", (FollowRemoved, FollowRequestRemoved), lambda s, r, p: drop_unfollowed(s, p)),
    Entry(AUTHORIZE_WAITING, (AccountUnlocked,), lambda s, r, p: authorize_waiting(s, p)),
    Entry(
        "timeline.fan_out_topics",
        (PostPublished, PostEdited),
        lambda s, r, p: fan_out_topics(s, r.feeds, p),
        batch=400,
        pace=0.2,
    ),
    Entry(FAN_OUT_TOPICS_CHUNK, (), lambda s, r, p: fan_out_topics_chunk(s, r.feeds, p)),
    Entry("timeline.topic_followed", (TagFollowed,), lambda s, r, p: topic_followed(s, r.feeds, p)),
    Entry("timeline.topic_unfollowed", (TagUnfollowed,), lambda s, r, p: topic_unfollowed(s, r.feeds, p)),
    Entry("timeline.withdraw", (PostDeleted,), lambda s, r, p: withdraw(s, r.feeds, p)),
    Entry(COUNT, (AccountSuspended, AccountUnsuspended), lambda s, r, p: count(s, p)),
    Entry(
        INDEX_ACCOUNT,
        (AccountSuspended, AccountRestored),
        lambda s, r, p: index_account(s, r.index, p, targets=r.search_targets),
    ),
    Entry(FORGET, (PostDeleted,), lambda s, r, p: forget(s, p)),
    Entry(DELETE_REPOSTS, (PostDeleted,), lambda s, r, p: delete_reposts(s, p)),
    Entry(PUBLISH_DUE, (), lambda s, r, p: publish_due(s, p, domain=r.site.domain)),
    Entry(END_POLL, (), lambda s, r, p: end_polls(s, p)),
    Entry(
        "confirmations.mail_link",
        (AccountRegistered, ConfirmationRequested),
        lambda s, r, p: mail_link(s, r.mailer, r.site, p),
    ),
    Entry(PROCESS, (), lambda s, r, p: process(s, r.db, r.media, r.transcoder, p), deadline_seconds=900.0),
    Entry(DELETE_FILES, (), lambda s, r, p: delete_files(r.media, p)),
    Entry(DELETE_RESUMES, (), lambda s, r, p: delete_files(r.private, p)),
    Entry(FETCH, (), lambda s, r, p: fetch(s, r.outward, r.site, p)),
    Entry(POLL, (), lambda s, r, p: poll(s, r.outward, r.site, p), deadline_seconds=300.0),
    Entry("inbound.tell_of_held", (InboundSourceHeld,), lambda s, r, p: tell_of_held(s, r.mailer, r.site, p)),
    Entry(REPLAY, (), lambda s, r, p: replay_receipts(s, r.site, p), deadline_seconds=300.0),
    Entry("jobs.close_with_post", (PostDeleted,), lambda s, r, p: close_with_post(s, p, site=r.site)),
    Entry(
        "organizations.tell_invited", (SeatOffered,), lambda s, r, p: organizations.tell_invited(s, r.mailer, r.site, p)
    ),
    Entry(
        "organizations.tell_verified",
        (OrganizationVerified,),
        lambda s, r, p: organizations.tell_owners(s, r.mailer, r.site, p, letter=letters.VERIFIED),
    ),
    Entry(
        "organizations.tell_rejected",
        (VerificationRejected,),
        lambda s, r, p: organizations.tell_owners(s, r.mailer, r.site, p, letter=letters.REJECTED),
    ),
    Entry(
        "organizations.tell_lapsed",
        (OrganizationLapsed,),
        lambda s, r, p: organizations.tell_owners(s, r.mailer, r.site, p, letter=letters.LAPSED),
    ),
    Entry(REMIND, (), lambda s, r, p: organizations.tell_owners(s, r.mailer, r.site, p, letter=letters.DUE)),
    Entry(LAPSE, (), lambda s, r, p: organizations.lapse(s, p)),
    Entry(RETELL, (OrganizationUpdated,), lambda s, r, p: retell(s, p, site=r.site)),
    Entry(EXPIRE, (), lambda s, r, p: expire(s, p, site=r.site), batch=100),
    Entry("notifications.tell_of_post", (PostPublished,), lambda s, r, p: tell_of_post(s, p), batch=100, pace=0.25),
    Entry(TELL_FOLLOWERS, (), lambda s, r, p: tell_followers(s, p)),
    Entry("notifications.tell_of_edit", (PostEdited,), lambda s, r, p: tell_of_edit(s, p)),
    Entry("notifications.tell_of_like", (LikeCreated, LikeRemoved), lambda s, r, p: tell_of_like(s, p)),
    Entry("notifications.tell_of_poll", (PollEnded,), lambda s, r, p: tell_of_poll(s, p)),
    Entry(TELL_VOTERS, (), lambda s, r, p: tell_voters(s, p)),
    Entry(TELL_READERS, (), lambda s, r, p: tell_readers(s, p)),
    Entry("credits.note_introducers", (ApplicationCreated,), lambda s, r, p: note_introducers(s, p)),
    Entry(
        "credits.settle",
        (ApplicationStageChanged,),
        lambda s, r, p: settle(s, p, default=r.settings.credit_policy),
    ),
    Entry(
        "notifications.tell_of_referral",
        (ReferralCredited, ReferralReversed),
        lambda s, r, p: tell_of_referral(s, p),
        batch=50,
    ),
    Entry(
        "notifications.tell_of_application",
        (ApplicationCreated, ApplicationStageChanged),
        lambda s, r, p: tell_of_application(s, p),
        batch=50,
    ),
    Entry("notifications.tell_of_stage", (ApplicationStageChanged,), lambda s, r, p: tell_of_stage(s, p), batch=50),
    Entry("notifications.withdraw_deleted", (PostDeleted,), lambda s, r, p: withdraw_deleted(s, p)),
    Entry(
        "notifications.tell_of_follow",
        (FollowCreated, FollowRemoved, FollowRequested, FollowRequestRemoved),
        lambda s, r, p: tell_of_follow(s, p),
    ),
    Entry(
        "conversations.keep",
        (PostPublished, PostEdited, PostDeleted),
        lambda s, r, p: keep_conversations(s, p),
        batch=100,
        pace=0.25,
    ),
    Entry("conversations.hand_out", (MessageAdmitted,), lambda s, r, p: hand_out(s, p)),
    Entry("conversations.let_in", (SenderAccepted,), lambda s, r, p: let_in(s, p)),
    Entry(
        "search.index_people",
        (AccountRegistered, ProfileChanged, AccountSuspended, AccountRestored),
        lambda s, r, p: index_people(s, p),
        batch=100,
    ),
    Entry(
        "trends.count_posts", (PostPublished,), lambda s, r, p: trends.count_posts(s, r.scores, p), batch=400, pace=1.0
    ),
    Entry("trends.count_likes", (LikeCreated,), lambda s, r, p: trends.count_likes(s, r.scores, p), batch=100),
    Entry("trends.withdraw", (PostDeleted,), lambda s, r, p: trends.withdraw(s, r.scores, p), batch=100),
    Entry(TELL_OF_JOB, (JobPublished, JobUpdated), lambda s, r, p: tell_of_job(s, p)),
    Entry(
        "introductions.tell",
        (
            *(IntroductionRequested, IntroductionForwarded, IntroductionAccepted, IntroductionDeclined),
            IntroductionWithdrawn,
        ),
        lambda s, r, p: introducing.tell(s, p),
    ),
    Entry("introductions.end_blocked", (BlockCreated,), lambda s, r, p: introducing.end_blocked(s, p)),
    Entry("introductions.end_suspended", (AccountSuspended,), lambda s, r, p: introducing.end_suspended(s, p)),
    Entry(
        "exposures.forget_who_said_no",
        (ProfileChanged,),
        lambda s, r, p: forget_who_said_no(s, r.exposures.reach, p),
    ),
    Entry("push.plan", (NotificationCreated,), lambda s, r, p: plan(s, p)),
    Entry(SEND, (), lambda s, r, p: send(s, r.sender, r.push_keys, r.site, p)),
    Entry(
        "streaming.edited",
        (PostEdited, PostRefreshed, QuotePolicyChanged, QuoteRevoked),
        lambda s, r, p: announce(r.broadcast, "edited", p),
        batch=100,
    ),
    Entry(
        "streaming.notified",
        (NotificationCreated,),
        lambda s, r, p: announce(r.broadcast, "notification", p, id="notification_id", account_id="account_id"),
        batch=100,
    ),
    Entry(
        "streaming.filters_changed",
        (FilterChanged,),
        lambda s, r, p: announce(r.broadcast, "filters", p, id="filter_id", account_id="account_id"),
        batch=100,
    ),
    Entry(
        "streaming.talked",
        (ConversationUpdated,),
        lambda s, r, p: announce(r.broadcast, "conversation", p, id="conversation_id", account_id="account_id"),
        batch=100,
    ),
    Entry("streaming.deleted", (PostDeleted,), lambda s, r, p: announce(r.broadcast, "deleted", p), batch=100),
    Entry(
        "search.index_posts",
        (PostPublished, PostEdited, PostRefreshed, PostDeleted),
        lambda s, r, p: index_posts(s, r.index, p, targets=r.search_targets),
        batch=100,
        pace=0.4,
    ),
    Entry(
        "search.index_jobs",
        (JobPublished, JobUpdated, JobPaused, JobClosed, JobExpired),
        lambda s, r, p: index_jobs(s, r.index, p, targets=r.search_targets),
        batch=100,
    ),
    # One for each type of event that webhooks are told.
    Entry("webhooks.job_published", (JobPublished,), lambda s, r, p: tell_of("job.published", s, r.site, p)),
    Entry("webhooks.job_updated", (JobUpdated, JobPaused), lambda s, r, p: tell_of("job.updated", s, r.site, p)),
    Entry("webhooks.job_closed", (JobClosed,), lambda s, r, p: tell_of("job.closed", s, r.site, p)),
    Entry("webhooks.job_expired", (JobExpired,), lambda s, r, p: tell_of("job.expired", s, r.site, p)),
    Entry(
        "webhooks.job_reposted",
        (PostPublished,),
        lambda s, r, p: tell_of("job.reposted", s, r.site, p),
        batch=400,
        pace=1.0,
    ),
    Entry(
        "webhooks.reach_milestone",
        (JobReached,),
        lambda s, r, p: tell_of("job.reach_milestone", s, r.site, p),
    ),
    Entry(
        "webhooks.application_created",
        (ApplicationCreated,),
        lambda s, r, p: tell_of("application.created", s, r.site, p),
    ),
    Entry(
        "webhooks.stage_changed",
        (ApplicationStageChanged,),
        lambda s, r, p: tell_of("application.stage_changed", s, r.site, p),
    ),
    Entry("webhooks.hired", (ApplicationHired,), lambda s, r, p: tell_of("application.hired", s, r.site, p)),
    Entry(
        "webhooks.referral_credited",
        (ReferralCredited,),
        lambda s, r, p: tell_of("referral.credited", s, r.site, p),
    ),
    Entry(
        "webhooks.referral_reversed",
        (ReferralReversed,),
        lambda s, r, p: tell_of("referral.reversed", s, r.site, p),
    ),
    Entry("webhooks.mail_owners", (WebhookDisabled,), lambda s, r, p: mail_owners(s, r.mailer, r.site, p)),
)

# Events that nothing follows from yet, and why that is meant. Each still has its row in the audit log.
UNHANDLED: Mapping[type[Event], str] = {
    EmailConfirmed: "that an address is confirmed changes nothing else yet",
    IntroductionExpired: "who asked finds it in their list; that nobody answered is no news",
    BlockRemoved: "rules show both again at once",
    EndorsementCreated: "profiles are read straight from PostgreSQL",
    EndorsementRemoved: "profiles are read straight from PostgreSQL",
    ListCreated: "lists are read straight from PostgreSQL",
    ListChanged: "lists and their timelines are read straight from PostgreSQL",
    ListDeleted: "lists are read straight from PostgreSQL",
    MuteCreated: "rules hide at once what one mutes",
    MuteRemoved: "rules show again at once what one muted",
    AccountVerified: "posts are hydrated with the profile as it is",
    AccountUnverified: "posts are hydrated with the profile as it is",
    InboundSourceCreated: "a source that pushes does nothing until it does; the first poll is enqueued with the rest",
    JobCreated: "a draft is shown to nobody but its organisation",
    WebhookCreated: "a webhook is told what happens from then on",
    WebhookChanged: "couriers read webhooks straight from PostgreSQL",
    WebhookDeleted: "its deliveries went with it",
    JobDeleted: "a draft was shown to nobody but its organisation",
    OrganizationCreated: "nothing is derived from an organisation until it has jobs",
    VerificationSubmitted: "reviewers read what waits straight from PostgreSQL",
    SeatCreated: "seats are read straight from PostgreSQL",
    SeatChanged: "seats are read straight from PostgreSQL",
    SeatDeclined: "who is invited is read straight from PostgreSQL",
    SeatRemoved: "seats are read straight from PostgreSQL; what one's source sends is refused from then on",
    ReportFiled: "operators read reports straight from PostgreSQL",
}
