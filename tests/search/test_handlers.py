"""The index follows PostgreSQL."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from app.jobs.text import plain_text
from app.kit.db import Database
from app.search.documents import load_documents
from app.search.handlers import index_posts
from app.search.index import JobQuery, PostQuery
from app.search.pg_index import PgIndex
from app.search.rebuild import rebuild
from tests.search.posts import a_job, a_person, a_post, change

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def found(index: PgIndex, query: str = "后端") -> list[int]:
    return [*(await index.search_posts(PostQuery(query, 50))).ids]


async def found_jobs(index: PgIndex) -> list[int]:
    return [*(await index.search_jobs(JobQuery("", 50, NOW.date()))).ids]


async def index_again(db: Database, index: PgIndex, *post_ids: int) -> None:
    async with db.transaction() as session:
        await index_posts(session, index, [{"post_id": id} for id in post_ids], targets=[])


async def test_a_post_is_indexed_and_indexing_twice_changes_nothing(db: Database) -> None:
    index, post_id = PgIndex(db), await a_post(db, await a_person(db))
    for _ in range(2):
        await index_again(db, index, post_id, post_id)
        assert await found(index) == [post_id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posts SET deleted_at = now() WHERE id = :id",
        "UPDATE posts SET visibility = 'direct' WHERE id = :id",
        "UPDATE accounts SET suspended_at = now() WHERE id = (SELECT author_id FROM posts WHERE id = :id)",
    ],
)
async def test_what_may_no_longer_be_found_leaves_the_index(db: Database, statement: str) -> None:
    index = PgIndex(db)
    job_id, post_id = await a_job(db, await a_person(db))
    await index_again(db, index, post_id)
    assert (await found(index), await found_jobs(index)) == ([post_id], [job_id])
    await change(db, statement, post_id)
    await index_again(db, index, post_id)
    assert (await found(index), await found_jobs(index)) == ([], [])


async def test_an_edit_replaces_the_words(db: Database) -> None:
    index, post_id = PgIndex(db), await a_post(db, await a_person(db))
    await index_again(db, index, post_id)
    await change(db, "UPDATE posts SET text = '招前端' WHERE id = :id", post_id)
    await index_again(db, index, post_id)
    assert await found(index, "后端") == []
    assert await found(index, "前端") == [post_id]


async def test_an_unknown_post_is_fine(db: Database) -> None:
    index = PgIndex(db)
    await index_again(db, index, 12345)
    assert await found(index) == []


async def test_reposts_and_direct_posts_are_not_indexed(db: Database) -> None:
    index, person = PgIndex(db), await a_person(db)
    original = await a_post(db, person, visibility="private")
    repost = await a_post(db, person, kind="repost", repost_of_id=original)
    direct = await a_post(db, person, visibility="direct")
    async with db.reading() as session:
        documents = await load_documents(session, post_ids=[original, repost, direct])
    assert [document.id for document in documents.posts] == [original]
    assert documents.absent_posts == [direct]
    await index_again(db, index, original, repost, direct)
    async with db.reading() as session:
        assert [*await session.scalars(text("SELECT id FROM search_posts"))] == [original]


@pytest.mark.parametrize("query", ["后端", "微光", "上海", "rust", "数据库", "远程 后端", "双休"])
async def test_a_job_post_is_found_by_the_facts_of_its_job(db: Database, query: str) -> None:
    index = PgIndex(db)
    _, post_id = await a_job(db, await a_person(db))
    await index_again(db, index, post_id)
    assert await found(index, query) == [post_id]
    assert await found(index, "alert") == []


async def test_a_closed_job_is_not_listed_and_its_post_stays(db: Database) -> None:
    index = PgIndex(db)
    job_id, post_id = await a_job(db, await a_person(db))
    await change(db, "UPDATE jobs SET state = 'closed' WHERE id = :id", job_id)
    await index_again(db, index, post_id)
    assert (await found(index), await found_jobs(index)) == ([post_id], [])


async def test_rebuilding_puts_everything_in_and_takes_the_dead_out(db: Database) -> None:
    index, person = PgIndex(db), await a_person(db)
    gone = await a_post(db, person)
    await index_again(db, index, gone)
    await change(db, "UPDATE posts SET deleted_at = now() WHERE id = :id", gone)
    posts = [await a_post(db, person) for _ in range(3)]
    job_id, job_post_id = await a_job(db, person)
    steps: list[tuple[int, int]] = []
    await rebuild(db, index, lambda done, total: steps.append((done, total)))
    assert await found(index) == [job_post_id, *posts[::-1]]
    assert await found_jobs(index) == [job_id]
    # One person, then five posts.
    assert steps == [(1, 6), (6, 6)]


async def test_a_slow_indexer_cannot_overwrite_a_newer_state(db: Database) -> None:
    """While one worker holds a post, another one waits, and then reads what is true by then."""
    index, post_id = PgIndex(db), await a_post(db, await a_person(db))
    reached, go_on = asyncio.Event(), asyncio.Event()

    class Slow(PgIndex):
        async def put_posts(self, documents):  # type: ignore[no-untyped-def]
            reached.set()
            await go_on.wait()
            await super().put_posts(documents)

    async with asyncio.timeout(10), db.reading() as session:
        slow = asyncio.create_task(index_again(db, Slow(db), post_id))
        await reached.wait()
        await change(db, "UPDATE posts SET text = '招前端' WHERE id = :id", post_id)
        quick = asyncio.create_task(index_again(db, index, post_id))
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        while not quick.done() and not await session.scalar(waiting):
            pass
        go_on.set()
        await asyncio.gather(slow, quick)
    assert await found(index, "前端") == [post_id]
    assert await found(index, "后端") == []


def test_plain_text_keeps_words_whole_and_blocks_apart() -> None:
    markup = "<h2>要求</h2><ul><li>Py<b>thon</b> &amp; C++</li><li>&lt;三年&gt;</li></ul><style>p{}</style>第一<br>第二"
    assert plain_text(markup).split() == ["要求", "Python", "&", "C++", "<三年>", "第一", "第二"]
