"""Step two: everything a page of posts needs, in a fixed number of statements whatever the page holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import PROFILE, PROFILE_WIDTH, Profile, profile_of
from app.jobs.models import Job
from app.kit import clock
from app.kit.db import Base
from app.kit.work import Fetch, Plain, any_of, columns, listed, through, unattached
from app.media.models import Media
from app.organizations.models import Organization
from app.posts.models import CascadeNode, Poll, Post, PostStats
from app.reading.viewer import Viewer, load_viewer


@dataclass(frozen=True, slots=True)
class HydratedPost:
    """A living post of an account that is not suspended. `app` is the name and website of the client it came by.

    What rules ask for again and again is here as well: it need not go through SQLAlchemy each time.
    """

    post: Post
    author: Profile
    stats: PostStats | None
    node: CascadeNode | None
    app: tuple[str, str | None] | None = None
    id: int = field(init=False)
    author_id: int = field(init=False)
    kind: str = field(init=False)
    visibility: str = field(init=False)
    language: str | None = field(init=False)
    repost_of_id: int | None = field(init=False)
    quote_of_id: int | None = field(init=False)
    quote_policy: str = field(init=False)
    poll_id: int | None = field(init=False)
    thread_id: int = field(init=False)
    in_reply_to_account_id: int | None = field(init=False)
    mentions: list[dict[str, Any]] = field(init=False)
    tags: list[str] = field(init=False)

    def __post_init__(self) -> None:
        for name in _COPIED:
            object.__setattr__(self, name, getattr(self.post, name))


# A repost, the quote it carries, and what that quotes.
_STEPS = 3
_COPIED = [one.name for one in fields(HydratedPost) if not one.init]


# Not frozen, though nobody changes it: each changed page makes one, and that would take three times as long.
@dataclass(slots=True)
class Hydrated:
    """Posts by id (asked for, reposted and quoted), jobs by the id of their post, polls, media, and the viewer.

    `keys`: what it is made of besides the viewer, where it came from memory; `until`: when time alone makes it another.
    """

    posts: dict[int, HydratedPost]
    jobs: dict[int, tuple[Job, Organization]]
    viewer: Viewer
    polls: dict[int, Poll] = field(default_factory=dict)
    media: dict[int, Media] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)
    keys: tuple[str, ...] = ()

    def read_by(self, viewer: Viewer) -> "Hydrated":
        """The same posts, read now by another."""
        # Nothing but a poll looks at the time.
        now = clock.now() if self.polls else self.now
        return Hydrated(self.posts, self.jobs, viewer, self.polls, self.media, now, self.keys)

    def job_shown_by(self, item: HydratedPost) -> Job | None:
        """The job that a post is, carries or quotes: the root of the tree in which that post hangs."""
        step: HydratedPost | None = item
        for _ in range(_STEPS):
            if step is None:
                break
            if found := self.jobs.get(step.id):
                return found[0]
            step = self.posts.get(step.repost_of_id or step.quote_of_id or 0)
        return None

    @property
    def until(self) -> datetime | None:
        """When a poll ends, or something the viewer chose for a time."""
        if not self.polls:
            return self.viewer.until
        ends = [poll.expires_at for poll in self.polls.values() if poll.expires_at and poll.expires_at > self.now]
        return min((*ends, *([self.viewer.until] if self.viewer.until else ())), default=None)


async def hydrate(session: AsyncSession, *, ids: Collection[int], viewer_id: int | None) -> Hydrated:
    """Load posts with what they repost and quote, and the viewer's standing to them. At most 5 statements."""
    fetch = through(session)
    found = await load(fetch, ids)
    posts = (item.post for item in found.posts.values())
    return replace(found, viewer=await load_viewer(fetch, posts=posts, viewer_id=viewer_id))


