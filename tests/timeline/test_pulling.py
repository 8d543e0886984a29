"""Authors with very many followers: pulled, not pushed, and nobody can tell the difference."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.changes import ALL, Changes
from app.kit.clock import now
from app.kit.db import touch
from app.kit.ids import at
from app.kit.pagination import Page
from app.reading.viewer import Followed, Viewer
from app.settings import Settings
from app.timeline import glance, news, pulled
from app.timeline.home import Home
from app.timeline.news import News
from app.timeline.pulled import PulledAuthors
from app.timeline.pulling import next_state, pushes
from app.timeline.skeletons import home_ids
from tests.people import Person, World, pass_time

pytestmark = pytest.mark.anyio

THRESHOLD = 2


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Everybody with two followers has very many."""
    return settings.model_copy(update={"pull_followers": THRESHOLD})


async def state_of(resources: Resources, author: Person) -> str | None:
    async with resources.db.reading() as session:
        state: str | None = await session.scalar(
            text("SELECT state FROM pulled_authors WHERE account_id = :id"), {"id": int(author.id)}
        )
        return state


async def stored(resources: Resources, reader: Person) -> list[str]:
    page = await resources.feeds.read(int(reader.id), Page(limit=100))
    assert page is not None
    return [str(id) for id in page.ids]


async def at_home(reader: Person) -> list[str]:
    return [status["id"] for status in await reader.home(limit=40)]


async def pulled_author(world: World, resources: Resources) -> tuple[Person, list[Person], list[str]]:
    """Someone who is pulled, three followers with feeds, and what was posted until then."""
    author, *readers = await world.people("author", "r1", "r2", "r3")
    for reader in readers:
        await reader.follows(author)
        await reader.home()
    first = await author.says("推")
    await world.settle()
    assert await state_of(resources, author) == "joining"
    second = await author.says("还在推")
    await world.settle()
    for reader in readers:
        assert await stored(resources, reader) == [second["id"], first["id"]]
    await pass_time(world, resources)
    assert await state_of(resources, author) == "pulled"
    return author, readers, [second["id"], first["id"]]


async def test_posts_of_a_pulled_author_are_seen_without_being_sent(world: World, resources: Resources) -> None:
    author, readers, before = await pulled_author(world, resources)

    post = await author.says("拉")
    await world.settle()

    for reader in readers:
        assert post["id"] not in await stored(resources, reader)
        assert await at_home(reader) == [post["id"], *before]
    assert await at_home(author) == [post["id"], *before]


async def test_posts_of_a_pulled_author_stay_when_they_are_no_news_any_more(world: World, resources: Resources) -> None:
    author, (reader, *_), before = await pulled_author(world, resources)
    assert await at_home(reader) == before
    posts = [(await author.says(word))["id"] for word in ("一", "二")][::-1]
    known = resources.home._news
    known._drop(len(known._told))
    await author.says("@r1 只给你", visibility="direct")
    for _ in range(2):
        assert await at_home(reader) == [*posts, *before]
        await reader.post("/api/v1/markers", {"home": {"last_read_id": before[0]}})


async def test_unfollowing_deleting_and_privacy_count_at_once(world: World, resources: Resources) -> None:
    author, (reader, other, third), before = await pulled_author(world, resources)
    posts = [
        await author.says("一"),
        await author.says("二", visibility="private"),
        await author.says("@r1 三", visibility="direct"),
    ]
    await reader.post(f"/api/v1/accounts/{author.id}/unfollow")
    await other.post(f"/api/v1/accounts/{author.id}/follow", {"reblogs": False})
    theirs = await third.says("别人的")
    repost = await author.reposts(theirs)
    await world.settle()
    await author.request("DELETE", f"/api/v1/statuses/{posts[0]['id']}", expect=200)

    assert await at_home(reader) == []
    assert await at_home(other) == [posts[1]["id"], *before]
    assert await at_home(third) == [repost["id"], theirs["id"], posts[1]["id"], *before]
    await third.post(f"/api/v1/accounts/{author.id}/block")
    assert await at_home(third) == [theirs["id"]]


