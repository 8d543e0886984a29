"""The engine besides PostgreSQL is told everything, once it can hear it: over HTTP, of a small Meilisearch."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.search import queue, writer
from app.search.errors import EngineRefused, SearchUnavailable
from app.search.handlers import index_posts
from app.search.index import JobQuery, PostQuery
from app.search.meili_mirror import MeiliMirror
from app.search.pg_index import PgIndex
from app.search.rebuild import RebuildFailed, build_mirror
from app.search.sending import send_waiting, writing
from tests.search.fake_meilisearch import FakeMeilisearch, Refused, serving
from tests.search.posts import a_job, a_person, a_post, change

pytestmark = pytest.mark.anyio

TARGET = "meilisearch"
POSTS, AUTHOR = "UPDATE posts SET", "WHERE id = (SELECT author_id FROM posts WHERE id = :id)"


@pytest.fixture
def fake() -> Iterator[FakeMeilisearch]:
    with serving(FakeMeilisearch()) as fake:
        yield fake


@pytest.fixture
async def mirror(fake: FakeMeilisearch, anyio_backend: object) -> AsyncIterator[MeiliMirror]:
    opened = MeiliMirror(fake.url, None, "weizhi_")
    yield opened
    await opened.close()


@pytest.fixture
async def built(db: Database, mirror: MeiliMirror) -> MeiliMirror:
    await build_mirror(db, mirror, lambda done, total: None)
    return mirror


async def index_again(db: Database, *post_ids: int) -> None:
    """What the worker does after an event."""
    async with db.transaction() as session:
        await index_posts(session, PgIndex(db), [{"post_id": id} for id in post_ids], targets=[TARGET])


async def send_all(db: Database, mirror: MeiliMirror) -> None:
    while await send_waiting(db, target=TARGET, indexes=[mirror]):
        pass


async def state(db: Database) -> tuple[int, int]:
    async with db.reading() as session:
        found = await queue.state_of(session, target=TARGET)
        return found.waiting, found.parked


async def found(mirror: MeiliMirror, words: str = "后端") -> list[int]:
    return [*(await mirror.search_posts(PostQuery(words, 1000))).ids]


async def found_jobs(mirror: MeiliMirror) -> list[int]:
    return [*(await mirror.search_jobs(JobQuery("", 50, date(2026, 11, 23)))).ids]


class TestSending:
    async def test_many_changes_of_one_post_are_one_row_and_one_document(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        post_id = await a_post(db, await a_person(db))
        for words in ("招前端", "招测试", "招后端"):
            await change(db, f"UPDATE posts SET text = '{words}' WHERE id = :id", post_id)
            await index_again(db, post_id)
        assert await state(db) == (1, 0)
        before = len(fake.tasks)
        assert await send_waiting(db, target=TARGET, indexes=[built]) == 1
        assert len(fake.tasks) == before + 1
        assert (await found(built), await state(db)) == ([post_id], (0, 0))

    @pytest.mark.parametrize(
        ("away", "back"),
        [
            ("UPDATE posts SET deleted_at = now() WHERE id = :id", "UPDATE posts SET deleted_at = NULL WHERE id = :id"),
            (
                "UPDATE posts SET visibility = 'direct' WHERE id = :id",
                "UPDATE posts SET visibility = 'public' WHERE id = :id",
            ),
            (
                f"UPDATE accounts SET suspended_at = now() {AUTHOR}",
                f"UPDATE accounts SET suspended_at = NULL {AUTHOR}",
            ),
        ],
    )
    async def test_what_may_not_be_found_leaves_and_comes_back(
        self, db: Database, built: MeiliMirror, away: str, back: str
    ) -> None:
        job_id, post_id = await a_job(db, await a_person(db))
        for statement, there in ((None, True), (away, False), (back, True)):
            if statement:
                await change(db, statement, post_id)
            await index_again(db, post_id)
            await send_all(db, built)
            assert await found(built) == [post_id] * there
            assert await found_jobs(built) == [job_id] * there

    async def test_a_change_while_it_is_sent_stays_in_the_queue(self, db: Database, built: MeiliMirror) -> None:
        post_id = await a_post(db, await a_person(db))
        await index_again(db, post_id)

        class Interrupted(MeiliMirror):
            async def put_posts(self, documents):  # type: ignore[no-untyped-def]
                await super().put_posts(documents)
                await change(db, "UPDATE posts SET text = '招前端' WHERE id = :id", post_id)
                await index_again(db, post_id)

        interrupted = Interrupted(str(built._client.http_client.base_url), None, "weizhi_")
        await send_waiting(db, target=TARGET, indexes=[interrupted])
        await interrupted.close()
        assert await state(db) == (1, 0)
        await send_all(db, built)
        assert (await found(built), await found(built, "前端")) == ([], [post_id])

    @pytest.mark.parametrize(
        "refusal",
        [
            Refused(503, "too_many_search_requests", "system"),
            Refused(422, "no_space_left_on_device", "system"),
            Refused(500, "internal", "internal"),
        ],
        ids=lambda refusal: str(refusal.status),
    )
    async def test_a_busy_or_full_engine_loses_nothing(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror, refusal: Refused
    ) -> None:
        post_id = await a_post(db, await a_person(db))
        await index_again(db, post_id)
        fake.refuse_next = [refusal]
        with pytest.raises(SearchUnavailable):
            await send_waiting(db, target=TARGET, indexes=[built])
        assert (await found(built), await state(db)) == ([], (1, 0))
        fake.fail_next = [Refused(422, "no_space_left_on_device", "system")]
        with pytest.raises(SearchUnavailable):
            await send_waiting(db, target=TARGET, indexes=[built])
        await send_all(db, built)
        assert (await found(built), await state(db)) == ([post_id], (0, 0))

    async def test_a_task_that_the_engine_forgot_is_sent_again(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        post_id = await a_post(db, await a_person(db))
        await index_again(db, post_id)
        fake.forget_next = True
        with pytest.raises(SearchUnavailable):
            await send_waiting(db, target=TARGET, indexes=[built])
        assert (await found(built), await state(db)) == ([], (1, 0))
        await send_all(db, built)
        assert (await found(built), await state(db)) == ([post_id], (0, 0))

    async def test_a_poisonous_post_is_parked_alone_and_visibly(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        person = await a_person(db)
        ids = [await a_post(db, person) for _ in range(20)]
        fake.poison = {str(ids[7])}
        await index_again(db, *ids)
        await send_all(db, built)
        assert await found(built) == [id for id in ids[::-1] if id != ids[7]]
        async with db.reading() as session:
            (parked,) = await queue.list_parked(session, target=TARGET, limit=10)
        assert parked.post_id == ids[7]
        assert "invalid_document_geo_field" in str(parked.error)
        # It rests until it changes, or until somebody asks.
        fake.poison = set()
        await send_all(db, built)
        assert await state(db) == (0, 1)
        async with db.transaction() as session:
            assert await queue.retry_parked(session, target=TARGET) == 1
        await send_all(db, built)
        assert (await found(built), await state(db)) == (ids[::-1], (0, 0))

    async def test_a_parked_post_that_changes_is_tried_again(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        post_id = await a_post(db, await a_person(db))
        fake.poison = {str(post_id)}
        await index_again(db, post_id)
        await send_all(db, built)
        assert await state(db) == (0, 1)
        fake.poison = set()
        await index_again(db, post_id)
        await send_all(db, built)
        assert (await found(built), await state(db)) == ([post_id], (0, 0))


class TestBuilding:
    async def test_nothing_is_searched_until_all_is_there(
        self, db: Database, fake: FakeMeilisearch, mirror: MeiliMirror
    ) -> None:
        person = await a_person(db)
        ids = [await a_post(db, person) for _ in range(3)]
        job_id, post_id = await a_job(db, person)
        assert await mirror.state() == "missing"
        steps: list[tuple[int, int]] = []
        await build_mirror(db, mirror, lambda done, total: steps.append((done, total)))
        assert (await found(mirror), await found_jobs(mirror)) == ([post_id, *ids[::-1]], [job_id])
        assert steps == [(4, 4)]
        assert await mirror.state() == "ready"
        assert sorted(fake.indexes) == ["weizhi_jobs", "weizhi_meta", "weizhi_posts"]

    async def test_searches_and_changes_go_on_meanwhile(
        self, db: Database, built: MeiliMirror, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between two parts of the copy a post is published, one edited, and one deleted that was copied before."""
        monkeypatch.setattr("app.search.rebuild._AT_ONCE", 2)
        person = await a_person(db)
        ids = [await a_post(db, person) for _ in range(6)]
        await index_again(db, *ids)
        await send_all(db, built)
        seen: list[list[int]] = []
        published: list[int] = []

        async def meanwhile() -> None:
            seen.append(await found(built))
            await change(db, "UPDATE posts SET deleted_at = now() WHERE id = :id", ids[0])
            await change(db, "UPDATE posts SET text = '招前端' WHERE id = :id", ids[1])
            published.append(await a_post(db, person))
            await index_again(db, *ids[:2], *published)

        class Watched(MeiliMirror):
            async def open_next(self):  # type: ignore[no-untyped-def]
                following = await super().open_next()
                put = following.put_posts

                async def put_posts(documents):  # type: ignore[no-untyped-def]
                    await put(documents)
                    if not published:
                        await meanwhile()
                        assert len(await found(built)) == 6

                following.put_posts = put_posts
                return following

        watched = Watched(str(built._client.http_client.base_url), None, "weizhi_")
        await build_mirror(db, watched, lambda done, total: None)
        await watched.close()
        assert seen == [ids[::-1]]
        assert await found(built) == [*published, *ids[:1:-1]]
        assert await found(built, "前端") == [ids[1]]
        assert await state(db) == (0, 0)

    async def test_an_attempt_that_broke_off_leaves_the_old_index_and_no_trace_in_the_new(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        person = await a_person(db)
        first = await a_post(db, person)
        await index_again(db, first)
        await send_all(db, built)
        fake.fail_next = [Refused(500, "internal", "internal")] * 1
        with pytest.raises(SearchUnavailable):
            await build_mirror(db, built, lambda done, total: None)
        assert await found(built) == [first]
        await change(db, "UPDATE posts SET deleted_at = now() WHERE id = :id", first)
        second = await a_post(db, person)
        await build_mirror(db, built, lambda done, total: None)
        assert await found(built) == [second]

    async def test_an_index_that_lacks_posts_is_not_taken(
        self, db: Database, fake: FakeMeilisearch, built: MeiliMirror
    ) -> None:
        person = await a_person(db)
        async with db.transaction() as session:
            await session.execute(
                text("INSERT INTO posts (author_id, text) SELECT :person, '后端' FROM generate_series(1, 30)"),
                {"person": person},
            )

        class Forgetful(MeiliMirror):
            async def open_next(self):  # type: ignore[no-untyped-def]
                following = await super().open_next()
                put = following.put_posts
                following.put_posts = lambda documents: put(documents[:5])
                return following

        forgetful = Forgetful(fake.url, None, "weizhi_")
        with pytest.raises(RebuildFailed):
            await build_mirror(db, forgetful, lambda done, total: None)
        await forgetful.close()
        assert await found(built) == []

    async def test_a_refused_post_does_not_hold_the_others_up(
        self, db: Database, fake: FakeMeilisearch, mirror: MeiliMirror
    ) -> None:
        person = await a_person(db)
        ids = [await a_post(db, person) for _ in range(5)]
        fake.poison = {str(ids[2])}
        await build_mirror(db, mirror, lambda done, total: None)
        assert (len(await found(mirror)), await state(db)) == (4, (0, 1))

    async def test_another_version_of_documents_makes_it_outdated(
        self, mirror: MeiliMirror, built: MeiliMirror, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert await built.state() == "ready"
        monkeypatch.setattr("app.search.meili_mirror._FORMAT", 0)
        assert await built.state() == "outdated"


class TestKeeping:
    async def test_builds_follows_and_recovers_by_itself(
        self, db: Database, fake: FakeMeilisearch, mirror: MeiliMirror, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The engine is away at first, then empty, then loses everything: each time the writer puts it right."""
        monkeypatch.setattr(writer, "_PAUSES", (0.01,))
        monkeypatch.setattr(writer, "_LOOK_SECONDS", 0.05)
        monkeypatch.setattr(writer, "_IDLE_SECONDS", 0.01)
        person = await a_person(db)
        first = await a_post(db, person)
        fake.down = True
        keeping = asyncio.create_task(writer.keep(db, mirror))
        try:
            await asyncio.sleep(0)
            fake.down = False
            await until(mirror, [first])
            second = await a_post(db, person)
            await index_again(db, second)
            await until(mirror, [second, first])
            fake.wipe()
            await until(mirror, [second, first])
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def test_stops_when_it_is_told_in_the_middle_of_a_statement(
        self, db: Database, built: MeiliMirror, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.search.sending._WANTED", text("SELECT pg_sleep(20) IS NULL"))
        keeping = asyncio.create_task(writer.keep(db, built))
        asleep = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        async with asyncio.timeout(10), db.reading() as session:
            while not await session.scalar(asleep):
                pass
        keeping.cancel()
        await asyncio.wait([keeping], timeout=5)
        assert keeping.cancelled()

    async def test_there_is_one_writer_and_it_steps_aside_for_who_waits(self, db: Database) -> None:
        async with writing(db, target=TARGET, wait=False) as alone:
            assert alone
            assert not await alone.is_wanted()
            async with writing(db, target=TARGET, wait=False) as other:
                assert other is None
            async with writing(db, target="another", wait=False) as other:
                assert other
            waiting = asyncio.create_task(hold(db))
            async with asyncio.timeout(10):
                while not await alone.is_wanted():
                    pass
            assert not waiting.done()
        async with asyncio.timeout(10):
            await waiting
        async with writing(db, target=TARGET, wait=False) as again:
            assert again


async def hold(db: Database) -> None:
    async with writing(db, target=TARGET, wait=True) as alone:
        assert alone


async def until(mirror: MeiliMirror, ids: list[int]) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                if await found(mirror) == ids:
                    return
            except (SearchUnavailable, EngineRefused):
                pass
            await asyncio.sleep(0.005)