async def load(fetch: Fetch, ids: Collection[int]) -> Hydrated:
    """`hydrate` for nobody: what is the same for all readers."""
    if not ids:
        return Hydrated({}, {}, Viewer(None))
    posts = {row[0]: _post(row) for row in await fetch(_POSTS, ids=list(ids))}
    jobs = [id for id, item in posts.items() if item.post.kind == "job"]
    polls = [item.post.poll_id for item in posts.values() if item.post.poll_id]
    media = [id for item in posts.values() for id in item.post.media_ids]
    return Hydrated(
        posts,
        {job.post_id: (job, owner) for job, owner in await _all(fetch, _JOBS, (Job, Organization), jobs)},
        Viewer(None),
        {poll.id: poll for (poll,) in await _all(fetch, _POLLS, (Poll,), polls)},
        {one.id: one for (one,) in await _all(fetch, _MEDIA, (Media,), media)},
    )


async def load_stats(fetch: Fetch, ids: Collection[int]) -> dict[int, PostStats]:
    """The counters of posts, by post."""
    return {stats.post_id: stats for (stats,) in await _all(fetch, _STATS, (PostStats,), ids)}


def _of(name: str, kind: type[Base]) -> str:
    return ", ".join(f"{name}.{column}" for column in columns(kind))


# Two steps are enough: a repost, the quote it carries, and what that quotes.
_POSTS = Plain(
    f"""
    WITH RECURSIVE wanted (id, step) AS (
        SELECT unnest({listed("ids")}), 0
        UNION
        SELECT coalesce(source.repost_of_id, source.quote_of_id), step + 1
        FROM wanted JOIN posts AS source ON source.id = wanted.id
        WHERE step < 2 AND coalesce(source.repost_of_id, source.quote_of_id) IS NOT NULL
    )
    SELECT {_of("post", Post)}, {PROFILE}, {_of("stats", PostStats)}, {_of("node", CascadeNode)}, app.name, app.website
    FROM posts AS post
    JOIN accounts AS account ON account.id = post.author_id
    JOIN account_stats ON account_stats.account_id = account.id
    LEFT JOIN post_stats AS stats ON stats.post_id = post.id AND stats.author_id = post.author_id
    LEFT JOIN cascade_nodes AS node ON node.post_id = post.id AND node.account_id = post.author_id
    LEFT JOIN apps AS app ON app.id = post.app_id
    -- An array, not a subquery: the planner then expects a few posts and goes by their keys.
    WHERE post.id = ANY(ARRAY(SELECT id FROM wanted)) AND post.deleted_at IS NULL AND account.suspended_at IS NULL
    """
)
_JOBS = Plain(
    f"""
    SELECT {_of("job", Job)}, {_of("organization", Organization)}
    FROM jobs AS job JOIN organizations AS organization ON organization.id = job.organization_id
    WHERE job.post_id {any_of("ids")}
    """
)
_POLLS = Plain(f"SELECT {_of('polls', Poll)} FROM polls WHERE id {any_of('ids')}")
_MEDIA = Plain(f"SELECT {_of('media', Media)} FROM media WHERE id {any_of('ids')}")
_STATS = Plain(f"SELECT {_of('post_stats', PostStats)} FROM post_stats WHERE post_id {any_of('ids')}")
_BEFORE_STATS = len(columns(Post)) + PROFILE_WIDTH


def _post(row: Sequence[Any]) -> HydratedPost:
    [post] = _rows(row, (Post,))
    stats, node = _rows(row[_BEFORE_STATS:], (PostStats, CascadeNode))
    *_, name, website = row
    author = profile_of(row[len(columns(Post)) : _BEFORE_STATS])
    return HydratedPost(post, author, stats, node, (name, website) if name else None)


async def _all(fetch: Fetch, statement: Plain, kinds: Sequence[type[Base]], ids: Collection[int]) -> list[list[Any]]:
    """The rows of a statement about `ids`, each as instances of `kinds`; not asked for where there are no ids."""
    return [_rows(row, kinds) for row in await fetch(statement, ids=list(ids))] if ids else []


def _rows(values: Sequence[Any], kinds: Sequence[type[Base]]) -> list[Any]:
    """What the first columns hold, in order; None for a row that was not there, which has no key."""
    found, start = [], 0
    for kind in kinds:
        names = columns(kind)
        mine = values[start : start + len(names)]
        found.append(None if mine[0] is None else unattached(kind, dict(zip(names, mine, strict=True))))
        start += len(names)
    return found
