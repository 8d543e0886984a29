"""What happens when an engine does not answer, and what only one engine can do."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.search.errors import EngineRefused, SearchUnavailable
from app.search.fallback_index import FallbackIndex
from app.search.index import JobQuery, PostDocument, PostQuery
from app.search.meili_index import MeiliIndex
from app.search.meili_query import words
from app.search.pg_index import PgIndex
from tests.search.fake_meilisearch import FakeMeilisearch, Refused, serving

pytestmark = pytest.mark.anyio

QUERY, JOBS = PostQuery("后端", 20), JobQuery("", 20, date(2026, 11, 23))


def post(id: int, words: str = "后端") -> PostDocument:
    return PostDocument(id, 1, "post", "public", words, (), None)


class TestPostgres:
    async def test_a_search_that_takes_too_long_is_unavailable(self, db: Database) -> None:
        index = PgIndex(db, timeout_seconds=0.1)
        async with db.transaction() as session:
            await session.execute(text("LOCK TABLE search_posts, search_jobs IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(SearchUnavailable):
                await index.search_posts(QUERY)
            with pytest.raises(SearchUnavailable):
                await index.search_jobs(JobQuery("后端", 20, date(2026, 11, 23)))
        assert (await index.search_posts(QUERY)).ids == []

    async def test_either_of_two_words(self, db: Database) -> None:
        index = PgIndex(db)
        await index.put_posts([post(1, "招后端"), post(2, "招前端"), post(3, "后端与前端"), post(4, "招测试")])
        assert [*(await index.search_posts(PostQuery("后端 or 前端", 20))).ids] == [3, 2, 1]
        assert [*(await index.search_posts(PostQuery("招 后端 OR 前端", 20))).ids] == [2, 1]

    async def test_what_is_not_among_the_newest_is_found_all_the_same(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.search.pg_queries._AT_HAND", 3)
        index = PgIndex(db)
        await index.put_posts([post(id, "招后端" if id in (1, 2, 4, 9) else "招前端") for id in range(1, 11)])

        async def found(limit: int, **fields: int | bool) -> list[int]:
            return [*(await index.search_posts(PostQuery("后端", limit, **fields))).ids]

        assert await found(1) == [9]
        assert await found(3) == [9, 4, 2]
        assert await found(2, before=9) == [4, 2]
        assert await found(2, after=2, ascending=True) == [9, 4]
        assert await found(2, offset=2) == [2, 1]


class TestMeilisearch:
    @pytest.mark.parametrize(
        "refusal",
        [
            Refused(503, "too_many_search_requests", "system"),
            Refused(422, "no_space_left_on_device", "system"),
            Refused(500, "internal", "internal"),
            Refused(403, "invalid_api_key", "auth"),
            Refused(404, "index_not_found"),
        ],
        ids=lambda refusal: refusal.body["code"],
    )
    async def test_a_server_that_cannot_answer_is_unavailable(self, refusal: Refused) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            fake.refuse_next = [refusal, refusal]
            with pytest.raises(SearchUnavailable):
                await index.search_posts(QUERY)
            with pytest.raises(SearchUnavailable):
                await index.put_posts([post(1)])
            await index.put_posts([post(1)])
            assert [*(await index.search_posts(QUERY)).ids] == [1]
            await index.close()

    async def test_a_server_that_is_gone_is_unavailable(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            address = fake.url
        index = MeiliIndex(address, None, "weizhi_")
        with pytest.raises(SearchUnavailable):
            await index.search_posts(QUERY)
        with pytest.raises(SearchUnavailable):
            await index.prepare()
        await index.close()

    async def test_a_search_that_was_cut_off_is_told(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            for milliseconds, cut_off in ((499, False), (500, True)):
                for kept in fake.indexes.values():
                    kept.processing_ms = milliseconds
                assert (await index.search_posts(QUERY)).degraded is cut_off
                assert (await index.search_jobs(JOBS)).degraded is cut_off
            await index.close()

    async def test_our_own_mistake_is_not_hidden(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            fake.refuse_next = [Refused(400, "invalid_search_filter")]
            with pytest.raises(EngineRefused):
                await index.search_posts(QUERY)
            await index.close()

    async def test_a_failed_task_is_told(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            fake.fail_next = [Refused(400, "invalid_document_id")]
            with pytest.raises(EngineRefused, match="invalid_document_id"):
                await index.put_posts([post(1)])
            fake.fail_next = [Refused(422, "no_space_left_on_device", "system")]
            with pytest.raises(SearchUnavailable):
                await index.delete_posts([1])
            await index.close()

    @pytest.mark.parametrize(
        ("text", "rewritten"),
        [
            ("小红书 招聘", '"小红书" "招聘"'),
            ("Python后端", 'python "后端"'),
            ("-外包公司 后端", '"后端" -"外包公司"'),
            ("C++ .NET", '"c++" ".net"'),
            ("師", "师"),
            ('"红黑树', '"红黑树"'),
            ("###", ""),
            (" ".join("abcdefghijklmn") + " -z", "a b c d e f g h i j"),
        ],
    )
    def test_questions_are_put_in_its_words(self, text: str, rewritten: str) -> None:
        assert words(text) == rewritten


class TestFallback:
    @pytest.fixture
    def fake(self) -> Iterator[FakeMeilisearch]:
        with serving(FakeMeilisearch()) as fake:
            yield fake

    @pytest.fixture
    async def index(self, db: Database, fake: FakeMeilisearch) -> AsyncIterator[FallbackIndex]:
        """Both hold one post. A failed primary is not probed unless a test asks for it."""
        primary, standby = MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db)
        await primary.prepare()
        for engine in (primary, standby):
            await engine.put_posts([post(1)])
        index = FallbackIndex(primary, standby, patience_seconds=0.5, probe_seconds=3600)
        yield index
        await index.close()

    @pytest.mark.parametrize(
        "refusal",
        [
            Refused(503, "too_many_search_requests", "system"),
            Refused(404, "index_not_found"),
            # An index of another version.
            Refused(400, "invalid_search_filter"),
        ],
        ids=lambda refusal: refusal.body["code"],
    )
    async def test_the_standby_answers_while_the_primary_does_not(
        self, index: FallbackIndex, fake: FakeMeilisearch, refusal: Refused
    ) -> None:
        assert not (await index.search_posts(QUERY)).degraded
        fake.refuse_next = [refusal]
        for _ in range(2):
            hits = await index.search_posts(QUERY)
            assert ([*hits.ids], hits.degraded) == ([1], True)
        searches = [path for path, _ in fake.requests if path.endswith("/search")]
        # The second search left the primary alone.
        assert len(searches) == 2

    async def test_nobody_waits_long_for_a_primary_that_is_slow(
        self, index: FallbackIndex, fake: FakeMeilisearch
    ) -> None:
        fake.slow_seconds = 1.5
        started = time.monotonic()
        hits = [await index.search_posts(QUERY) for _ in range(3)]
        assert time.monotonic() - started < 1
        assert all(hit.degraded and [*hit.ids] == [1] for hit in hits)

    async def test_the_primary_answers_again_by_itself(self, db: Database, fake: FakeMeilisearch) -> None:
        primary, standby = MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db)
        await primary.prepare()
        index = FallbackIndex(primary, standby, probe_seconds=0)
        fake.down = True
        assert (await index.search_jobs(JOBS)).degraded
        assert (await index.search_jobs(JOBS)).degraded
        fake.down = False
        async with asyncio.timeout(10):
            while (await index.search_jobs(JOBS)).degraded:
                pass
        await index.close()

    async def test_a_ping_tells_of_a_failure_and_of_its_end(self, index: FallbackIndex, fake: FakeMeilisearch) -> None:
        await index.ping()
        lost, fake.indexes = fake.indexes, {}
        with pytest.raises(SearchUnavailable):
            await index.ping()
        assert (await index.search_posts(QUERY)).degraded
        fake.indexes = lost
        await index.ping()
        assert not (await index.search_posts(QUERY)).degraded

    async def test_what_is_written_goes_into_the_standby(self, index: FallbackIndex, fake: FakeMeilisearch) -> None:
        fake.down = True
        await index.put_posts([post(2)])
        await index.delete_posts([1])
        assert [*(await index.search_posts(QUERY)).ids] == [2]

    async def test_alternatives_are_answered_where_they_are_understood(self, index: FallbackIndex) -> None:
        hits = await index.search_posts(PostQuery("后端 or 前端", 20))
        assert ([*hits.ids], hits.degraded) == ([1], False)
