"""Who reads, and all that this changes about a page of posts: one statement whatever the page holds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from app.filters.rules import FilterRule
from app.kit.work import Fetch, Plain, any_of, listed
from app.posts.models import Post
from app.posts.text import fold_tag


@dataclass(frozen=True, slots=True)
class Followed:
    """How the viewer follows someone: with their reposts or without, in which languages (None: all)."""

    reposts: bool
    languages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The reader (None: anyone at all) and its standing to the people and posts of one page.

    `follows` by account; `blocks`, `blocked_by`, `mutes` and `exclusive` (members of lists that keep their posts out
    of home) are accounts; `likes`, `reposts`, `bookmarks` and `pins` are posts; `muted_threads` first posts of
    threads; `tags` the followed topics among the page's, folded; `votes` the options chosen, by poll. It all holds
    `until` a mute or a filter ends.
    """

    id: int | None
    follows: Mapping[int, Followed] = field(default_factory=dict)
    blocks: frozenset[int] = frozenset()
    blocked_by: frozenset[int] = frozenset()
    mutes: frozenset[int] = frozenset()
    exclusive: frozenset[int] = frozenset()
    likes: frozenset[int] = frozenset()
    reposts: frozenset[int] = frozenset()
    bookmarks: frozenset[int] = frozenset()
    pins: frozenset[int] = frozenset()
    muted_threads: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    votes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    filters: tuple[FilterRule, ...] = ()
    until: datetime | None = None

    def marked(self, marks: "Marks") -> "Viewer":
        """The same viewer, knowing what it did with more posts."""
        return replace(
            self,
            likes=self.likes.union(marks.likes),
            reposts=self.reposts.union(marks.reposts),
            bookmarks=self.bookmarks.union(marks.bookmarks),
            votes={**self.votes, **marks.votes},
        )


class Marks(NamedTuple):
    """What a viewer did with some posts; `votes` by poll."""

    likes: Sequence[int]
    reposts: Sequence[int]
    bookmarks: Sequence[int]
    votes: Mapping[int, tuple[int, ...]]


# The columns of the statements below.
_STANDING = ("follows", "blocks", "blocked_by", "mutes", "exclusive")
_DONE = ("likes", "reposts", "bookmarks", "votes")
_CHOSEN = ("pins", "muted_threads", "tags", "filters")
_COLUMNS = ("viewer_id", *_STANDING, *_DONE, *_CHOSEN, "until", "horizon")

_SQL = """
    SELECT viewer.id AS viewer_id,
      (SELECT jsonb_agg(jsonb_build_array(followee_id, reposts, languages)) FROM {follows}) AS follows,
      ARRAY(SELECT target_id FROM blocks WHERE account_id = viewer.id {and_target}) AS blocks,
      ARRAY(SELECT account_id FROM blocks WHERE target_id = viewer.id {and_account}) AS blocked_by,
      ARRAY(SELECT target_id FROM mutes WHERE account_id = viewer.id {and_target}
        AND (expires_at IS NULL OR expires_at > now())) AS mutes,
      ARRAY(SELECT member.account_id FROM lists
        JOIN list_members AS member ON member.list_id = lists.id AND member.owner_id = lists.account_id
        WHERE lists.account_id = viewer.id AND lists.exclusive {and_member}) AS exclusive,
      {marks},
      ARRAY(SELECT post_id FROM pins WHERE account_id = viewer.id {and_post}) AS pins,
      ARRAY(SELECT conversation_id FROM conversation_mutes
        WHERE account_id = viewer.id {and_thread}) AS muted_threads,
      ARRAY(SELECT tag FROM tag_follows WHERE account_id = viewer.id {and_tag}) AS tags,
      (SELECT jsonb_agg(jsonb_build_object('id', filters.id, 'title', title, 'contexts', contexts, 'action', action,
          'expires_at', expires_at,
          'keywords', (SELECT coalesce(jsonb_agg(jsonb_build_array(keyword, whole_word) ORDER BY k.id), '[]')
            FROM filter_keywords AS k WHERE k.filter_id = filters.id AND k.account_id = filters.account_id),
          'posts', (SELECT coalesce(jsonb_agg(post_id ORDER BY p.id), '[]')
            FROM filter_posts AS p WHERE p.filter_id = filters.id AND p.account_id = filters.account_id)
        ) ORDER BY filters.id) FROM filters
        WHERE account_id = viewer.id AND (expires_at IS NULL OR expires_at > now())) AS filters,
      {ends}
    FROM unnest({viewers}) AS viewer (id)
"""
# What the viewer did with single posts.
_MARKS = f"""
      ARRAY(SELECT post_id FROM likes WHERE account_id = viewer.id AND post_id {any_of("posts")})
        AS likes,
      ARRAY(SELECT repost_of_id FROM posts WHERE author_id = viewer.id AND repost_of_id {any_of("posts")}
        AND deleted_at IS NULL) AS reposts,
      ARRAY(SELECT post_id FROM bookmarks WHERE account_id = viewer.id AND post_id {any_of("posts")})
        AS bookmarks,
      (SELECT jsonb_agg(jsonb_build_array(poll_id, choice) ORDER BY choice) FROM poll_votes
        WHERE account_id = viewer.id AND poll_id {any_of("polls")}) AS votes
"""
# For a viewer that is kept: until when it holds, and up to which post it knows.
_ENDS = """
      least((SELECT min(expires_at) FROM mutes WHERE account_id = viewer.id AND expires_at > now()),
        (SELECT min(expires_at) FROM filters WHERE account_id = viewer.id AND expires_at > now())) AS until,
      (SELECT max(id) FROM posts) AS horizon
"""


