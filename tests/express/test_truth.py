"""Whatever happens, in whatever order: memory says what PostgreSQL says.

Each read is asked twice, from memory and from PostgreSQL alone, and compared (tests/twice.py).
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.clock import now
from app.moderation import service as moderation
from app.settings import Settings
from tests.people import Person, World, pass_time
from tests.posts.test_publish import POLL

pytestmark = pytest.mark.anyio


class Town:
    """Three people who do all kinds of things; what one does to whom and which post, a number says."""

    def __init__(self, world: World, resources: Resources, people: list[Person]) -> None:
        self.world, self.resources, self.people = world, resources, people
        self.posts: list[tuple[Person, str]] = []

    async def do(self, deed: str, seed: int) -> None:
        """Do something that is in `DEEDS`; what cannot be done now is refused, and that is fine."""
        chance = random.Random(seed)
        actor, other = chance.sample(self.people, 2)
        author, post_id = chance.choice(self.posts) if self.posts else (actor, "1")
        await DEEDS[deed](self, actor, other, author, post_id)

    async def read(self) -> None:
        """Everyone reads everything that has memory."""
        for reader in self.people:
            for path in (
                "/api/v1/timelines/home",
                "/api/v1/timelines/home?order=calm",
                "/api/v1/timelines/home?order=calm&limit=2",
                "/api/v1/timelines/public",
                "/api/v1/timelines/tag/微职",
                f"/api/v1/accounts/{self.people[0].id}/statuses",
                *(f"/api/v1/statuses/{id}" for _, id in self.posts[-2:]),
            ):
                await ask(reader, "GET", path)

    async def says(self, person: Person, **post: Any) -> None:
        answer = await ask(person, "POST", "/api/v1/statuses", {"status": "招聘 #微职#", **post})
        if answer.status_code == 200:
            self.posts.append((person, answer.json()["id"]))

    async def suspends(self, person: Person) -> None:
        async with self.resources.db.transaction() as session:
            await moderation.suspend(session, username=person.username, now=now())
        await self.world.settle()
        await self.read_as_others(person)
        async with self.resources.db.transaction() as session:
            await moderation.unsuspend(session, username=person.username)

    async def read_as_others(self, person: Person) -> None:
        for reader in self.people:
            if reader is not person:
                await ask(reader, "GET", "/api/v1/timelines/home")


async def ask(person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {person.token}"}
    answer = await person.world.client.request(method, path, json=body, headers=headers)
    assert answer.status_code < 500, answer.text
    return answer


def on_post(method: str, verb: str, by_author: bool = False, body: dict[str, Any] | None = None) -> Any:
    async def deed(town: Town, actor: Person, _other: Person, author: Person, post_id: str) -> None:
        await ask(author if by_author else actor, method, f"/api/v1/statuses/{post_id}{verb}", body)

    return deed


def on_person(verb: str) -> Any:
    async def deed(_town: Town, actor: Person, other: Person, _author: Person, _post_id: str) -> None:
        await ask(actor, "POST", f"/api/v1/accounts/{other.id}/{verb}")

    return deed


async def settle(town: Town, *_: Any) -> None:
    await town.world.settle()


async def lose_feeds(town: Town, *_: Any) -> None:
    await town.resources.feeds.flush()  # type: ignore[attr-defined]


async def doubt(town: Town, *_: Any) -> None:
    town.resources.changes.doubt()
    town.resources.changes.trust()


async def filter_(town: Town, actor: Person, *_: Any) -> None:
    words = {"title": "词", "context": ["home", "public"], "keywords_attributes": [{"keyword": "招聘"}]}
    await ask(actor, "POST", "/api/v2/filters", words)


async def vote(town: Town, actor: Person, *_: Any) -> None:
    for author, id in reversed(town.posts):
        poll = (await ask(actor, "GET", f"/api/v1/statuses/{id}")).json().get("poll")
        if poll and author is not actor:
            await ask(actor, "POST", f"/api/v1/polls/{poll['id']}/votes", {"choices": [0]})
            return


async def part_and_block(_town: Town, actor: Person, other: Person, *_: Any) -> None:
    await ask(actor, "POST", f"/api/v1/accounts/{other.id}/unfollow")
    await ask(other, "POST", f"/api/v1/accounts/{actor.id}/unfollow")
    for reader in (actor, other):
        await ask(reader, "GET", "/api/v1/timelines/public")
    await ask(actor, "POST", f"/api/v1/accounts/{other.id}/block")


Deed = Callable[[Town, Person, Person, Person, str], Awaitable[None]]
DEEDS: dict[str, Deed] = {
    "say": lambda town, actor, *_: town.says(actor),
    "say to followers": lambda town, actor, *_: town.says(actor, visibility="private"),
    "ask": lambda town, actor, *_: town.says(actor, poll=POLL),
    "answer": lambda town, actor, _o, _a, id: town.says(actor, in_reply_to_id=id),
    "quote": lambda town, actor, _o, _a, id: town.says(actor, quoted_status_id=id),
    "repost": on_post("POST", "/reblog"),
    "take back a repost": on_post("POST", "/unreblog"),
    "like": on_post("POST", "/favourite"),
    "unlike": on_post("POST", "/unfavourite"),
    "bookmark": on_post("POST", "/bookmark"),
    "pin": on_post("POST", "/pin", by_author=True),
    "mute the thread": on_post("POST", "/mute"),
    "edit": on_post("PUT", "", by_author=True, body={"status": "改了 #微职# #别的#"}),
    "delete": on_post("DELETE", "", by_author=True),
    "follow": on_person("follow"),
    "unfollow": on_person("unfollow"),
    "block": on_person("block"),
    "part and block": part_and_block,
    "unblock": on_person("unblock"),
    "mute": on_person("mute"),
    "unmute": on_person("unmute"),
    "lose a follower": on_person("remove_from_followers"),
    "rename": lambda _t, actor, *_: _rename(actor),
    "prefer calm": lambda _t, actor, *_: prefer(actor, "calm"),
    "prefer nothing": lambda _t, actor, *_: prefer(actor, ""),
    "filter": filter_,
    "vote": vote,
    "suspend": lambda town, actor, *_: town.suspends(actor),
    "settle": settle,
    "hurry": lambda town, *_: pass_time(town.world, town.resources),
    "lose the feeds": lose_feeds,
    "doubt": doubt,
}


async def prefer(actor: Person, order: str) -> None:
    await ask(actor, "PATCH", "/api/v1/accounts/update_credentials", {"source": {"home_order": order}})


async def _rename(actor: Person) -> None:
    await ask(actor, "PATCH", "/api/v1/accounts/update_credentials", {"display_name": "新名字"})


@pytest.fixture(params=["pushed", "pulled"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Posts come by feeds, or, as everybody in town has very many followers, are fetched by readers."""
    return settings.model_copy(update={"pull_followers": 2}) if request.param == "pulled" else settings


