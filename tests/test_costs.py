"""What the hot endpoints cost: SQL statements and Valkey round trips, known and kept. Who is calling is known.

A number that rises is a decision, not an accident: change it here together with the code, and say why.

Rate limits are off here; they cost one more round trip a request and no statement: tests/limits.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from app.bootstrap import Resources
from app.settings import Settings
from tests.meter import Meter
from tests.people import Person, World, pass_time
from tests.posts.test_publish import POLL, picture_of

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]


@pytest.fixture
async def people(world: World) -> list[Person]:
    return await world.people("reader", "a", "b", "recruiter")


@pytest.fixture
async def reader(world: World, people: list[Person]) -> Person:
    """Someone whose home timeline holds posts, a repost, a quote and a job by several people."""
    reader, a, b, recruiter = people
    for other in (a, b, recruiter):
        await reader.follows(other)
    job = await recruiter.publishes_job()
    await a.reposts({"id": job["status_id"]})
    await b.says("转给做后端的朋友们", quoted_status_id=job["status_id"])
    for number in range(10):
        await (a if number % 2 else b).says(f"第 {number} 条 #微职#")
    await world.settle()
    return reader


@contextmanager
def costs(meter: Meter, statements: int, round_trips: int) -> Iterator[None]:
    meter.reset()
    yield
    assert meter.cost == (statements, round_trips), "\n\n".join(meter.statements)


async def test_home_timeline(reader: Person, meter: Meter) -> None:
    await reader.home()
    with costs(meter, statements=0, round_trips=0):
        page = await reader.home()
    assert len(page) == 13


async def test_first_home_timeline_of_someone_new(world: World, meter: Meter) -> None:
    new = await world.person("new")
    # For this process's first reader: who is pulled, and what is news. Whom they follow, the feed's ids, and nothing
    # more about a reader of nothing; read, open, fill, read again.
    with costs(meter, statements=4, round_trips=4):
        assert await new.home() == []
    newer = await world.person("newer")
    with costs(meter, statements=2, round_trips=4):
        assert await newer.home() == []
    with costs(meter, statements=0, round_trips=0):
        assert await new.home() == []


async def test_noting_which_jobs_it_showed(
    reader: Person, people: list[Person], resources: Resources, meter: Meter
) -> None:
    await reader.home()
    await resources.exposures.flush()
    for person in (reader, people[1], people[2]):
        await person.get("/api/v1/timelines/public")
    with costs(meter, statements=1, round_trips=1):
        # Of three readers in one statement; the job's sketches in one call.
        await resources.exposures.flush()
    for person in (reader, people[1], people[2]):
        await person.get("/api/v1/timelines/public")
    with costs(meter, statements=0, round_trips=0):
        await resources.exposures.flush()


async def arrived(resources: Resources) -> None:
    """What this process loads of itself, as soon as it hears of a new post, is here."""
    while resources.shelf.arrivals:
        await asyncio.sleep(0.001)


async def test_home_timeline_that_changed(
    reader: Person, people: list[Person], world: World, resources: Resources, meter: Meter
) -> None:
    await reader.home()
    await people[1].says("新的")
    await arrived(resources)
    with costs(meter, statements=0, round_trips=0):
        page = await reader.home()
    assert len(page) == 14
    # Once for all posts that were sent into the feed together.
    await world.settle()
    with costs(meter, statements=0, round_trips=1):
        assert await reader.home() == page


async def test_home_timeline_after_one_s_own_post(
    reader: Person, world: World, resources: Resources, meter: Meter
) -> None:
    await reader.home()
    await reader.says("新的")
    await arrived(resources)
    # The reader's standing, with what they did with the posts they had before.
    with costs(meter, statements=1, round_trips=0):
        page = await reader.home()
    assert len(page) == 14
    await world.settle()
    with costs(meter, statements=0, round_trips=1):
        assert await reader.home() == page


async def test_home_timeline_for_the_second_reader(
    reader: Person, people: list[Person], world: World, meter: Meter
) -> None:
    _, a, b, _ = people
    await a.follows(b)
    await world.settle()
    await a.home()
    await reader.home()
    await b.says("新的")
    await world.settle()
    await reader.home()
    with costs(meter, statements=0, round_trips=1):
        await a.home()


async def pull(author: Person, others: Sequence[Person], world: World, resources: Resources) -> None:
    """Have others follow someone, who is pulled from now on."""
    for other in others:
        await other.follows(author)
    await author.says("很多人关注")
    await world.settle()
    await pass_time(world, resources)


class TestPulledAuthors:
    """Whoever a reader follows: what is warm asks for nothing."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Whom three follow is followed by very many."""
        return settings.model_copy(update={"pull_followers": 3})

    async def test_home_timelines(
        self, reader: Person, people: list[Person], world: World, resources: Resources, meter: Meter
    ) -> None:
        _, pulled, pushed, other = people
        await pull(pulled, (pushed, other), world, resources)
        for person in (reader, other, reader, other):
            await person.home()
        with costs(meter, statements=0, round_trips=0):
            await reader.home()

        new = await pulled.says("拉")
        await world.settle()
        await arrived(resources)
        with costs(meter, statements=0, round_trips=0):
            assert (await reader.home())[0]["id"] == new["id"]
        with costs(meter, statements=0, round_trips=0):
            assert (await other.home())[0]["id"] == new["id"]

        await pushed.says("推")
        await world.settle()
        with costs(meter, statements=0, round_trips=1):
            await reader.home()
        # Another follower is no other post.
        await (await world.person("another")).follows(pulled)
        with costs(meter, statements=1, round_trips=0):
            await reader.home()

    async def test_a_page_without_their_posts(
        self, reader: Person, people: list[Person], world: World, resources: Resources, meter: Meter
    ) -> None:
        """It depends on them all the same, also when it was made in passing of what was there."""
        _, pulled, pushed, other = people
        await pull(pulled, (pushed, other), world, resources)
        await other.follows(pushed)
        # Built, remembered, loaded by the one; made at hand for the other.
        for _ in range(3):
            await pushed.says("推")
            await world.settle()
            for person in (other, reader):
                meter.reset()
                await person.home(limit=1)
        assert meter.cost == (0, 1)
        last = await pulled.says("拉")
        await world.settle()
        assert (await reader.home(limit=1))[0]["id"] == last["id"]


