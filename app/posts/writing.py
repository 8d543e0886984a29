"""The one statement that writes a post with all that must be there with it: counters, topics, its place in a cascade,
the event and the audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson
from sqlalchemy.dialects import postgresql

from app.accounts.models import AccountStats
from app.accounts.queries import STATS, stats_of
from app.kit import log
from app.kit.changes import JOBS, POSTS, PUBLIC, of_account, of_counts, of_new, of_post, of_posts, of_tag, of_viewer
from app.kit.idempotency import CLAIMED, claiming
from app.kit.work import Plain, Work, columns
from app.outbox.publish import CHANNEL, RECORDING, recording
from app.posts.cascade import Parent
from app.posts.events import PostPublished
from app.posts.models import Post
from app.posts.text import fold_tag

# The counters that one more (or one less) post changes, of each of `new`. Rows are locked in one order, authors' before
# posts', whatever PostgreSQL makes of the updates: two statements never wait for each other.
_COUNTING = f"""
    locked AS (
        SELECT account_id FROM account_stats WHERE account_id = ANY(ARRAY(SELECT author_id FROM new))
        ORDER BY account_id FOR NO KEY UPDATE
    ), author AS (
        UPDATE account_stats SET posts_count = posts_count + mine.by,
            last_post_at = CASE WHEN mine.by > 0 THEN greatest(last_post_at, mine.at) ELSE last_post_at END
        FROM locked JOIN (
            SELECT author_id, sum(by) AS by, max(created_at) AS at FROM new WHERE visibility <> 'direct'
            GROUP BY author_id
        ) AS mine ON mine.author_id = locked.account_id
        WHERE account_stats.account_id = ANY(ARRAY(SELECT account_id FROM locked))
            AND account_stats.account_id = locked.account_id
        RETURNING {STATS}
    ), more AS (
        SELECT id, sum(reposts) AS reposts, sum(quotes) AS quotes, sum(replies) AS replies FROM (
            SELECT reposted AS id, by AS reposts, 0 AS quotes, 0 AS replies FROM new
            UNION ALL SELECT quoted, 0, by, 0 FROM new
            UNION ALL SELECT answered, 0, 0, by FROM new
        ) AS one WHERE id IS NOT NULL GROUP BY id
    ), held AS (
        SELECT post_id FROM post_stats WHERE post_id = ANY(ARRAY(SELECT id FROM more))
        ORDER BY post_id FOR NO KEY UPDATE
    ), counted AS (
        UPDATE post_stats SET reposts_count = reposts_count + more.reposts,
            quotes_count = quotes_count + more.quotes, replies_count = replies_count + more.replies
        FROM more WHERE post_stats.post_id = ANY(ARRAY(SELECT post_id FROM held)) AND post_stats.post_id = more.id
    )"""
_COUNTED = "by int, reposted bigint, quoted bigint, answered bigint"
# Asked of `author`: what no part of a statement asks for is done last, in the reverse of this order.
_COUNT = Plain(
    f"""
    WITH new AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS row (
        author_id bigint, visibility text, created_at timestamptz, {_COUNTED}
    )), {_COUNTING} SELECT count(*) FROM author
    """
)

# How a post is where nobody said, column by column.
_AS_IS: dict[str, Any] = {
    **dict.fromkeys(columns(Post, but=("id",))),
    **{"kind": "post", "text": "", "spoiler_text": "", "sensitive": False, "visibility": "public"},
    "quote_policy": "public",
}
_LISTS = ("media_ids", "tags", "mentions")
_COLUMNS = ", ".join(_AS_IS)
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = ", ".join(f"{name} {Post.__table__.columns[name].type.compile(_DIALECT)}" for name in _AS_IS)
_NODE = ("root_id", "parent_id", "depth", "inference", "confidence")
# Posts whose author is no longer as the row says are left out before anything is made for them.
_INSERT = Plain(
    f"""
    WITH asked AS (
        SELECT row.*, weizhi_id() AS id FROM json_to_recordset(CAST(:rows AS json)) AS row (
            number int, author_version text, {_TYPES}, {_COUNTED}, event_request text, {CLAIMED}, topics text[],
            root_id bigint, parent_id bigint, depth bigint, inference text, confidence float
        )
        -- Not EXISTS, for which PostgreSQL would go through all accounts where these are not many.
        WHERE author_version IS NULL
            OR author_version = (SELECT xmin::text FROM accounts WHERE accounts.id = row.author_id)
    ), given AS (
        SELECT *, {recording(PostPublished, object_id="id", actor_id="author_id")} FROM asked
    ), {claiming("author_id")}, {_COUNTING}, {RECORDING},
    counters AS (INSERT INTO post_stats (post_id, author_id) SELECT id, author_id FROM new),
    topics AS (INSERT INTO post_tags (tag, post_id, author_id) SELECT unnest(topics), id, author_id FROM new),
    node AS (
        INSERT INTO cascade_nodes (post_id, account_id, created_at, {", ".join(_NODE)})
        SELECT id, author_id, created_at, {", ".join(_NODE)} FROM new WHERE root_id IS NOT NULL
    ), post AS (
        INSERT INTO posts (id, {_COLUMNS}) SELECT id, {_COLUMNS} FROM new
    )
    SELECT given.number, given.id, new.id IS NOT NULL AS written, author.*
    FROM given LEFT JOIN new ON new.id = given.id LEFT JOIN author ON author.account_id = new.author_id
    """
)


@dataclass(frozen=True, slots=True)
class Written:
    """A post is there: its author's counters afterwards, if they changed."""

    stats: AccountStats | None


