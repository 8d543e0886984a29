"""Step four as bytes: the same answers as `present_status`, put together from pieces that all readers share.

What a post says and what is shown of its author is rendered once, as long as `hydrate` gives the same objects.
Counters and all that depends on the viewer are written between the pieces. Keys come in another order, no more.
"""

from functools import lru_cache
from typing import Any

import orjson

from app.accounts.queries import Profile
from app.kit.generations import Generations
from app.kit.site import Site
from app.posts.models import Post
from app.reading.held import Held, write_held
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present import (
    NO_STATS,
    may_be_quoted,
    present_filtered,
    present_quote_approval,
    present_status,
    quote_state,
)
from app.reading.present_account import present_account
from app.reading.present_poll import present_poll
from app.reading.viewer import Viewer

_COUNTERS = {"replies_count", "reblogs_count", "favourites_count", "quotes_count"}
_FLAGS = {"favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"}
_APART = {"account", "reblog", "poll", "quote", "quote_approval"} | _COUNTERS | _FLAGS
# What depends on the page: the words end inside `weizhi`, so that it can follow.
_LEFT_OUT: dict[str, Any] = dict.fromkeys(_APART, True) | {"weizhi": {"calm"}}
_TRUTH = (b"false", b"true")
# Of one post: kilobytes, roughly.
_MOST_POSTS = 40_000
_MOST_PEOPLE = 20_000
_MOST_UNMARKED = 20_000