async def test_who_is_not_pulled_any_more_is_in_every_feed(world: World, resources: Resources) -> None:
    author, (reader, *others), before = await pulled_author(world, resources)
    post = await author.says("拉")
    await world.settle()
    for other in others:
        await other.post(f"/api/v1/accounts/{author.id}/unfollow")
    await world.settle()
    assert await state_of(resources, author) == "pulled"

    last = await author.says("又推")
    await world.settle()

    assert await state_of(resources, author) is None
    assert await stored(resources, reader) == [last["id"], post["id"], *before]
    assert await at_home(reader) == [last["id"], post["id"], *before]


async def test_coming_and_going_loses_nothing_and_repeats_nothing(world: World, resources: Resources) -> None:
    author, (reader, *others), said = await pulled_author(world, resources)
    for turn in range(4):
        for other in others:
            await other.post(f"/api/v1/accounts/{author.id}/{'follow' if turn % 2 else 'unfollow'}")
        for step in range(3):
            said.insert(0, (await author.says(f"{turn} {step}"))["id"])
            await (pass_time(world, resources) if step == turn % 3 else world.settle())
            await state_of(resources, author)
            assert await at_home(reader) == said


def test_the_threshold_has_slack() -> None:
    assert next_state(None, followers=99, threshold=100) is None
    assert next_state(None, followers=100, threshold=100) == "joining"
    assert next_state("pulled", followers=81, threshold=100) == "pulled"
    assert next_state("joining", followers=79, threshold=100) == "leaving"
    assert next_state("leaving", followers=99, threshold=100) == "leaving"
    assert next_state("leaving", followers=100, threshold=100) == "joining"


def test_late_tasks_push_what_came_before() -> None:
    assert pushes("pulled", 10, post_id=9)
    assert not pushes("pulled", 10, post_id=10)
    assert pushes("leaving", 10, post_id=11)


# Each post: whose, what it is, and whether the feed holds it although its author is pulled.
_POSTS = st.lists(
    st.tuples(
        st.sampled_from(["pushed", "pulled", "both"]),
        st.sampled_from(["post", "direct", "deleted", "repost"]),
        st.booleans(),
    ),
    max_size=25,
)


class Follows:
    """`news.Readers`, of one reader."""

    def __init__(self, follows: dict[int, Followed]) -> None:
        self.follows = follows

    def following(self, id: int) -> dict[int, Followed]:
        return self.follows

    async def viewer(self, id: int, likely: Sequence[int] = ()) -> Viewer:
        return Viewer(id, self.follows)

    def expect(self, id: int, author_id: int) -> None:
        raise AssertionError("nobody posts")


# Nothing of it comes by feed.
_FETCHED = [("pulled", "post", False), ("both", "repost", False), ("both", "post", False)] * 3
_LATEST = [("pushed", "post", False), ("pushed", "repost", True), ("pushed", "post", False)] * 3


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posts=_POSTS,
    held=st.integers(0, 12),
    whole=st.booleans(),
    limit=st.integers(1, 7),
    remembered=st.none() | st.integers(1, 9),
    latest=st.integers(0, 25),
)
@example(posts=_FETCHED, held=0, whole=True, limit=2, remembered=1, latest=0)
@example(posts=_FETCHED, held=0, whole=True, limit=2, remembered=9, latest=0)
@example(posts=_LATEST, held=0, whole=True, limit=2, remembered=1, latest=9)
@example(posts=_LATEST, held=2, whole=False, limit=2, remembered=None, latest=4)
async def test_the_merge_is_what_postgresql_says(
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
    posts: list[tuple[str, str, bool]],
    held: int,
    whole: bool,
    limit: int,
    remembered: int | None,
    latest: int,
) -> None:
    """Whatever part of it the feed holds, of each pulled author the process, if any, and of what is news: every page,
    downwards and upwards, without gap or repeat. The reader wants no reposts of one of them.

    The `latest` posts may have been sent, or not yet.
    """
    reader, ids, follows = await _seed(resources, posts, latest)
    monkeypatch.setattr(pulled, "_KEPT", remembered)
    monkeypatch.setattr(glance, "HEAD", 3)
    monkeypatch.setattr(news, "HEAD", 3)
    changes = Changes()
    if remembered:
        changes.trust()
    known = News(resources.db, changes, Follows(follows))
    home = Home(resources.feeds, PulledAuthors(resources.db, changes, lambda _: follows, known), known)
    shown = [(id, author, kept) for id, (author, kind, kept) in ids if _is_shown(author, kind)]
    sent = len(ids) - latest
    late = {id for id, _ in ids[max(0, sent) :]}
    stays = [id for id, author, kept in shown if kept or (author == "pushed" and id not in late)]
    feed = stays[::-1] if whole else stays[::-1][:held]
    token = await resources.feeds.open(reader)
    await resources.feeds.fill(reader, token, feed, whole=whole)
    async with resources.db.reading() as session:

        async def read(page: Page) -> list[int]:
            found = await home.ids(resources.db.reading, account_id=reader, page=page)
            assert list(found) == list(await home_ids(session, account_id=reader, page=page))
            there = home.at_hand(reader, page)
            assert there is None or list(there[0]) == list(found)
            assert remembered or there is None
            return list(found)

        down: list[int] = []
        while found := await read(Page(limit=limit, max_id=down[-1] if down else None)):
            down += found
        up: list[int] = []
        while found := await read(Page(limit=limit, min_id=up[0] if up else 1)):
            up = found + up
        for id in down:
            await read(Page(limit=limit, since_id=id))
    assert down == up == [id for id, _, _ in shown][::-1]


