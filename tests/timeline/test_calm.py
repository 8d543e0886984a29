"""The calm order of the home timeline: no floods, nothing lost, and the same whichever way one pages."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.bootstrap import Resources, open_resources
from app.settings import Settings
from app.timeline.calm import CalmRules, repeats
from tests.people import Person, World
from tests.service import service

pytestmark = pytest.mark.anyio

_RULES = CalmRules()
_HOME = "/api/v1/timelines/home"


def original(status: dict[str, Any]) -> str:
    id: str = (status["reblog"] or status)["id"]
    return id


def ids(statuses: Iterable[dict[str, Any]]) -> list[str]:
    return [status["id"] for status in statuses]


def held(status: dict[str, Any], of: str) -> list[str]:
    """The posts left out that a status tells of."""
    more = status["weizhi"]["calm"]["more"] if status["weizhi"]["calm"] else []
    return [id for part in more if part["of"] == of for id in part["status_ids"]]


async def calm(person: Person, **params: Any) -> list[dict[str, Any]]:
    return await person.home(order="calm", **params)


async def pages(
    person: Person, rel: str = "next", start: str = "", limit: int = 3, end: str = ""
) -> list[list[dict[str, Any]]]:
    """Every page, by following Link: down to the one with `end`, or up from `start`."""
    found: list[list[dict[str, Any]]] = []
    url = f"{_HOME}?order=calm&limit={limit}{start}"
    while True:
        response = await person.request("GET", url, expect=200)
        if rel not in response.links:
            return found
        found.append(response.json())
        if end in ids(found[-1]):
            return found
        url = response.links[rel]["url"]
        assert "order=calm" in url


@pytest.fixture
async def friends(world: World) -> list[Person]:
    """A reader, and five whom it follows."""
    reader, *others = await world.people("reader", "author", "a", "b", "c", "d")
    for other in others:
        await reader.follows(other)
    return [reader, *others]


class TestOrder:
    async def test_is_chronological_unless_somebody_says_otherwise(self, world: World, friends: list[Person]) -> None:
        reader, author, *others = friends
        post = await author.says("招人")
        reposts = [await other.reposts(post) for other in others]
        await world.settle()
        everything = [*ids(reposts)[::-1], post["id"]]
        for asked in ({}, {"order": "chronological"}):
            page = await reader.home(**asked)
            assert ids(page) == everything
            assert all(status["weizhi"]["calm"] is None for status in page)
        assert ids(await calm(reader)) == everything[-2:]

    async def test_can_be_preferred_by_a_reader_and_given_up_again(self, world: World, friends: list[Person]) -> None:
        reader, author, *others = friends
        post = await author.says("招人")
        for other in others:
            await other.reposts(post)
        await world.settle()
        for order, most in (("calm", 2), ("chronological", 5), ("calm", 2), ("", 5)):
            await reader.home()
            changed = {"source": {"home_order": order}}
            await reader.request("PATCH", "/api/v1/accounts/update_credentials", json=changed, expect=200)
            assert (await reader.get("/api/v1/preferences"))["reading:home:order"] == (order or None)
            assert len(await reader.home()) == most
        assert len(await calm(reader)) == 2

    async def test_a_request_outweighs_what_the_reader_prefers(self, world: World, friends: list[Person]) -> None:
        reader, author, *_ = friends
        await reader.request(
            "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"home_order": "calm"}}, expect=200
        )
        for number in range(_RULES.by_author + 2):
            await author.says(f"{number}")
        await world.settle()
        assert len(await reader.home()) == _RULES.by_author
        assert len(await reader.home(order="chronological")) == _RULES.by_author + 2

    async def test_an_unknown_order_or_preference_is_refused(self, friends: list[Person]) -> None:
        reader, *_ = friends
        refused = await reader.get(_HOME, order="loud", expect=422)
        assert "order" in refused["details"]
        await reader.request(
            "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"home_order": "loud"}}, expect=422
        )

    async def test_and_its_numbers_are_settings(self, settings: Settings, world: World, friends: list[Person]) -> None:
        reader, author, *others = friends
        post = await author.says("招人")
        for other in others:
            await other.reposts(post)
        for number in range(3):
            await author.says(f"{number}")
        await world.settle()
        changed = {"home_order": "calm", "calm_showings": 3, "calm_posts_of_one": 1}
        async with open_resources(settings.model_copy(update=changed)) as resources:
            world.client._transport.app = service(resources)  # type: ignore[attr-defined]
            page = await reader.home()
        shown = Counter(map(original, page))
        assert shown[post["id"]] == 2  # one of the three is the author's own, and of its posts one is shown
        assert Counter(status["account"]["id"] for status in page)[author.id] == 1


class TestAnOriginal:
    async def test_is_shown_twice_and_tells_who_passed_it_on_later(self, world: World, friends: list[Person]) -> None:
        reader, author, a, b, c, d = friends
        post = await author.says("招人")
        by_a, *_ = [await other.reposts(post) for other in (a, b, c, d)]
        await world.settle()
        page = await calm(reader)
        assert ids(page) == [by_a["id"], post["id"]]
        for status in page:
            told = status["weizhi"]["calm"]
            assert [account["username"] for account in told["reposters"]] == ["b", "c", "d"]
            assert told["reposters_count"] == 3
        assert page[0]["reblog"]["weizhi"]["calm"] is None

    async def test_stays_where_it_was_whatever_comes_later(self, world: World, friends: list[Person]) -> None:
        reader, author, a, b, c, _d = friends
        stranger = await world.person("stranger")
        post = await stranger.says("招人")
        first = [await other.reposts(post) for other in (a, b)]
        await world.settle()
        assert ids(await calm(reader)) == ids(first)[::-1]
        await c.reposts(post)
        news = await author.says("新的")
        await world.settle()
        assert ids(await calm(reader)) == [news["id"], *ids(first)[::-1]]

    async def test_comes_again_when_one_of_the_two_is_taken_back(self, world: World, friends: list[Person]) -> None:
        reader, author, a, b, c, _d = friends
        post = await author.says("招人")
        by_a, by_b, _ = [await other.reposts(post) for other in (a, b, c)]
        await world.settle()
        assert ids(await calm(reader)) == [by_a["id"], post["id"]]
        await a.post(f"/api/v1/statuses/{post['id']}/unreblog")
        page = await calm(reader)
        assert ids(page) == [by_b["id"], post["id"]]
        assert [account["username"] for account in page[0]["weizhi"]["calm"]["reposters"]] == ["c"]

    async def test_does_not_count_where_the_reader_would_not_meet_it(self, world: World, friends: list[Person]) -> None:
        reader, _author, a, b, c, d = friends
        stranger = await world.person("stranger")
        post = await stranger.says("招人")
        by_a, by_b, by_c, by_d = [await other.reposts(post) for other in (a, b, c, d)]
        await world.settle()
        assert ids(await calm(reader)) == [by_b["id"], by_a["id"]]
        await reader.post(f"/api/v1/accounts/{a.id}/mute")
        await reader.post(f"/api/v1/accounts/{b.id}/unfollow")
        page = await calm(reader)
        assert ids(page) == [by_d["id"], by_c["id"]]
        assert all(status["weizhi"]["calm"] is None for status in page)

    async def test_also_where_the_two_are_pages_below(self, world: World, friends: list[Person]) -> None:
        reader, author, a, b, c, d = friends
        post = await author.says("招人")
        await a.reposts(post)
        for number in range(12):
            await (b, c, d)[number % 3].says(f"{number}")
        late = await d.reposts(post)
        await world.settle()
        walked = await pages(reader)
        assert late["id"] not in [id for page in walked for id in ids(page)]
        (told,) = [status for page in walked for status in page if status["id"] == post["id"]]
        assert [account["username"] for account in told["weizhi"]["calm"]["reposters"]] == ["d"]

    async def test_one_s_own_repost_stays(self, world: World, friends: list[Person]) -> None:
        reader, author, a, b, *_ = friends
        post = await author.says("招人")
        for other in (a, b):
            await other.reposts(post)
        mine = await reader.reposts(post)
        await world.settle()
        assert ids(await calm(reader))[0] == mine["id"]

    async def test_a_long_row_of_repeats_does_not_end_the_timeline(self, world: World, friends: list[Person]) -> None:
        reader, author, *others = friends
        posts = [await author.says(f"{number}") for number in range(3)]
        for post in posts:
            for other in others:
                await other.reposts(post)
        await world.settle()
        shown = Counter(original(status) for page in await pages(reader, limit=2) for status in page)
        assert shown == dict.fromkeys(ids(posts), 2)

    def test_repeats_depend_on_what_is_older_alone(self) -> None:
        spots = [0, 3, 4, 9, 30]
        assert repeats(spots, showings=2, window=10) == {0, 3}
        assert {spot - 3 for spot in repeats(spots, showings=2, window=10) if spot >= 3} == repeats(
            [spot - 3 for spot in spots[1:]], showings=2, window=10
        )
        assert repeats(spots, showings=2, window=100) == {0, 3, 4}
        assert repeats(spots[:2], showings=2, window=100) == set()


class TestAPage:
    async def test_holds_few_of_one_author_and_tells_of_the_others(self, world: World, friends: list[Person]) -> None:
        reader, loud, quiet, *_ = friends
        quiet_posts = [await quiet.says(f"静 {number}") for number in range(3)]
        loud_posts = [await loud.says(f"吵 {number}") for number in range(12)]
        await world.settle()
        page = await calm(reader, limit=10)
        most = _RULES.by_author
        assert ids(page) == [*ids(loud_posts)[::-1][:most], *ids(quiet_posts)[::-1]]
        assert held(page[most - 1], "author") == ids(loud_posts)[::-1][most:]
        left_out: Any = {"id[]": held(page[most - 1], "author")}
        found = await reader.get("/api/v1/statuses", **left_out)
        assert sorted(ids(found)) == sorted(ids(loud_posts)[: 12 - most])

    async def test_holds_few_jobs_whoever_tells_of_them(self, world: World, friends: list[Person]) -> None:
        reader, *others = friends
        jobs = [(await other.publishes_job())["status_id"] for other in others]
        passed_on = [(await others[0].reposts({"id": id}))["id"] for id in jobs[2:]]
        others_posts = [(await others[1].says(f"{number}"))["id"] for number in range(2)]
        await world.settle()
        page = await calm(reader)
        everything = [*others_posts[::-1], *passed_on[::-1], *jobs[::-1]]
        assert ids(page) == everything[: 2 + _RULES.jobs]
        assert held(page[-1], "jobs") == everything[2 + _RULES.jobs :]

    async def test_does_not_hold_back_what_the_reader_says(self, world: World, friends: list[Person]) -> None:
        reader, *_ = friends
        mine = [await reader.says(f"{number}") for number in range(_RULES.by_author + 3)]
        await world.settle()
        assert ids(await calm(reader)) == ids(mine)[::-1]

    async def test_upwards_holds_the_oldest(self, world: World, friends: list[Person]) -> None:
        reader, loud, quiet, *_ = friends
        start = await quiet.says("始")
        posts = [await loud.says(f"{number}") for number in range(7)]
        await world.settle()
        page = await calm(reader, min_id=start["id"], limit=40)
        assert ids(page) == ids(posts)[: _RULES.by_author][::-1]
        assert held(page[0], "author") == ids(posts)[_RULES.by_author :]


@settings(
    max_examples=8,
    phases=(Phase.generate,),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    deeds=st.lists(st.tuples(st.integers(0, 4), st.integers(-6, 3)), min_size=4, max_size=30),
    limit=st.integers(1, 7),
)
async def test_paging_either_way_tells_of_everything_once(
    world: World, friends: list[Person], resources: Resources, deeds: list[tuple[int, int]], limit: int
) -> None:
    reader, *others = friends
    start = await reader.says("始")
    posts: list[dict[str, Any]] = []
    for who, what in deeds:
        if posts and what < 0:
            await others[who].request("POST", f"/api/v1/statuses/{posts[what % len(posts)]['id']}/reblog")
        else:
            posts.append(await others[who].says("话"))
    await world.settle()
    everything = await reader.home(limit=40, since_id=start["id"])
    walked = await pages(reader, limit=limit, end=start["id"])
    down = [[status for status in page if int(status["id"]) > int(start["id"])] for page in walked]
    up = await pages(reader, "prev", f"&min_id={start['id']}", limit)
    repeated = _repeated(everything)
    for walk in (down, up):
        told = [id for page in walk for status in page for id in (status["id"], *held(status, "author"))]
        assert sorted(told) == sorted(set(ids(everything)) - repeated)
        for page in walk:
            assert ids(page) == sorted(ids(page), key=int, reverse=True)
            assert max(Counter(status["account"]["id"] for status in page).values(), default=0) <= _RULES.by_author
        listed = {
            (original(status), account["id"])
            for page in walk
            for status in page
            if status["weizhi"]["calm"]
            for account in status["weizhi"]["calm"]["reposters"]
        }
        left_out = {(original(s), s["account"]["id"]) for s in everything if s["id"] in repeated}
        shown = {original(status) for page in walk for status in page}
        assert {pair for pair in left_out if pair[0] in shown} <= listed <= left_out


def _repeated(everything: list[dict[str, Any]]) -> set[str]:
    """Those that stand above two others of the same original."""
    seen: Counter[str] = Counter()
    found = set()
    for status in reversed(everything):
        seen[original(status)] += 1
        if seen[original(status)] > _RULES.showings:
            found.add(status["id"])
    return found