class Fragments:
    """The rendered pieces of one process, held by the identity of what they were made of."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._posts: Generations[int, tuple[Post, Post, bytes]] = Generations(_MOST_POSTS)
        self._people: Generations[int, tuple[Profile, bytes]] = Generations(_MOST_PEOPLE)
        self._unmarked: Generations[tuple[int, bool], tuple[HydratedPost, HydratedPost, bytes]] = Generations(
            _MOST_UNMARKED
        )

    def status(self, item: HydratedPost, hydrated: Hydrated, held: Held | None = None) -> bytes:
        """One post, with what is held back for it."""
        return self.form(item, hydrated, held)[0]

    def form(self, item: HydratedPost, hydrated: Hydrated, held: Held | None = None) -> tuple[bytes, bool | None]:
        """`status`, and which of two forms it is, if it is one that readers share: with leave to quote, or without.

        Readers who did nothing with a post are given the same bytes, not only equal ones.
        """
        viewer = hydrated.viewer
        original = hydrated.posts.get(item.repost_of_id) if item.repost_of_id else None
        shown = original or item
        if held or shown.quote_of_id or shown.poll_id or _is_marked(shown, viewer):
            return self._written(item, hydrated, held), None
        quotable = may_be_quoted(shown, viewer)
        kept = self._unmarked.get((item.id, quotable))
        if kept is not None and kept[0] is item and kept[1] is shown:
            return kept[2], quotable
        body = self._written(item, hydrated)
        self._unmarked.put((item.id, quotable), (item, shown, body))
        return body, quotable

    def _written(self, item: HydratedPost, hydrated: Hydrated, held: Held | None = None) -> bytes:
        pieces: list[bytes] = []
        self._write(pieces, item, hydrated, held=held)
        return b"".join(pieces)

    def _write(
        self,
        pieces: list[bytes],
        item: HydratedPost,
        hydrated: Hydrated,
        *,
        quoted: bool = False,
        held: Held | None = None,
    ) -> None:
        post, viewer = item.post, hydrated.viewer
        original = hydrated.posts.get(post.repost_of_id) if post.repost_of_id else None
        shown = original or item
        calm = b"null" if held is None else write_held(held, self._author)
        pieces += (self._words(item, shown, hydrated), calm, b'},"account":', self._author(item.author), b',"reblog":')
        if original:
            self._write(pieces, original, hydrated)
        else:
            pieces.append(b"null")
        if shown.post.quote_of_id is None:
            pieces.append(b',"quote":null')
        else:
            self._write_quote(pieces, shown, hydrated, named_only=quoted)
        pieces.append(b',"poll":%b' % self._poll(shown, hydrated))
        pieces.append(_tail(shown, viewer))
        filtered = present_filtered(item, hydrated) if viewer.filters else ()
        pieces.append(b',"filtered":%b}' % orjson.dumps([match.model_dump(mode="json") for match in filtered]))

    def _write_quote(self, pieces: list[bytes], item: HydratedPost, hydrated: Hydrated, *, named_only: bool) -> None:
        state, quoted = quote_state(item, hydrated)
        pieces.append(b',"quote":{"state":"%b","quoted_status":' % state.encode())
        if quoted is None or named_only:
            pieces.append(b"null")
        else:
            self._write(pieces, quoted, hydrated, quoted=True)
        pieces.append(b',"quoted_status_id":%b}' % (b'"%d"' % quoted.post.id if quoted else b"null"))

    def _words(self, item: HydratedPost, shown: HydratedPost, hydrated: Hydrated) -> bytes:
        kept = self._posts.get(item.post.id)
        if kept is not None and kept[0] is item.post and kept[1] is shown.post:
            return kept[2]
        anyone = Hydrated(hydrated.posts, hydrated.jobs, Viewer(None), hydrated.polls, hydrated.media)
        status = present_status(item, anyone, site=self.site)
        # Without the closing braces, of `weizhi` and of the whole: more follows.
        words = status.model_dump_json(exclude=_LEFT_OUT).encode()[:-2] + b',"calm":'
        self._posts.put(item.post.id, (item.post, shown.post, words))
        return words

    def _author(self, profile: Profile) -> bytes:
        kept = self._people.get(profile.account.id)
        if kept is not None and kept[0] is profile:
            return kept[1]
        author = present_account(profile, site=self.site).model_dump_json().encode()
        self._people.put(profile.account.id, (profile, author))
        return author

    def _poll(self, shown: HydratedPost, hydrated: Hydrated) -> bytes:
        poll = hydrated.polls.get(shown.post.poll_id) if shown.post.poll_id else None
        if poll is None:
            return b"null"
        told = present_poll(poll, author_id=shown.post.author_id, viewer=hydrated.viewer, now=hydrated.now)
        return told.model_dump_json().encode()


def _is_marked(shown: HydratedPost, viewer: Viewer) -> bool:
    """Whether this reader is shown anything else than others who may quote the post as they may."""
    id = shown.id
    return bool(
        viewer.filters
        or id in viewer.likes
        or id in viewer.reposts
        or id in viewer.bookmarks
        or shown.thread_id in viewer.muted_threads
        or id in viewer.pins
    )


_TAIL = (
    b',"quote_approval":%b,"replies_count":%d,"reblogs_count":%d,"favourites_count":%d,"quotes_count":%d'
    b',"favourited":%b,"reblogged":%b,"muted":%b,"bookmarked":%b,"pinned":%b'
)


def _tail(shown: HydratedPost, viewer: Viewer) -> bytes:
    post, stats = shown.post, shown.stats or NO_STATS
    return _TAIL % (
        _quote_approval(post.quote_policy, post.visibility, may_be_quoted(post, viewer)),
        stats.replies_count,
        stats.reposts_count,
        stats.likes_count,
        stats.quotes_count,
        _TRUTH[post.id in viewer.likes],
        _TRUTH[post.id in viewer.reposts],
        _TRUTH[post.thread_id in viewer.muted_threads],
        _TRUTH[post.id in viewer.bookmarks],
        _TRUTH[post.id in viewer.pins],
    )


@lru_cache(maxsize=64)
def _quote_approval(policy: str, visibility: str, allowed: bool) -> bytes:
    some: Any = Post(quote_policy=policy, visibility=visibility)
    return present_quote_approval(some, allowed=allowed).model_dump_json().encode()