async def test_a_page_whose_counters_changed(reader: Person, people: list[Person], meter: Meter) -> None:
    (latest, *_) = await reader.home()
    await people[3].post(f"/api/v1/statuses/{latest['id']}/favourite")
    with costs(meter, statements=1, round_trips=0):
        await reader.home()


async def test_home_timeline_costs_the_same_for_more_posts(reader: Person, meter: Meter) -> None:
    await reader.home()
    meter.reset()
    await reader.home(limit=11)  # down to the quote of the job
    few = meter.cost
    meter.reset()
    await reader.home(limit=13)
    assert meter.cost == few


async def test_home_timeline_that_must_be_rebuilt(reader: Person, resources: Resources, meter: Meter) -> None:
    await reader.home()
    await resources.feeds.flush()  # type: ignore[attr-defined]
    # The feed's ids alone; read, open, fill, read again.
    with costs(meter, statements=1, round_trips=4):
        await reader.home()


async def test_calm_home_timeline(reader: Person, meter: Meter) -> None:
    await reader.home(order="calm")
    with costs(meter, statements=0, round_trips=0):
        page = await reader.home(order="calm")
    assert len(page) == 9  # of thirteen: a and b say more than a page holds of one author


async def test_calm_home_timeline_that_changed(
    reader: Person, people: list[Person], world: World, meter: Meter
) -> None:
    await reader.home(order="calm")
    new = await people[1].says("新的")
    await world.settle()
    # What the page's posts may repeat is known here.
    with costs(meter, statements=0, round_trips=1):
        page = await reader.home(order="calm")
    assert page[0]["id"] == new["id"]
    repost = await people[2].reposts(new)
    await world.settle()
    # With it came the new counter of what it carries, as in any order.
    with costs(meter, statements=0, round_trips=1):
        page = await reader.home(order="calm")
    assert page[0]["id"] == repost["id"]