# Why a post was not written: its key was used before, or its author is not as its row says.
Outcome: TypeAlias = Written | Literal["key", "author"]


async def write(work: Work, post: Post, *, parent: Parent | None = None) -> AccountStats | None:
    """Write a post, below `parent` in a cascade, and give it its id. Its author's counters afterwards, if they changed.

    Raises what PostgreSQL refuses it for.
    """
    [outcome] = await write_all(work, [(post, new_row(post, parent=parent))])
    # A row without a key and a version of the author is written.
    return outcome.stats if isinstance(outcome, Written) else None


async def write_all(work: Work, posts: Sequence[tuple[Post, dict[str, Any]]]) -> list[Outcome]:
    """Write posts, each with its `new_row`, and give them their ids; what became of each, in this order.

    Not written are those whose rows hold a key (`idempotency.claim`) that was used before, and those whose rows hold
    an `author_version` (`Author.version`) that is not the author's any more.
    """
    await work.touch(*{key for post, _ in posts for key in (of_viewer(post.author_id), *touched_by(post))})
    for number, (_, row) in enumerate(posts):
        row["number"] = number
    found = await work.rows(_INSERT, rows=orjson.dumps([row for _, row in posts]).decode())
    work.notify_after_commit(CHANNEL)
    outcomes: list[Outcome] = ["author"] * len(posts)
    for number, id, written, *stats in found:
        outcomes[number] = Written(stats_of(stats)) if written else "key"
        # Not through the attribute: it would note the change, for nobody.
        post = posts[number][0]
        post.__dict__["id"] = id
        work.touch_new(of_post(id))
        if written and post.visibility != "direct":
            work.touch_new(of_new(id, post.author_id, repost=post.kind == "repost"))
    return outcomes


def new_row(post: Post, *, parent: Parent | None = None) -> dict[str, Any]:
    """All that is to be written with a post, below `parent`, for `write_all`: whoever makes it causes the event.

    What nobody said of the post is as usual from now on.
    """
    given = post.__dict__
    # Not through the attributes: these would note each change, for nobody.
    given |= {name: [] if name in _LISTS else usual for name, usual in _AS_IS.items() if name not in given}
    row = {name: given[name] for name in _AS_IS}
    row |= _counted(post, by=1)
    row["event_request"] = log.request_id.get()
    row["topics"] = list({fold_tag(tag) for tag in post.tags})
    if parent:
        place = (parent.root_id, parent.post_id, parent.depth + 1, parent.inference, parent.confidence)
        row |= dict(zip(_NODE, place, strict=True))
    return row


async def uncount(work: Work, post: Post) -> None:
    """Take a post that is deleted out of the counters that it was in."""
    await work.touch(*touched_by(post))
    shared = {"created_at": post.created_at, "author_id": post.author_id, "visibility": post.visibility}
    await work.row(_COUNT, rows=orjson.dumps([{**shared, **_counted(post, by=-1)}]).decode())


def touched_by(post: Post) -> list[str]:
    """What a post changes by being there, or no longer, or by other words; a new one has no id yet."""
    answered = [of_counts(id) for id in (post.repost_of_id, post.quote_of_id, post.in_reply_to_id) if id]
    keys = [
        POSTS,
        of_account(post.author_id),
        of_posts(post.author_id),
        *answered,
        *([JOBS] if post.kind == "job" else ()),
    ]
    if post.id is not None:
        keys.append(of_post(post.id))
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
