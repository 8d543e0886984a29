"""Step two from memory: what `hydrate` loads is kept in this process, for all readers, while it is known to be true.

A post is kept with its author and counters; each part is read anew only when it changed. A viewer is kept with its
standing to everyone and what it did with the posts it met. `Changes` says what is still true; what is not, and what
was never there, is loaded from PostgreSQL by the statements of `hydrate` and `viewer` (ADR 0019).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.accounts.queries import Profile, fetch_profiles
from app.jobs.models import Job
from app.kit import clock
from app.kit.changes import SETTLING_SECONDS, Changes, of_account, of_counts, of_post, of_viewer
from app.kit.db import Database
from app.kit.generations import Generations
from app.kit.together import Together
from app.kit.work import working
from app.media.models import Media
from app.organizations.models import Organization
from app.posts.models import Poll, Post, PostStats
from app.reading.arrivals import Arrivals
from app.reading.hydrate import Hydrated, HydratedPost, load, load_stats
from app.reading.rules import Likeness
from app.reading.viewer import Followed, Viewer, load_marks, load_whole_viewer

_MOST_POSTS = 40_000
_MOST_PEOPLE = 20_000
# Of viewers together: each counts the people it follows, blocks and mutes.
_MOST_STANDINGS = 2_000_000
_STEPS = 2
# Pages that are loaded for together.
_MOST_LOADED = 200


@dataclass(slots=True)
class KeptPost:
    """`item` None: there is no such post for anyone. True as of `mark`."""

    mark: int
    keys: tuple[str, ...]
    item: HydratedPost | None
    job: tuple[Job, Organization] | None = None
    poll: Poll | None = None
    media: dict[int, Media] = field(default_factory=dict)
    refers_to: int | None = None
    # For nobody; None where another post belongs to it.
    alone: Hydrated | None = field(init=False)

    def __post_init__(self) -> None:
        self.alone = None
        if self.item and not self.refers_to:
            jobs = {self.item.id: self.job} if self.job else {}
            polls = {self.poll.id: self.poll} if self.poll else {}
            self.alone = Hydrated({self.item.id: self.item}, jobs, Viewer(None), polls, self.media)


@dataclass(slots=True)
class Reader:
    """`viewer` knows what it did with the posts in `known`; with those younger than `horizon`, nothing."""

    mark: int
    viewer: Viewer
    horizon: int
    known: set[int]
    # Posts of these likenesses (`likeness_of`) are welcome at home, as one of each was; and whether they may be quoted.
    welcome: dict[Likeness | None, bool] = field(default_factory=dict)

    def knows(self, id: int) -> bool:
        """Whether what the viewer did with a post is known."""
        return id > self.horizon or id in self.known


_ANYONE = Reader(0, Viewer(None), -1, set())


class Shelf:
    """Hydrates like `hydrate`: the same in, the same out. One for each process."""

    def __init__(self, db: Database, changes: Changes) -> None:
        self._db, self._changes = db, changes
        self._posts: Generations[int, KeptPost] = Generations(_MOST_POSTS)
        self._people: Generations[int, tuple[int, Profile]] = Generations(_MOST_PEOPLE)
        self._viewers: Generations[int, Reader] = Generations(_MOST_STANDINGS)
        # One loading at a time: what many readers wait for is loaded once, and with all else that is waited for.
        self._loading = Together(self._load_together, most=_MOST_LOADED)
        # What is loaded once nothing is about to change about it.
        self.arrivals = Arrivals(self._load_settled)

    async def hydrate(self, ids: Collection[int], viewer_id: int | None) -> Hydrated:
        """Posts with what they repost and quote, and the viewer's standing to them. No statement when all is kept."""
        kept = await self._all(ids)
        posts = {id: one.item for id, one in kept.items() if one.item is not None}
        viewer = await self._viewer(viewer_id, posts)
        jobs, polls, media = {}, {}, {}
        keys: list[str] = []
        for id, one in kept.items():
            keys += one.keys
            if one.job:
                jobs[id] = one.job
            if one.poll:
                polls[one.poll.id] = one.poll
            if one.media:
                media.update(one.media)
        return Hydrated(posts, jobs, viewer, polls, media, keys=tuple(keys))

    def post(self, id: int) -> KeptPost | None:
        """A post, where it has not to be loaded; else None."""
        one = self._posts.get(id)
        return one if one is not None and self._changes.holds(one) else None

    def reader(self, viewer_id: int | None) -> Reader | None:
        """Someone's standing, where that has not to be loaded; else None."""
        if viewer_id is None:
            return _ANYONE
        kept = self._viewers.get(viewer_id)
        return kept if kept is not None and self._holds(kept) else None

    def expect(self, id: int, author_id: int) -> None:
        """Begin to load a new post, if its author is one whom readers here have met, or reads here."""
        if self._people.get(author_id) or self._viewers.get(author_id):
            self.arrivals.begin((id,))

    async def settled(self, ids: Iterable[int]) -> bool:
        """Wait a moment while what is kept of these posts is about to change: whether what is loaded then may be kept.

        Else each of many readers would load it anew until it has, and once more after that.
        """
        keys = {key for id in ids if (one := self._posts.get(id)) for key in one.keys}
        return await self._changes.settled(keys, seconds=SETTLING_SECONDS)

    async def profile(self, id: int) -> Profile | None:
        """Someone's profile; None when there is none, or it is suspended."""
        return (await self._profiles((id,))).get(id)

    async def viewer(self, id: int, likely: Iterable[int] = ()) -> Viewer:
        """Someone's standing to everyone. If it has to be loaded, what they did with these posts comes with it."""
        if kept := self.reader(id):
            return kept.viewer
        kept_posts = [one for post_id in likely if (one := self._posts.get(post_id))]
        kept_posts += [one for post in kept_posts if post.refers_to and (one := self._posts.get(post.refers_to))]
        return await self._load_viewer(id, [post.item.post for post in kept_posts if post.item])

    def following(self, id: int) -> Mapping[int, Followed] | None:
        """Whom someone follows, where that has not to be loaded; else None."""
        reader = self.reader(id)
        return reader.viewer.follows if reader else None

    async def _load_settled(self, ids: Sequence[int]) -> None:
        if await self.settled(ids):
            await self._loading.ask(ids)

    # --- Posts ----------------------------------------------------------------------------------

    async def _all(self, ids: Collection[int]) -> dict[int, KeptPost]:
        """Those of `ids` and what they refer to, each fresh."""
        found: dict[int, KeptPost] = {}
        step: Collection[int] = ids
        for _ in range(_STEPS + 1):
            stale = self._collect(step, found)
            if stale:
                await self._loading.ask(stale)
                # Whatever changed while it was loaded is as new as the question, and so good enough.
                found.update((id, one) for id in stale if (one := self._posts.get(id)))
            step = {ref for id in step if (one := found.get(id)) and (ref := one.refers_to) and ref not in found}
            if not step:
                break
        return found

    def _collect(self, ids: Iterable[int], found: dict[int, KeptPost]) -> list[int]:
        stale = []
        for id in ids:
            if one := self.post(id):
                found[id] = one
            else:
                stale.append(id)
        return stale

    async def _load_together(self, wanted: Sequence[Collection[int]]) -> Sequence[None]:
        await self._load_all(self._collect(set().union(*wanted), {}))
        return [None] * len(wanted)

    async def _load_all(self, ids: Collection[int]) -> None:
        mark = self._changes.mark()
        whole = []
        parts: list[tuple[KeptPost, HydratedPost]] = []
        for id in ids:
            one = self._posts.get(id)
            if one is None or one.item is None or not self._changes.fresh(one.mark, one.keys[:1]):
                whole.append(id)
            else:
                parts.append((one, one.item))
        if whole:
            await self._load_whole(whole, mark)
        if parts:
            await self._load_parts(parts, mark)

    async def _load_whole(self, ids: Collection[int], mark: int) -> None:
        async with working(self._db) as work:
            loaded = await load(work.rows, ids)
        for id in ids:
            if id not in loaded.posts:
                self._posts.put(id, KeptPost(mark, (of_post(id),), None))
        authors = {item.post.author_id: item.author for item in loaded.posts.values()}
        for id, author in authors.items():
            # One object for one truth: what is rendered of it is found by it.
            kept = self._people.get(id)
            if kept and self._changes.fresh(kept[0], (of_account(id),)):
                authors[id] = kept[1]
            else:
                self._people.put(id, (mark, author))
        for id, loaded_item in loaded.posts.items():
            post, item = loaded_item.post, replace(loaded_item, author=authors[loaded_item.post.author_id])
            media = {one: loaded.media[one] for one in post.media_ids if one in loaded.media}
            poll = loaded.polls.get(post.poll_id) if post.poll_id else None
            refers_to = post.repost_of_id or post.quote_of_id
            self._posts.put(id, KeptPost(mark, keys_of(item), item, loaded.jobs.get(id), poll, media, refers_to))

    async def _load_parts(self, parts: Collection[tuple[KeptPost, HydratedPost]], mark: int) -> None:
        """Posts whose words are as they were: their authors and counters, as far as these changed."""
        fresh = self._changes.fresh
        counted = {item.post.id for one, item in parts if not fresh(one.mark, one.keys[1:2])}
        people = {item.post.author_id for one, item in parts if not fresh(one.mark, one.keys[2:])}
        authors = await self._profiles(people)
        stats: dict[int, PostStats] = {}
        if counted:
            async with working(self._db) as work:
                stats = await load_stats(work.rows, counted)
        for one, item in parts:
            author, counts = authors.get(item.post.author_id, item.author), stats.get(item.post.id, item.stats)
            self._posts.put(item.post.id, replace(one, mark=mark, item=replace(item, author=author, stats=counts)))

    async def _profiles(self, ids: Collection[int]) -> dict[int, Profile]:
        found = {}
        for id in ids:
            kept = self._people.get(id)
            if kept and self._changes.fresh(kept[0], (of_account(id),)):
                found[id] = kept[1]
        if unknown := set(ids) - set(found):
            mark = self._changes.mark()
            async with working(self._db) as work:
                loaded = await fetch_profiles(work.rows, ids=unknown)
            for id, profile in loaded.items():
                self._people.put(id, (mark, profile))
                found[id] = profile
        return found

    # --- The viewer -----------------------------------------------------------------------------

    async def _viewer(self, viewer_id: int | None, posts: Mapping[int, HydratedPost]) -> Viewer:
        if viewer_id is None:
            return Viewer(None)
        kept = self.reader(viewer_id)
        if kept is None:
            return await self._load_viewer(viewer_id, [item.post for item in posts.values()])
        unknown = [id for id in posts if not kept.knows(id)]
        if unknown:
            async with working(self._db) as work:
                marks = await load_marks(work.rows, posts=[posts[id].post for id in unknown], viewer_id=viewer_id)
            # Only now: another request of the same viewer may have learned of other posts meanwhile.
            kept.viewer = kept.viewer.marked(marks)
            kept.known.update(unknown)
        return kept.viewer

    async def _load_viewer(self, viewer_id: int, posts: list[Post]) -> Viewer:
        mark = self._changes.mark()
        async with working(self._db) as work:
            viewer, horizon = await load_whole_viewer(work.rows, posts=posts, viewer_id=viewer_id)
        weight = 50 + len(viewer.follows) + len(viewer.blocks) + len(viewer.blocked_by) + len(viewer.mutes)
        self._viewers.put(viewer_id, Reader(mark, viewer, horizon, {post.id for post in posts}), weight)
        return viewer

    def _holds(self, kept: Reader) -> bool:
        viewer = kept.viewer
        if viewer.id is None or not self._changes.fresh(kept.mark, (of_viewer(viewer.id),)):
            return False
        kept.mark = self._changes.verified
        return viewer.until is None or viewer.until > clock.now()


def keys_of(post: HydratedPost) -> tuple[str, ...]:
    """What a kept post depends on: its words, its counters, its author."""
    return of_post(post.id), of_counts(post.id), of_account(post.author_id)
