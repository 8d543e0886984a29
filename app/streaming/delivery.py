"""What becomes of one message: who of the readers here gets it, as each of them may see it."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.queries import get_conversation
from app.conversations.reader import present as present_conversations
from app.exposures.noting import Exposures, Shown
from app.kit.errors import NotFound
from app.kit.site import Site
from app.kit.work import through
from app.notifications.reader import read_one
from app.notifications.rules import ASKED_FOR
from app.posts.models import Post
from app.posts.text import fold_tag
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import present_status
from app.reading.rules import Rule, at_home, findable, in_list, in_public
from app.reading.viewer import Viewer, load_viewers
from app.streaming.audience import home_readers, list_readers
from app.streaming.channels import SCOPES, Stream
from app.streaming.reader import Event, Reader

_EVERYONES = ("public", "public:local", "public:media", "public:local:media")
_TAGGED = ("hashtag", "hashtag:local")


async def deliver_post(
    session: AsyncSession,
    *,
    post_id: int,
    event: str,
    readers: Collection[Reader],
    site: Site,
    exposures: Exposures | None = None,
) -> None:
    """Tell `readers` of a new post ("update") or an edited one ("status.update"), whom it concerns and may see it.

    At most seven statements, whatever the number of readers.
    """
    hydrated = await hydrate(session, ids=[post_id], viewer_id=None)
    item = hydrated.posts.get(post_id)
    if item is None:
        return
    wanted = await _wanted(session, item, readers)
    ids = {reader.account_id for reader, _, _ in wanted if reader.account_id is not None}
    posts = [other.post for other in hydrated.posts.values()]
    viewers = await load_viewers(through(session), posts=posts, viewer_ids=ids) if ids else {}
    rendered = _Rendered(item, hydrated, site)
    job = hydrated.job_shown_by(item)
    shown = [Shown(job.post_id, item.id)] if job and job.post_id else []
    for reader, stream, rule in wanted:
        viewer = viewers[reader.account_id] if reader.account_id is not None else hydrated.viewer
        seen = replace(hydrated, viewer=viewer)
        if rule(item, seen):
            reader.offer(Event(stream, event, rendered.for_viewer(viewer)))
            if shown and exposures and reader.account_id is not None and reader.account_id != item.author_id:
                # All see the same bytes: their cards carry nobody's name.
                exposures.note(reader.account_id, "stream", shown)


async def deliver_deletion(session: AsyncSession, *, post_id: int, readers: Collection[Reader]) -> None:
    """Tell those who may have the post on their screens that it is gone. They learn its id, and nothing else."""
    post = (await session.scalars(select(Post).where(Post.id == post_id))).first()
    if post is None:
        return
    open_to_all = post.visibility in ("public", "unlisted")
    # Its topics are gone with its words: followers of these alone learn it when they read again.
    homes = await home_readers(session, post=post, account_ids=_accounts(readers, "user"))
    if post.visibility == "direct":
        homes &= {post.author_id}
    for reader in readers:
        streams = reader.named("user") if reader.account_id in homes else []
        if open_to_all:
            streams += reader.named(*_EVERYONES, *_TAGGED, "list")
        for stream in streams:
            reader.offer(Event(stream, "delete", str(post_id)))


async def deliver_notification(
    session: AsyncSession, *, id: int, account_id: int, readers: Collection[Reader], site: Site
) -> None:
    """Tell an account's own readers what it is told, if that still stands and their tokens may know."""
    listening = [
        (reader, stream)
        for reader in readers
        if reader.account_id == account_id and reader.allows(SCOPES["user:notification"])
        for stream in reader.named("user", "user:notification")
    ]
    if not listening:
        return
    try:
        told = await read_one(session, id=id, account_id=account_id, site=site)
    except NotFound:
        return
    if told.type in ASKED_FOR:
        # Nobody can say here what their app knows.
        return
    payload = told.model_dump_json()
    for reader, stream in listening:
        reader.offer(Event(stream, "notification", payload))


async def deliver_conversation(
    session: AsyncSession, *, id: int, account_id: int, readers: Collection[Reader], site: Site
) -> None:
    """Tell an account's own readers of direct messages how one of its conversations stands now."""
    listening = [
        (reader, stream) for reader in readers if reader.account_id == account_id for stream in reader.named("direct")
    ]
    if not listening:
        return
    try:
        conversation = await get_conversation(session, account_id=account_id, id=id)
    except NotFound:
        return
    for shown in await present_conversations(session, [conversation], account_id=account_id, site=site):
        payload = shown.model_dump_json()
        for reader, stream in listening:
            reader.offer(Event(stream, "conversation", payload))


async def _wanted(
    session: AsyncSession, item: HydratedPost, readers: Collection[Reader]
) -> list[tuple[Reader, Stream, Rule]]:
    """Each reader with a stream of its own that the post may belong in, and the rule that decides."""
    post = item.post
    homes = await home_readers(session, post=post, account_ids=_accounts(readers, "user"))
    listed = {stream.list_id for reader in readers for stream in reader.named("list") if stream.list_id is not None}
    owners = await list_readers(session, post=post, list_ids=listed)
    return [
        (reader, stream, rule)
        for reader in readers
        for stream in reader.streams
        if (rule := _rule(stream, post, reader.account_id, homes, owners)) is not None
    ]


def _rule(
    stream: Stream, post: Post, account_id: int | None, homes: Collection[int], owners: dict[int, int]
) -> Rule | None:
    if stream.name == "user":
        return at_home if account_id in homes else None
    if stream.list_id is not None:
        return in_list if owners.get(stream.list_id) == account_id else None
    if stream.tag is not None:
        return findable if stream.tag in {fold_tag(tag) for tag in post.tags} else None
    if stream.name in _EVERYONES and (post.media_ids or not stream.name.endswith(":media")):
        return in_public
    return None


def _accounts(readers: Collection[Reader], name: str) -> set[int]:
    return {reader.account_id for reader in readers if reader.account_id is not None and reader.named(name)}


class _Rendered:
    """The post as JSON, made once for all viewers to whom it looks the same."""

    def __init__(self, item: HydratedPost, hydrated: Hydrated, site: Site) -> None:
        self._item, self._hydrated, self._site = item, hydrated, site
        self._authors = {other.post.author_id for other in hydrated.posts.values()}
        self._made: dict[tuple[object, ...], str] = {}

    def for_viewer(self, viewer: Viewer) -> str:
        key = tuple(self._signature(viewer))
        if key not in self._made:
            status = present_status(self._item, replace(self._hydrated, viewer=viewer), site=self._site)
            self._made[key] = status.model_dump_json()
        return self._made[key]

    def _signature(self, viewer: Viewer) -> Iterator[object]:
        """All of a viewer that a post's presentation may depend on: who it is matters only to its author."""
        yield viewer.id if viewer.id is None or viewer.id in self._authors else "someone"
        yield frozenset(viewer.follows)
        yield frozenset(viewer.votes.items())
        yield from (viewer.blocks, viewer.blocked_by, viewer.mutes, viewer.likes, viewer.reposts, viewer.bookmarks)
        yield from (viewer.pins, viewer.muted_threads, viewer.filters)