def _is_shown(author: str, kind: str) -> bool:
    return kind == "post" or (kind == "repost" and author != "both")


async def _seed(
    resources: Resources, posts: list[tuple[str, str, bool]], latest: int
) -> tuple[int, list[tuple[int, tuple[str, str, bool]]], dict[int, Followed]]:
    """A reader who follows one pushed and two pulled authors; the posts with their ids, oldest first; and whom.

    All but the `latest` are of an hour ago.
    """
    async with resources.db.transaction() as session:
        touch(session, ALL)
        for table in ("pulled_authors", "posts", "follows", "account_stats", "accounts"):
            await session.execute(text(f"DELETE FROM {table}"))
        insert = text("INSERT INTO accounts (username, handle) VALUES (:name, :name) RETURNING id")
        people = {
            name: await session.scalar(insert, {"name": name})
            for name in ("reader", "stranger", "pushed", "pulled", "both")
        }
        for name in ("pushed", "pulled", "both"):
            follow = text("INSERT INTO follows (follower_id, followee_id, reposts) VALUES (:reader, :id, :reposts)")
            values = {"reader": people["reader"], "id": people[name], "reposts": name != "both"}
            await session.execute(follow, values)
        pull = text("INSERT INTO pulled_authors (account_id, state, since, turn) VALUES (:id, :state, 1, 1)")
        await session.execute(pull, {"id": people["pulled"], "state": "pulled"})
        await session.execute(pull, {"id": people["both"], "state": "leaving"})
        publish = text(
            """
            INSERT INTO posts (id, author_id, visibility, kind, repost_of_id, deleted_at)
            VALUES (:id, :author, :visibility, :kind, :carried, CASE WHEN :deleted THEN now() END) RETURNING id
            """
        )
        made, moments = [], (now() - timedelta(hours=1), now())
        for number, post in enumerate(posts):
            name, kind, _ = post
            is_late = number >= len(posts) - latest
            if kind == "deleted" and is_late:
                # Among what is news these stay: rules hide them.
                kind = "direct"
            visibility = "direct" if kind == "direct" else "public"
            said = {"author": people[name], "visibility": visibility, "deleted": kind == "deleted"}
            said["id"] = at(moments[is_late], 2 * number + 1)
            if kind == "repost":
                theirs = {"id": said["id"] - 1, "author": people["stranger"], "visibility": "public", "deleted": False}
                said["carried"] = await session.scalar(publish, theirs | {"kind": "post", "carried": None})
            said = {"kind": "repost" if kind == "repost" else "post", "carried": None, **said}
            made.append((await session.scalar(publish, said), post))
    follows = {
        id: Followed(reposts=name != "both") for name, id in people.items() if name not in ("reader", "stranger")
    }
    return people["reader"], made, follows
