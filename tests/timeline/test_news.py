"""What is news: on every follower's page as soon as it is posted, whenever it is put into feeds."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from app.bootstrap import Resources, open_resources
from app.kit.changes import Changes, of_new, of_viewer
from app.kit.clock import now
from app.kit.db import touch
from app.kit.ids import at
from app.kit.pagination import Page
from app.reading.viewer import Followed, Viewer
from app.settings import Settings
from app.timeline import news as module
from app.timeline.news import News
from tests.people import Person, World

pytestmark = pytest.mark.anyio

ME = 1


async def stored(resources: Resources, reader: Person) -> list[str]:
    page = await resources.feeds.read(int(reader.id), Page(limit=40))
    assert page is not None
    return [str(id) for id in page.ids]


async def at_home(reader: Person, **page: Any) -> list[str]:
    return [status["id"] for status in await reader.home(**page)]


async def test_a_post_is_at_home_before_it_is_in_feeds(world: World, resources: Resources) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    assert await at_home(reader) == []
    posts = [(await author.says(word))["id"] for word in ("一", "二", "三")][::-1]
    mine = (await reader.says("我的"))["id"]
    assert await stored(resources, reader) == []
    for _ in range(2):
        assert await at_home(reader) == [mine, *posts]
        assert await at_home(reader, limit=2) == [mine, posts[0]]
        assert await at_home(reader, limit=2, max_id=posts[0]) == posts[1:]
        assert await at_home(reader, limit=2, min_id=posts[2]) == posts[:2]
        assert await at_home(reader, since_id=posts[1]) == [mine, posts[0]]
        # Then all of it is in feeds, and there it is the same.
        await world.settle()
    assert await stored(resources, reader) == [mine, *posts]


async def test_pages_below_the_top_do_not_grow(world: World, resources: Resources) -> None:
    reader, author, other = await world.people("reader", "author", "other")
    for one in (author, other):
        await reader.follows(one)
    await other.says("从前")
    await world.settle()
    await reader.home()
    posts = [(await author.says(str(number)))["id"] for number in range(4)][::-1]
    above = {"limit": 2, "min_id": posts[3]}
    for _ in range(3):
        assert await at_home(reader, **above) == posts[1:3]
    id, below = int(reader.id), Page(limit=2, max_id=int(posts[0]))
    seen = [await resources.home.look(id, page) for page in (below, Page(limit=2))]
    posts.insert(0, (await other.says("新的"))["id"])
    assert [bool(one and resources.home.is_still(id, one)) for one in seen] == [True, False]
    assert await at_home(reader, **above) == posts[2:4]


async def test_only_what_a_reader_wants_is_news(world: World, resources: Resources) -> None:
    reader, author, stranger = await world.people("reader", "author", "stranger")
    await reader.post(f"/api/v1/accounts/{author.id}/follow", {"reblogs": False})
    await world.settle()
    assert await at_home(reader) == []
    theirs = await stranger.says("别人的")
    await author.reposts(theirs)
    await author.says("@stranger 私信", visibility="direct")
    private = await author.says("关注者可见", visibility="private")
    assert await at_home(reader) == [private["id"]]
    # Whoever follows now is shown it now, and nobody who does not any more.
    await stranger.follows(author)
    assert private["id"] in await at_home(stranger)
    await reader.post(f"/api/v1/accounts/{author.id}/unfollow")
    assert await at_home(reader) == []


async def test_a_deleted_post_is_news_to_nobody(world: World) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    posts = [await author.says(word) for word in ("一", "二", "三")]
    assert len(await at_home(reader, limit=2)) == 2
    await author.request("DELETE", f"/api/v1/statuses/{posts[2]['id']}", expect=200)
    for _ in range(2):
        assert await at_home(reader, limit=2) == [posts[1]["id"], posts[0]["id"]]


async def test_what_was_written_while_a_process_was_away_or_deaf_is_news_to_it(
    world: World, resources: Resources, settings: Settings
) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    await reader.home()
    posts = [(await author.says("从前"))["id"]]
    await resources.feeds.remove([int(reader.id)], [int(posts[0])])
    async with another(settings) as other:
        page, ids = Page(limit=20), list[int]()
        for _ in range(2):
            ids = [*await other.home.ids(other.db.reading, account_id=int(reader.id), page=page)]
            assert list(map(str, ids)) == posts
        # It hears at once of what is posted here.
        posts.insert(0, (await author.says("刚刚"))["id"])
        async with asyncio.timeout(10):
            while len(ids) < 2:
                ids = [*await other.home.ids(other.db.reading, account_id=int(reader.id), page=page)]
        assert list(map(str, ids)) == posts
        other.changes.doubt()
        posts.insert(0, (await author.says("听不见"))["id"])
        ids = [*await other.home.ids(other.db.reading, account_id=int(reader.id), page=page)]
        assert list(map(str, ids)) == posts
        other.changes.trust()
        ids = [*await other.home.ids(other.db.reading, account_id=int(reader.id), page=page)]
        assert list(map(str, ids)) == posts


@asynccontextmanager
async def another(settings: Settings) -> Any:
    """Another process."""
    async with open_resources(settings) as opened:
        opened.channel.start()
        async with asyncio.timeout(10):
            while not opened.changes.trusted:
                await asyncio.sleep(0.001)
        yield opened


@pytest.mark.parametrize("pending", ["outbox_events", "tasks", "chunks", None])
async def test_a_post_is_news_until_it_is_in_every_feed(
    world: World, resources: Resources, pending: str | None
) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    news = News(resources.db, resources.changes, resources.shelf)
    await news.look(int(reader.id))
    written = now() - timedelta(hours=1)
    id = at(written)
    resources.changes.tell([of_new(id, int(author.id), repost=False)])
    values = {"id": id, "at": written - timedelta(milliseconds=1)}
    statements = {
        "outbox_events": "INSERT INTO outbox_events (topic, key, payload, created_at)"
        " VALUES ('post.published', '1', '{}', :at)",
        "tasks": "INSERT INTO tasks (handler, payload, created_at) VALUES ('timeline.fan_out', '{}', :at)",
        "chunks": "INSERT INTO tasks (handler, payload)"
        " VALUES ('timeline.fan_out_chunk', jsonb_build_object('post_id', CAST(:id AS bigint)))",
    }
    async with resources.db.transaction() as session:
        if pending:
            await session.execute(text(statements[pending]), values)
    below = Page(limit=5, max_id=id + 1)
    await news._trim()
    glance = await news.look(int(reader.id))
    assert glance is not None
    # Whoever remembers a feed has not heard for certain that it was written just now.
    assert news.within(int(reader.id), glance, below) == [id]
    await news._trim()
    glance = await news.look(int(reader.id))
    assert glance is not None
    assert news.within(int(reader.id), glance, below) == ([id] if pending else [])
    # Nor does a process that starts now know of it otherwise.
    async with resources.db.transaction() as session:
        posted = text("INSERT INTO posts (id, author_id) VALUES (:id, :author)")
        await session.execute(posted, {"id": id, "author": int(author.id)})
    new = News(resources.db, resources.changes, resources.shelf)
    glance = await new.look(int(reader.id))
    assert glance is not None
    assert list(glance.head) == ([id] if pending else [])
    found = await new.page_ids(resources.db.reading, account_id=int(reader.id), page=Page(limit=5))
    assert list(found) == ([id] if pending else [])


async def test_without_a_worker_so_many_are_kept_and_no_more(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 20)
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    news = News(resources.db, resources.changes, resources.shelf)
    first = at(now())
    await news.look(int(reader.id))
    for number in range(100):
        resources.changes.tell([of_new(first + number, int(author.id), repost=False)])
        glance = await news.look(int(reader.id))
    assert glance is not None
    found = news.within(int(reader.id), glance, Page(limit=100, max_id=first + 1000))
    assert 20 <= len(found) <= 22
    assert list(found) == sorted(range(first + 100 - len(found), first + 100), reverse=True)


async def test_a_post_that_is_told_late_or_again_is_shown_once(world: World, resources: Resources) -> None:
    """Its feed was written before anybody told of it; or who told of it does not know that they were heard."""
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    await reader.home()
    posts = [(await author.says(word))["id"] for word in ("一", "二")][::-1]
    await world.settle()
    for _ in range(2):
        assert await at_home(reader) == posts
    for id in (posts[0], posts[0], posts[1]):
        resources.changes.tell([of_new(int(id), int(author.id), repost=False)])
    for _ in range(2):
        assert await at_home(reader) == posts
    async with resources.db.transaction() as session:
        touch(session, of_viewer(int(reader.id)))
        late = await session.scalar(
            text("INSERT INTO posts (author_id) VALUES (:author) RETURNING id"), {"author": int(author.id)}
        )
    await resources.feeds.push([int(reader.id)], [late])
    posts.insert(0, str(late))
    for _ in range(3):
        assert await at_home(reader) == posts
    resources.changes.tell([of_new(late, int(author.id), repost=False)])
    for _ in range(2):
        assert await at_home(reader) == posts
    last = (await author.says("三"))["id"]
    for _ in range(2):
        resources.changes.tell([of_new(int(last), int(author.id), repost=False)])
    for _ in range(2):
        assert await at_home(reader) == [last, *posts]


class Someone:
    """`news.Readers`: one who follows as the test says."""

    def __init__(self) -> None:
        self.follows: dict[int, Followed] = {}

    def following(self, id: int) -> dict[int, Followed]:
        return self.follows

    async def viewer(self, id: int, likely: Sequence[int] = ()) -> Viewer:
        return Viewer(id, follows=self.follows)

    def expect(self, id: int, author_id: int) -> None:
        pass


# What happens: so many posts of an author; a look; other people followed; the first ones are in every feed.
_EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(1, 4), st.booleans(), st.integers(-9, 9)),
        st.tuples(st.just("look"), st.just(0), st.just(False), st.just(0)),
        st.tuples(st.just("follow"), st.integers(2, 4), st.booleans(), st.just(0)),
        st.tuples(st.just("drop"), st.integers(1, 4), st.just(False), st.just(0)),
    ),
    max_size=40,
)


@examples(max_examples=300, deadline=None)
@given(events=_EVENTS, limit=st.integers(1, 6))
@example(events=[("look", 0, False, 0), ("post", 1, False, 2), ("post", 1, False, 0), ("look", 0, False, 0)], limit=2)
async def test_it_is_what_the_followed_posted(events: list[tuple[str, int, bool, int]], limit: int) -> None:
    """Whenever one looks, in whatever order posts are told: with some that are in every feed already, perhaps."""
    changes, who = Changes(), Someone()
    # Some look at all that was told, some at what those whom they follow posted.
    who.follows = {
        2: Followed(reposts=True),
        3: Followed(reposts=False),
        **dict.fromkeys(range(10, 13), Followed(True)),
    }
    changes.trust()
    news = News(None, changes, who)  # type: ignore[arg-type]
    news._mark = changes.mark()
    told, old, page = list[tuple[int, int, bool]](), list[tuple[int, int, bool]](), Page(limit=limit)

    def wanted(posts: list[tuple[int, int, bool]]) -> set[int]:
        return {
            id
            for id, author, repost in posts
            if author == ME or (author in who.follows and (not repost or who.follows[author].reposts))
        }

    def mine(found: Sequence[int] = ()) -> list[int]:
        return sorted(wanted(told) | (wanted(old) & set(found)), reverse=True)

    seen: tuple[int, list[int]] | None = None
    deep: dict[int, tuple[int, list[int]]] = {}
    for number, (kind, value, flag, late) in enumerate(events):
        if kind == "post":
            post = (100 + 2 * number + late, value, flag)
            if post[0] in {id for id, _, _ in old} or post[0] in {id for id, *rest in told if rest != [value, flag]}:
                continue
            # Perhaps again.
            told.append(post)
            changes.tell([of_new(post[0], value, repost=flag)])
        elif kind == "follow":
            who.follows, seen = {**who.follows, value: Followed(reposts=flag)}, None
        elif kind == "drop":
            news._drop(min(value, len(told)))
            old += told[:value]
            del told[:value]
            seen, deep = None, {}
        else:
            glance = await news.look(ME)
            assert glance is news.glance(ME)
            assert glance is not None
            head = list(news.within(ME, glance, page))
            assert head == mine(head)[:limit]
            everything = mine(glance.head)
            if seen is not None and glance.version == seen[0]:
                assert everything == seen[1]
            elif seen is not None and glance.before == seen[0]:
                assert [*glance.grown, *seen[1]] == everything
            elif seen is not None:
                assert everything != seen[1]
            seen = glance.version, everything
            for id, (version, below) in deep.items():
                if glance.version_below(None) != version and glance.root == version:
                    assert [one for one in everything if one < id] == below
            deep = {id: (glance.version_below(id), [one for one in everything if one < id]) for id in range(90, 230, 7)}
            for id in mine():
                below, above = Page(limit=limit, max_id=id), Page(limit=limit, min_id=id)
                assert list(news.within(ME, glance, below)) == [one for one in mine() if one < id][:limit]
                assert list(news.within(ME, glance, above)) == [one for one in mine() if one > id][-limit:]


async def test_a_post_that_comes_late_stands_where_it_belongs(world: World, resources: Resources) -> None:
    """Its transaction took longer than that of a post with a greater id, which is on the page by a topic."""
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    await world.settle()
    await reader.home()
    early = await author.says("先写，后到")
    await resources.feeds.push([int(reader.id)], [int(early["id"]) + (1 << 16)])
    feed, id = resources.feeds, int(reader.id)
    home, page = resources.home, Page(limit=5)
    ids = await home.ids(resources.db.reading, account_id=id, page=page)
    assert list(ids) == [int(early["id"]) + (1 << 16), int(early["id"])]
    there = home.at_hand(id, page)
    assert there is not None
    assert list(there[0]) == list(ids)
    resources.changes.tell([of_new(int(early["id"]) + 1, int(author.id), repost=False)])
    grown = home.grown(id, there[1])
    assert grown is not None
    assert list(grown[0]) == [int(early["id"]) + 1]
    there = home.at_hand(id, page)
    assert there is not None
    assert list(there[0]) == [ids[0], int(early["id"]) + 1, ids[1]]
    assert feed.is_still(id, there[1].feed)


@pytest.mark.parametrize("fails", [False, True])
async def test_who_asks_before_a_new_post_is_loaded_waits_for_it(
    world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    reader, author = await world.people("reader", "author")
    await reader.follows(author)
    first = await author.says("一")
    await world.settle()
    for _ in range(3):
        await reader.home()
    may, load = asyncio.Event(), resources.shelf.arrivals._load

    async def load_late(ids: Sequence[int]) -> None:
        await may.wait()
        if fails:
            raise ConnectionError
        await load(ids)

    monkeypatch.setattr(resources.shelf.arrivals, "_load", load_late)
    second = await author.says("二")
    reading = asyncio.create_task(reader.home())
    waiting: Callable[[], int] = lambda: sum(map(len, resources.shelf.arrivals._waiting.values()))  # noqa: E731
    async with asyncio.timeout(10):
        while waiting() < 1:
            await asyncio.sleep(0.001)
        may.set()
        page = await reading
    assert [status["id"] for status in page] == [second["id"], first["id"]]