def _among(column: str, names: str, kind: str = "bigint") -> str:
    return f"AND {column} {any_of(names, kind)}"


_VIEWERS = Plain(
    _SQL.format(
        viewers=listed("viewers"),
        marks=_MARKS,
        ends="NULL AS until, NULL AS horizon",
        # One by one: the planner knows of nobody who follows thousands, and would read all that one follows.
        follows=f"""unnest({listed("people")}) AS person (id), LATERAL (
            SELECT followee_id, reposts, languages FROM follows
            WHERE follower_id = viewer.id AND followee_id = person.id LIMIT 1) AS followed""",
        and_target=_among("target_id", "people"),
        and_account=_among("account_id", "people"),
        and_member=_among("member.account_id", "people"),
        and_post=_among("post_id", "posts"),
        and_thread=_among("conversation_id", "threads"),
        and_tag=_among("tag", "tags", "text"),
    )
)
_NOWHERE = {
    "follows": "follows WHERE follower_id = viewer.id",
    **dict.fromkeys(("and_target", "and_account", "and_member", "and_post", "and_thread", "and_tag"), ""),
}
_WHOLE_VIEWER = Plain(_SQL.format(viewers=listed("viewers"), marks=_MARKS, ends=_ENDS, **_NOWHERE))
_VIEWERS_MARKS = Plain(f"SELECT {_MARKS} FROM unnest({listed('viewers')}) AS viewer (id)")


async def load_viewer(fetch: Fetch, *, posts: Iterable[Post], viewer_id: int | None) -> Viewer:
    """The viewer's standing to `posts` and to everyone they concern. One statement; none without a viewer."""
    posts = list(posts)
    if viewer_id is None or not posts:
        return Viewer(viewer_id)
    return (await load_viewers(fetch, posts=posts, viewer_ids=[viewer_id]))[viewer_id]


async def load_viewers(fetch: Fetch, *, posts: Sequence[Post], viewer_ids: Collection[int]) -> dict[int, Viewer]:
    """`load_viewer` for several viewers of the same posts, in one statement for all of them."""
    rows = await fetch(
        _VIEWERS,
        viewers=sorted(viewer_ids),
        people=sorted(_people(posts)),
        threads=sorted({post.thread_id for post in posts}),
        tags=sorted({fold_tag(tag) for post in posts for tag in post.tags}),
        **_marked(posts),
    )
    return {row[0]: _viewer(dict(zip(_COLUMNS, row, strict=True))) for row in rows}


async def load_whole_viewer(fetch: Fetch, *, posts: Sequence[Post], viewer_id: int) -> tuple[Viewer, int]:
    """The viewer's standing to everyone, and what it did with `posts`; and the newest post there was by then.

    With younger posts the viewer had done nothing yet. One statement.
    """
    [row] = await fetch(_WHOLE_VIEWER, viewers=[viewer_id], **_marked(posts))
    found = dict(zip(_COLUMNS, row, strict=True))
    return _viewer(found), found["horizon"] or 0


async def load_marks(fetch: Fetch, *, posts: Sequence[Post], viewer_id: int) -> Marks:
    """What the viewer did with further `posts`, for `Viewer.marked`. One statement."""
    [(likes, reposts, bookmarks, votes)] = await fetch(_VIEWERS_MARKS, viewers=[viewer_id], **_marked(posts))
    return Marks(likes, reposts, bookmarks, _votes(votes or ()))


def _marked(posts: Collection[Post]) -> dict[str, list[int]]:
    return {
        "posts": [post.id for post in posts if post.kind != "repost"],
        "polls": [post.poll_id for post in posts if post.poll_id],
    }


def _viewer(found: Mapping[str, Any]) -> Viewer:
    follows = found["follows"] or ()
    sets = (*_STANDING[1:], *_DONE[:3], *_CHOSEN[:3])
    return Viewer(
        found["viewer_id"],
        follows={id: Followed(reposts, tuple(only) if only else None) for id, reposts, only in follows},
        votes=_votes(found["votes"] or ()),
        filters=tuple(_filter(item) for item in found["filters"] or ()),
        until=found["until"],
        **{name: frozenset(found[name]) for name in sets},
    )


def _people(posts: Collection[Post]) -> set[int]:
    people = {post.author_id for post in posts}
    people |= {post.in_reply_to_account_id for post in posts if post.in_reply_to_account_id}
    return people | {mention["id"] for post in posts for mention in post.mentions}


def _votes(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    votes: dict[int, tuple[int, ...]] = {}
    for poll_id, choice in pairs:
        votes[poll_id] = (*votes.get(poll_id, ()), choice)
    return votes


def _filter(item: Mapping[str, Any]) -> FilterRule:
    expires_at = item["expires_at"]
    return FilterRule(
        id=item["id"],
        title=item["title"],
        contexts=tuple(item["contexts"]),
        action=item["action"],
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        keywords=tuple((keyword, whole) for keyword, whole in item["keywords"]),
        post_ids=frozenset(item["posts"]),
    )
