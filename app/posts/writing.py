"""The one statement that writes a post with all that must be there with it: counters, topics, its place in a cascade,
the event and the audit row."""

from typing import Any

import orjson

from app.accounts.models import AccountStats
from app.kit.changes import POSTS, PUBLIC, of_account, of_counts, of_post, of_tag, of_viewer
from app.kit.work import Plain, Work, unattached
from app.outbox.publish import CHANNEL, RECORDING, recorded
from app.posts.cascade import Parent
from app.posts.events import PostPublished
from app.posts.models import Post
from app.posts.text import fold_tag

# The counters that one more (or one less) post changes.
_COUNTING = """
    author AS (
        UPDATE account_stats SET posts_count = posts_count + CAST(:by AS integer),
            last_post_at = CASE WHEN :by > 0 THEN greatest(last_post_at, :created_at) ELSE last_post_at END
        WHERE account_id = :author_id AND CAST(:visibility AS text) <> 'direct'
        RETURNING *
    ), counted AS (
        UPDATE post_stats SET
            reposts_count = reposts_count + CASE WHEN post_id = :reposted THEN :by ELSE 0 END,
            quotes_count = quotes_count + CASE WHEN post_id = :quoted THEN :by ELSE 0 END,
            replies_count = replies_count + CASE WHEN post_id = :answered THEN :by ELSE 0 END
        WHERE post_id IN (:reposted, :quoted, :answered)
    )"""
_COUNT = Plain(f"WITH {_COUNTING} SELECT 1")

# How a post is where nobody said, column by column.
_AS_IS: dict[str, Any] = {
    **dict.fromkeys(column.key for column in Post.__table__.columns),
    **{"kind": "post", "text": "", "spoiler_text": "", "sensitive": False, "visibility": "public"},
    "quote_policy": "public",
}
_LISTS = ("media_ids", "tags", "mentions")
_NODE = ("root_id", "parent_id", "depth", "inference", "confidence")
_INSERT = Plain(
    f"""
    WITH {_COUNTING}, {RECORDING},
    counters AS (INSERT INTO post_stats (post_id) VALUES (:id)),
    topics AS (INSERT INTO post_tags (tag, post_id) SELECT tag, :id FROM unnest(CAST(:topics AS text[])) AS tag),
    node AS (
        INSERT INTO cascade_nodes (post_id, account_id, created_at, {", ".join(_NODE)})
        SELECT :id, :author_id, :created_at, {", ".join(f":{name}" for name in _NODE)}
        WHERE CAST(:root_id AS bigint) IS NOT NULL
    ), post AS (
        INSERT INTO posts ({", ".join(_AS_IS)}) VALUES ({", ".join(f":{name}" for name in _AS_IS)})
    )
    SELECT * FROM author
    """
)
_NEW_ID = Plain("SELECT weizhi_id()")


async def new_id(work: Work) -> int:
    """An id for a post that is to be written."""
    id: int = (await work.row(_NEW_ID))[0]
    return id


async def write(work: Work, post: Post, *, parent: Parent | None = None) -> AccountStats | None:
    """Write a post that has its id, below `parent` in a cascade. Its author's counters afterwards, if they changed."""
    given = post.__dict__
    for name, usual in _AS_IS.items():
        if name not in given:
            setattr(post, name, [] if name in _LISTS else usual)
    await work.touch(of_viewer(post.author_id), *touched_by(post))
    row = await work.row(
        _INSERT,
        **{**given, "mentions": orjson.dumps(post.mentions).decode()},
        **_counted(post, by=1),
        **recorded(PostPublished(post.id), actor_id=post.author_id),
        topics=list({fold_tag(tag) for tag in post.tags}),
        root_id=parent and parent.root_id,
        parent_id=parent and parent.post_id,
        depth=parent and parent.depth + 1,
        inference=parent and parent.inference,
        confidence=parent and parent.confidence,
    )
    work.notify_after_commit(CHANNEL)
    return unattached(AccountStats, dict(row)) if row else None


async def uncount(work: Work, post: Post) -> None:
    """Take a post that is deleted out of the counters that it was in."""
    await work.touch(*touched_by(post))
    shared = {"created_at": post.created_at, "author_id": post.author_id, "visibility": post.visibility}
    await work.row(_COUNT, **shared, **_counted(post, by=-1))


def touched_by(post: Post) -> list[str]:
    """What a post changes by being there, or no longer, or by other words."""
    answered = [of_counts(id) for id in (post.repost_of_id, post.quote_of_id, post.in_reply_to_id) if id]
    keys = [POSTS, of_post(post.id), of_account(post.author_id), *answered]
    return [*keys, PUBLIC, *(of_tag(fold_tag(tag)) for tag in post.tags)] if post.visibility == "public" else keys


def _counted(post: Post, *, by: int) -> dict[str, Any]:
    """Whose counters change. What only some may see is not counted where everyone sees the number: private replies
    and reposts, and quotes that do not stand."""
    open = post.visibility in ("public", "unlisted")
    return {
        "by": by,
        "reposted": post.repost_of_id if open else None,
        "quoted": post.quote_of_id if open and post.quote_state == "accepted" else None,
        "answered": post.in_reply_to_id if open else None,
    }
