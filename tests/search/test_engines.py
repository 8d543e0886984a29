"""What happens when an engine does not answer, and what only one engine can do."""

from datetime import date

import pytest
from meilisearch_python_sdk.errors import MeilisearchApiError
from sqlalchemy import text

from app.kit.db import Database
from app.search.errors import SearchUnavailable
from app.search.fallback_index import FallbackIndex
from app.search.index import JobQuery, PostDocument, PostQuery
from app.search.meili_index import MeiliIndex, TaskFailed
from app.search.meili_query import words
from app.search.pg_index import PgIndex
from tests.search.fake_meilisearch import FakeMeilisearch, Refused, serving

pytestmark = pytest.mark.anyio

QUERY = PostQuery("后端", 20)


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

    async def test_our_own_mistake_is_not_hidden(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            fake.refuse_next = [Refused(400, "invalid_search_filter")]
            with pytest.raises(MeilisearchApiError):
                await index.search_posts(QUERY)
            await index.close()

    async def test_a_failed_task_is_told(self) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = MeiliIndex(fake.url, None, "weizhi_")
            await index.prepare()
            fake.fail_next = [Refused(400, "invalid_document_id")]
            with pytest.raises(TaskFailed, match="invalid_document_id"):
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
    async def test_the_standby_answers_while_the_primary_does_not(self, db: Database) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = FallbackIndex(MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db), pause_seconds=3600)
            await index.prepare()
            await index.put_posts([post(1)])
            assert not (await index.search_posts(QUERY)).degraded
            fake.refuse_next = [Refused(503, "too_many_search_requests", "system")]
            for _ in range(2):
                hits = await index.search_posts(QUERY)
                assert ([*hits.ids], hits.degraded) == ([1], True)
            searches = [path for path, _ in fake.requests if path.endswith("/search")]
            # The second search left the primary alone.
            assert len(searches) == 2
            await index.close()

    async def test_the_primary_is_asked_again_after_a_while(self, db: Database) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = FallbackIndex(MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db), pause_seconds=0)
            await index.prepare()
            fake.refuse_next = [Refused(503, "too_many_search_requests", "system")]
            assert (await index.search_jobs(JobQuery("", 20, date(2026, 11, 23)))).degraded
            assert not (await index.search_jobs(JobQuery("", 20, date(2026, 11, 23)))).degraded
            await index.close()

    async def test_the_standby_has_what_the_primary_refused(self, db: Database) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = FallbackIndex(MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db))
            await index.prepare()
            fake.refuse_next = [Refused(503, "too_many_requests", "system")]
            with pytest.raises(SearchUnavailable):
                await index.put_posts([post(1)])
            assert [*(await PgIndex(db).search_posts(QUERY)).ids] == [1]
            await index.close()

    async def test_alternatives_are_answered_where_they_are_understood(self, db: Database) -> None:
        with serving(FakeMeilisearch()) as fake:
            index = FallbackIndex(MeiliIndex(fake.url, None, "weizhi_"), PgIndex(db))
            await index.prepare()
            await index.put_posts([post(1, "后端"), post(2, "前端")])
            hits = await index.search_posts(PostQuery("后端 or 前端", 20))
            assert ([*hits.ids], hits.degraded) == ([2, 1], False)
            await index.close()