async def test_public_timeline(reader: Person, world: World, meter: Meter) -> None:
    with costs(meter, statements=3, round_trips=0):
        await world.client.get("/api/v1/timelines/public")


async def test_one_status(reader: Person, meter: Meter) -> None:
    (status, *_) = await reader.home(limit=1)
    await reader.get(f"/api/v1/statuses/{status['id']}")
    with costs(meter, statements=0, round_trips=0):
        await reader.get(f"/api/v1/statuses/{status['id']}")


async def test_a_page_with_files_and_polls(reader: Person, meter: Meter) -> None:
    files = [await picture_of(reader) for _ in range(3)]
    for id in files:
        await reader.says("图", media_ids=[id])
    for _ in range(3):
        await reader.says("问", poll=POLL)
    # Whose page it is; its ids; posts; the reader's standing; all polls; all files.
    with costs(meter, statements=6, round_trips=0):
        page = await reader.get(f"/api/v1/accounts/{reader.id}/statuses")
    assert sum(len(status["media_attachments"]) for status in page) == 3


async def test_one_quote_with_its_chain(reader: Person, meter: Meter) -> None:
    quote = next(status for status in await reader.home() if status["weizhi"]["kind"] == "quote")
    # Its job besides; then the steps, what they say with the quote's job, and the reader's standing to them.
    with costs(meter, statements=7, round_trips=0):
        shown = await reader.get(f"/api/v1/statuses/{quote['id']}")
    assert "//@recruiter:" in shown["weizhi"]["chain_text"]


async def test_publish(reader: Person, meter: Meter) -> None:
    # The author; the post with all that is written with it, in one. No BEGIN, no COMMIT: one statement is a
    # transaction. Caches are told before and after.
    with costs(meter, statements=2, round_trips=2):
        await reader.says("你好")
    # Who posted here before is known, and the statement finds that it still is so.
    with costs(meter, statements=1, round_trips=2):
        await reader.says("还是我")


async def test_publish_many_at_once(reader: Person, people: list[Person], meter: Meter) -> None:
    posts = [people[number % 4].says(f"第 {number} 条 #微职#") for number in range(16)]
    meter.reset()
    await asyncio.gather(*posts)
    # The first is written alone; those that came meanwhile share what they cost.
    statements, round_trips = meter.cost
    assert (statements <= 8, round_trips <= 8) == (True, True), meter.cost


async def test_publish_with_everything_words_can_hold(reader: Person, meter: Meter) -> None:
    # Whom it mentions besides. The key is claimed with the post.
    with costs(meter, statements=3, round_trips=2):
        await reader.post(
            "/api/v1/statuses",
            {"status": "@a 你好 #微职# #招聘#", "visibility": "unlisted", "spoiler_text": "长", "language": "zh"},
            **{"Idempotency-Key": "once"},
        )


async def test_repost(reader: Person, meter: Meter) -> None:
    (status, *_) = await reader.home(limit=1)
    meter.reset()
    await reader.reposts(status)
    statements, round_trips = meter.cost
    assert (statements <= 16, round_trips) == (True, 2), "\n\n".join(meter.statements)


async def test_a_recruiters_list_of_applications(world: World, meter: Meter) -> None:
    recruiter, a, b, c = await world.people("recruiter", "a", "b", "c")
    job = await recruiter.publishes_job()
    by_a = await a.reposts({"id": job["status_id"]})
    by_b = await b.reposts({"id": by_a["id"]})
    for person, via in ((a, job["status_id"]), (b, by_a["id"]), (c, by_b["id"])):
        await person.post(f"/api/weizhi/v1/jobs/{job['id']}/applications", {"via": via})
    # The job; organisation and seat; applications; that they were looked at, which applicants see; the stages they
    # went through; applicants; paths, their people, follows.
    with costs(meter, statements=10, round_trips=0):
        found = await recruiter.get("/api/weizhi/v1/applications", job_id=job["id"])
    assert [len(application["path"]) for application in found] == [3, 2, 1]
