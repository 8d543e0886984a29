"""When an author's posts are pulled by readers instead of being pushed into feeds, and how that changes.

    pushed ──▶ joining ──▶ pulled ──▶ leaving ──▶ pushed (no row)
                 ▲                      │
                 └──────────────────────┘

Readers merge the posts of everyone who has a row, and a merge leaves out what the feed has already, so it is always
safe to do both. What must never be is neither: *joining* is pushed until every process has heard that there is
somebody to merge, and *leaving* is merged until what was not pushed meanwhile is in every feed.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.kit.changes import ALL
from app.kit.clock import now
from app.kit.db import touch
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.timeline.feeds import CAPACITY, Feeds
from app.timeline.models import PulledAuthor
from app.timeline.pulled import KNOWN_SECONDS

JOINED = "timeline.joined"
RETURN = "timeline.return"
# Far longer than a process may go without looking who is pulled.
_JOINING = timedelta(seconds=3 * KNOWN_SECONDS)
# A pulled author is pushed again only well below the threshold: one follower more or less is no reason.
_KEPT = 0.8
_FEEDS_AT_ONCE = 200

_TURN = text("weizhi_id()")


def next_state(state: str | None, *, followers: int, threshold: int) -> str | None:
    """What an author with so many followers should become: its own state where nothing should change."""
    if state in (None, "leaving"):
        return "joining" if followers >= threshold else state
    return "leaving" if followers < threshold * _KEPT else state


def pushes(state: str | None, since: int | None, *, post_id: int) -> bool:
    """Whether a post of such an author goes into feeds. Told by its id: however late a task runs, it says the same."""
    return state != "pulled" or (since is not None and post_id < since)


async def reconsider(
    session: AsyncSession, *, author_id: int, state: str | None, followers: int, threshold: int
) -> None:
    """Begin a change of state where the number of followers asks for one."""
    wanted = next_state(state, followers=followers, threshold=threshold)
    if wanted == state:
        return
    # Nobody else changes it meanwhile, and it is as it was read.
    row = await session.get(PulledAuthor, author_id, with_for_update=True, populate_existing=True)
    if (row.state if row else None) != state:
        return
    if row is None:
        made = text(
            """
            INSERT INTO pulled_authors (account_id, state, turn) VALUES (:id, 'joining', weizhi_id())
            ON CONFLICT DO NOTHING RETURNING turn
            """
        )
        turn = await session.scalar(made, {"id": author_id})
    else:
        turn = await _change(session, author_id, row.turn, state=wanted)
    if turn is None:
        return
    touch(session, ALL)
    payload = {"account_id": author_id, "turn": turn, "after": 0}
    if wanted == "joining":
        await enqueue(session, JOINED, [(str(turn), payload)], run_at=now() + _JOINING)
    else:
        await enqueue(session, RETURN, [(f"{turn}:0", payload)])


async def joined(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Stop pushing the posts of authors that have been joining for long enough."""
    for payload in payloads:
        # From the first time on: nobody knows what the feeds hold of what came between.
        since = text("coalesce(since, weizhi_id())")
        # Who is pulled is known everywhere until anything may have changed.
        touch(session, ALL)
        await _change(session, payload["account_id"], payload["turn"], state="pulled", since=since)


async def return_to_feeds(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Put what was not pushed of a leaving author into some feeds, then into the next ones; at the end it has left."""
    for payload in payloads:
        author_id, turn = payload["account_id"], payload["turn"]
        since = await session.scalar(
            select(PulledAuthor.since).where(PulledAuthor.account_id == author_id, PulledAuthor.turn == turn)
        )
        followers = await _followers(session, author_id, payload["after"]) if since is not None else []
        if followers:
            await _deliver(session, feeds, author_id, since or 0, followers)
        if len(followers) == _FEEDS_AT_ONCE:
            last = followers[-1][0]
            await enqueue(session, RETURN, [(f"{turn}:{last}", {**payload, "after": last})])
        else:
            touch(session, ALL)
            gone = delete(PulledAuthor).where(PulledAuthor.account_id == author_id, PulledAuthor.turn == turn)
            await session.execute(gone)


async def _change(session: AsyncSession, author_id: int, turn: int, **values: Any) -> int | None:
    """Change a state that is still the one of `turn`; its new turn."""
    change = update(PulledAuthor).where(PulledAuthor.account_id == author_id, PulledAuthor.turn == turn)
    changed: int | None = await session.scalar(change.values(turn=_TURN, **values).returning(PulledAuthor.turn))
    return changed


async def _followers(session: AsyncSession, author_id: int, after: int) -> list[tuple[int, bool]]:
    query = select(Follow.follower_id, Follow.reposts).where(
        Follow.followee_id == author_id, Follow.follower_id > after
    )
    rows = await session.execute(query.order_by(Follow.follower_id).limit(_FEEDS_AT_ONCE))
    return [(follower_id, reposts) for follower_id, reposts in rows]


async def _deliver(
    session: AsyncSession, feeds: Feeds, author_id: int, since: int, followers: Sequence[tuple[int, bool]]
) -> None:
    living = select(Post.id, Post.kind).where(
        Post.author_id == author_id, Post.id >= since, Post.deleted_at.is_(None), Post.visibility != "direct"
    )
    # One more than a feed holds: then no feed is taken for complete that is not.
    posts = (await session.execute(living.order_by(Post.id.desc()).limit(CAPACITY + 1))).all()
    everything, original = [id for id, _ in posts], [id for id, kind in posts if kind != "repost"]
    for ids, wanted in ((everything, True), (original, False)):
        if reached := [follower for follower, reposts in followers if reposts is wanted]:
            await feeds.push(reached, ids)
