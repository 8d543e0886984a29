"""Sources that are polled, from a real web server, through HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.inbound import handlers, polls
from app.inbound.rules import judge_vanished, next_poll
from app.settings import Settings
from tests.inbound import samples
from tests.inbound.feed_server import FeedServer
from tests.inbound.signing import SOURCES, receipts_of, source_of, verified
from tests.inbound.test_killed import due
from tests.people import Person, World

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outbound_allow_networks": "127.0.0.0/8"})


class Board:
    """A Lever board that a test changes, and the source that polls it."""

    def __init__(self, world: World, resources: Resources, recruiter: Person, server: FeedServer) -> None:
        self.world, self.resources, self.recruiter, self.server = world, resources, recruiter, server
        self.titles: dict[str, str] = {}
        self.head: dict[str, str] = {}
        self.status = 200
        self.cut = False
        self.source: dict[str, Any] = {}
        server.answers["/board"] = self.answer

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        jobs = [{**samples.LEVER[0], "id": id, "text": title} for id, title in self.titles.items()]
        body = json.dumps(jobs).encode()
        if self.cut:
            return 200, {"Content-Length": str(len(body) + 10)}, body
        asked = self.server.asked[-1][1]
        if self.head.get("ETag") and asked.get("if-none-match") == self.head["ETag"]:
            return 304, self.head, b""
        return self.status, self.head, body

    async def open(self, *ids: str, **fields: Any) -> None:
        """Make the source, and let it be polled for the first time."""
        self.titles = {id: f"职位{id}" for id in ids}
        made = await source_of(self.recruiter, "lever", url=f"{self.server.url}/board", **fields)
        self.source = await verified(self.resources, made)
        await self.world.settle()

    async def poll(self) -> dict[str, Any]:
        """Let the time come; the receipt."""
        await due(self.resources, self.source)
        await self.world.settle()
        newest = (await receipts_of(self.recruiter, self.source))[0]
        whole: dict[str, Any] = await self.recruiter.get(
            f"{SOURCES}/{self.source['id']}/receipts/{newest['receipt_id']}"
        )
        return whole

    async def states(self) -> dict[str, str]:
        """The state of each job that came from the board and still has its id."""
        async with self.resources.db.reading() as session:
            rows = await session.execute(text("SELECT external_id, state FROM jobs WHERE external_id IS NOT NULL"))
        return {row[0]: row[1] for row in rows}

    async def now(self) -> dict[str, Any]:
        """The source as it is."""
        found: dict[str, Any] = await self.recruiter.get(f"{SOURCES}/{self.source['id']}")
        return found


@pytest.fixture
async def board(world: World, resources: Resources) -> AsyncIterator[Board]:
    async with FeedServer({}) as server:
        yield Board(world, resources, await world.person("recruiter"), server)


class TestPoll:
    async def test_brings_jobs_in_updates_them_and_closes_what_vanished(self, board: Board) -> None:
        await board.open("a", "b", "c")
        (first,) = await receipts_of(board.recruiter, board.source)
        assert (first["status"], await board.states()) == ("polled", {"a": "open", "b": "open", "c": "open"})
        assert (board.source["secret"], board.source["polling"]["interval_minutes"]) == (None, 60)
        board.titles = {"a": "改了", "b": "职位b"}
        receipt = await board.poll()
        assert (receipt["status"], receipt["summary"]["updated"], receipt["summary"]["closed"]) == ("polled", 1, 1)
        assert receipt["summary"]["unchanged"] == 1
        assert await board.states() == {"a": "open", "b": "open", "c": "closed"}
        shown = await board.recruiter.get("/api/v1/timelines/public")
        assert sorted(status["weizhi"]["job"]["title"] for status in shown) == ["改了", "职位b", "职位c"]

        # What comes back after its end is a new job.
        board.titles["c"] = "职位c"
        assert (await board.poll())["summary"]["created"] == 1
        assert await board.states() == {"a": "open", "b": "open", "c": "open"}
        assert len(await board.recruiter.get("/api/v1/timelines/public")) == 4

    async def test_asks_only_whether_it_changed(self, board: Board) -> None:
        board.head = {"ETag": '"1"', "Last-Modified": "Wed, 25 Nov 2026 08:00:00 GMT"}
        await board.open("a")
        receipt = await board.poll()
        asked = board.server.asked[-1][1]
        assert (asked["if-none-match"], asked["if-modified-since"]) == ('"1"', board.head["Last-Modified"])
        assert (receipt["status"], receipt["summary"]["not_modified"]) == ("unchanged", True)
        assert await board.states() == {"a": "open"}

    async def test_closes_nothing_when_the_fetch_failed_or_broke_off(self, board: Board) -> None:
        await board.open("a", "b", "c", "d")
        board.titles = {"a": "职位a", "b": "职位b", "c": "职位c"}
        board.status = 500
        failed = await board.poll()
        assert (failed["status"], failed["code"]) == ("rejected", "fetch_failed")
        board.status, board.cut = 200, True
        broken = await board.poll()
        assert (broken["status"], broken["code"]) == ("rejected", "fetch_failed")
        source = await board.now()
        assert (source["polling"]["failures"], source["last_error"]) == (2, broken["error"])
        assert set((await board.states()).values()) == {"open"}
        board.cut = False
        await board.poll()
        assert (await board.states())["d"] == "closed"
        assert (await board.now())["polling"]["failures"] == 0

    async def test_leaves_a_source_alone_for_as_long_as_it_asks(self, board: Board) -> None:
        await board.open("a")
        board.status, board.head = 429, {"Retry-After": "36000"}
        assert (await board.poll())["code"] == "fetch_failed"
        again = datetime.fromisoformat((await board.now())["polling"]["next_poll_at"])
        assert again > datetime.now(UTC) + timedelta(hours=9, minutes=59)

    async def test_is_led_nowhere_but_to_the_public_internet(self, board: Board) -> None:
        await board.open("a")
        board.status = 302
        # This machine is let in for the test; its neighbours, and what else the first address may name, are not.
        port = board.server.url.rpartition(":")[2]
        for place in (
            "http://10.0.0.1/x",
            f"http://[::1]:{port}/x",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc",
        ):
            board.head = {"Location": place}
            receipt = await board.poll()
            assert (receipt["status"], receipt["code"]) in (("rejected", "fetch_failed"), ("rejected", "fetch_refused"))
            assert receipt["summary"] == {}
        assert await board.states() == {"a": "open"}

    async def test_holds_when_most_vanish_and_tells_until_somebody_looks(self, board: Board) -> None:
        await board.open("a", "b", "c", "d")
        board.titles = {"a": "职位a"}
        for _ in range(2):
            held = await board.poll()
            assert (held["status"], "3 of 4 jobs vanished" in held["summary"]["held"]) == ("held", True)
        source = await board.now()
        assert source["polling"]["held"]["reason"] == held["summary"]["held"] == source["last_error"]
        assert set((await board.states()).values()) == {"open"}
        async with board.resources.db.reading() as session:
            told = await session.scalar(text("SELECT count(*) FROM audit_log WHERE action = 'source.held'"))
        assert told == 1
        mails = [await board.resources.mailer.find(name) for name in await board.resources.mailer.list_names()]
        assert len([mail for mail in mails if mail and "needs a look" in mail]) == 1

        path = f"{SOURCES}/{board.source['id']}/poll"
        assert (await board.recruiter.post(path, {"accept_vanished": True}, expect=202))["polling"]["held"]
        await board.poll()
        assert await board.states() == {"a": "open", "b": "closed", "c": "closed", "d": "closed"}
        assert (await board.now())["polling"]["held"] is None

    async def test_holds_when_the_feed_is_empty_and_lets_go_when_it_is_back(self, board: Board) -> None:
        await board.open("a")
        titles, board.titles = board.titles, {}
        assert (await board.poll())["status"] == "held"
        board.titles = titles
        assert (await board.poll())["status"] == "unchanged"
        assert (await board.now())["polling"]["held"] is None
        assert await board.states() == {"a": "open"}

    async def test_tells_of_what_it_could_not_read_and_tries_it_again(self, board: Board) -> None:
        board.head = {"ETag": '"1"'}
        await board.open("a")
        board.head = {"ETag": '"2"'}
        board.titles["b"] = "x" * 121
        receipt = await board.poll()
        (problem,) = receipt["summary"]["problems"]
        assert (problem["external_id"], list(problem["details"])) == ("b", ["text"])
        board.titles["b"] = "短的"
        await board.poll()
        assert await board.states() == {"a": "open", "b": "open"}

    async def test_follows_a_change_of_the_mapping_at_once(self, board: Board) -> None:
        await board.open("a")
        mapping = {"employment_types": {"full time": "PART_TIME"}}
        path = f"{SOURCES}/{board.source['id']}"
        await board.recruiter.request("PATCH", path, json={"mapping": mapping, "interval_minutes": 30}, expect=200)
        receipt = await board.poll()
        assert receipt["summary"]["updated"] == 1
        assert (await board.now())["polling"]["interval_minutes"] == 30

    async def test_keeps_jobs_valid_while_they_are_listed(self, board: Board) -> None:
        await board.open("a", "b")
        async with board.resources.db.transaction() as session:
            await session.execute(text("UPDATE jobs SET valid_through = now()::date + 2"))
        receipt = await board.poll()
        assert receipt["summary"]["renewed"] == 2
        async with board.resources.db.reading() as session:
            assert await session.scalar(text("SELECT min(valid_through) > now()::date + 80 FROM jobs"))

    async def test_polls_no_more_what_is_off_or_deleted(self, board: Board) -> None:
        await board.open("a")
        path = f"{SOURCES}/{board.source['id']}"
        await board.recruiter.request("PATCH", path, json={"enabled": False}, expect=200)
        asked = len(board.server.asked)
        await due(board.resources, board.source)
        await board.world.settle()
        await board.recruiter.request("DELETE", path, expect=200)
        await board.world.settle()
        assert len(board.server.asked) == asked

    async def test_waits_for_its_time_and_revives_what_died(self, board: Board) -> None:
        await board.open("a")
        await board.world.settle()
        assert len(board.server.asked) == 1
        async with board.resources.db.transaction() as session:
            await session.execute(text("DELETE FROM tasks"))
            await session.execute(text("UPDATE inbound_sources SET next_poll_at = now() - interval '1 hour'"))
            await polls.revive(session, now=datetime.now(UTC))
        await board.world.settle()
        assert len(board.server.asked) == 2

    async def test_waits_while_the_worker_waits_for_others(self, board: Board) -> None:
        await board.open("a")
        async with handlers._POLLING, handlers._POLLING:
            await due(board.resources, board.source)
            await board.world.settle()
        assert len(board.server.asked) == 1
        await board.poll()
        assert len(board.server.asked) == 2

    async def test_follows_pages_links_and_redirects_of_its_own_host(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        async with FeedServer({}) as server:
            page = json.dumps(samples.SMARTRECRUITERS_PAGE).replace("{host}", server.url)
            second = page.replace("743999706414750", "2")
            posting = samples.SMARTRECRUITERS_POSTING
            server.answers = {
                "/moved": lambda: (302, {"Location": "/list"}, b""),
                "/list": lambda: (200, {}, page.encode()),
                "/list?offset=1": lambda: (200, {}, second.encode()),
                "/v1/companies/yunshan/postings/743999706414750": lambda: (200, {}, json.dumps(posting).encode()),
                "/v1/companies/yunshan/postings/2": lambda: (200, {}, json.dumps({**posting, "id": "2"}).encode()),
            }
            source = await source_of(recruiter, "smartrecruiters_board", url=f"{server.url}/moved")
            await world.settle()
        (receipt,) = await receipts_of(recruiter, source)
        assert receipt["status"] == "polled", receipt
        assert len(await recruiter.get("/api/v1/timelines/public")) == 2


class TestCreate:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"url": "http://10.0.0.1/x"},
            {"url": "https://169.254.169.254/x"},
            {"url": "https://yunshan.example/x", "secret": "x" * 20},
            {"url": "https://yunshan.example/x", "api_key": "x" * 20},
            {"url": "https://yunshan.example/x", "interval_minutes": 5},
        ],
    )
    async def test_refuses_what_does_not_fit(self, world: World, fields: dict[str, Any]) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        body = {"kind": "xml", "organization_id": organization["id"], **fields}
        await recruiter.post(SOURCES, body, expect=422)

    async def test_of_what_is_polled_has_no_secret_to_rotate_and_takes_no_messages(self, board: Board) -> None:
        await board.open("a")
        path = f"{SOURCES}/{board.source['id']}"
        assert (await board.recruiter.post(f"{path}/rotate", expect=409))["code"] == "not_pushed"
        pushed = await board.world.client.post(f"/api/weizhi/v1/inbound/lever/{board.source['id']}", content=b"{}")
        assert pushed.status_code == 422
        made = await source_of(board.recruiter, "ashby", await board.recruiter.organization("别家"))
        assert (await board.recruiter.post(f"{SOURCES}/{made['id']}/poll", expect=409))["code"] == "not_polled"


class TestRules:
    def test_judge_what_vanished(self) -> None:
        four = ["a", "b", "c", "d"]
        told = {"known": four, "listed": ["a", "b"], "complete": True, "accepted": False}
        assert judge_vanished(**told).gone == {"c", "d"}
        assert not judge_vanished(**{**told, "complete": False}).gone
        assert judge_vanished(**{**told, "listed": ["a"]}).held
        assert judge_vanished(**{**told, "listed": ["a"], "accepted": True}).gone == {"b", "c", "d"}
        assert judge_vanished(**{**told, "listed": []}).held
        assert judge_vanished(**{**told, "known": ["a", "b", "c"], "listed": ["a"]}).gone == {"b", "c"}
        assert judge_vanished(**{**told, "known": []}) == judge_vanished(**{**told, "listed": four})

    def test_wait_longer_after_failures_and_never_more_than_a_day(self) -> None:
        now = datetime(2026, 11, 26, tzinfo=UTC)
        waits = [next_poll(now=now, minutes=60, failures=n, jitter=0) - now for n in (0, 1, 3, 20)]
        assert waits == [timedelta(hours=hours) for hours in (1, 2, 8, 24)]
        assert next_poll(now=now, minutes=60, failures=0, jitter=1) - now == timedelta(minutes=66)
        waits = [next_poll(now=now, minutes=60, failures=1, jitter=0, asked=n) - now for n in (60, 36_000, 10**9)]
        assert waits == [timedelta(hours=hours) for hours in (2, 10, 24)]