@pytest.fixture
async def town(world: World, resources: Resources, settings: Settings) -> Town:
    people = await world.people("a", "b", "c")
    for one in people:
        for other in people:
            if one is not other:
                await one.follows(other)
    found = Town(world, resources, people)
    if settings.pull_followers == 2:
        for one in people:
            await found.says(one)
        await world.settle()
        await pass_time(world, resources)
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM pulled_authors WHERE state = 'pulled'")) == 3
    return found


@examples(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 10_000)), min_size=8, max_size=20))
async def test_memory_tells_the_truth(town: Town, deeds: list[tuple[str, int]]) -> None:
    for deed, seed in deeds:
        await town.do(deed, seed)
        await town.read()


@pytest.mark.parametrize("deed", sorted(DEEDS))
async def test_memory_tells_the_truth_after(town: Town, deed: str) -> None:
    for person in town.people:
        await town.says(person)
        await town.says(person, poll=POLL)
    await town.world.settle()
    await town.read()
    for seed in range(4):
        await town.do(deed, seed)
        await town.read()


async def test_memory_tells_the_truth_of_a_job_that_changed(world: World) -> None:
    recruiter, reader = await world.people("recruiter", "reader")
    await reader.follows(recruiter)
    job = await recruiter.publishes_job()
    await world.settle()
    for title in ("后端工程师 #新话题#", "后端工程师"):
        for path in ("home", "public", "tag/新话题"):
            await ask(reader, "GET", f"/api/v1/timelines/{path}")
        await ask(recruiter, "PATCH", f"/api/weizhi/v1/jobs/{job['id']}", {"title": title})
        shown = (await ask(reader, "GET", "/api/v1/timelines/tag/新话题")).json()
        assert [post["id"] for post in shown] == ([job["status_id"]] if "#" in title else [])


async def test_a_lie_would_be_found(town: Town) -> None:
    await town.says(town.people[0])
    await town.world.settle()
    await town.read()
    async with town.resources.db.transaction() as session:
        await session.execute(text("UPDATE posts SET text = 'somebody wrote by hand'"))
    with pytest.raises(AssertionError, match="the fast lane lies"):
        await town.read()
