"""Drift between PostgreSQL and an engine is told, and put right."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text

from app.kit.db import Database
from app.search import care, queue
from app.search.check import Drift, check, repair
from app.search.meili_mirror import MeiliMirror
from app.search.mirror import Contents
from app.search.pg_index import PgIndex
from app.search.rebuild import build_mirror, rebuild
from app.search.sending import send_waiting
from tests.search.fake_meilisearch import FakeMeilisearch, serving
from tests.search.posts import a_job, a_person, a_post, change

pytestmark = pytest.mark.anyio

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture(params=["postgresql", "meilisearch"])
async def engine(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[Contents]:
    if request.param == "postgresql":
        yield PgIndex(db)
        return
    with serving(FakeMeilisearch()) as fake:
        mirror = MeiliMirror(fake.url, None, "weizhi_")
        await build_mirror(db, mirror, lambda done, total: None)
        yield mirror
        await mirror.close()


async def drift_of(db: Database, engine: Contents, now: datetime = LATER) -> Drift:
    return await check(db, engine, now=now, progress=lambda done: None)


async def mend(db: Database, engine: Contents, drift: Drift) -> None:
    mirrored = isinstance(engine, MeiliMirror)
    await repair(db, PgIndex(db), engine, drift, mirrored=mirrored)
    while mirrored and await send_waiting(db, target=engine.name, indexes=[engine]):
        pass


async def build(db: Database, engine: Contents) -> None:
    if isinstance(engine, MeiliMirror):
        await build_mirror(db, engine, lambda done, total: None)
    else:
        await rebuild(db, engine, lambda done, total: None)


async def test_a_good_index_has_no_drift(db: Database, engine: Contents) -> None:
    person = await a_person(db)
    for n in range(3):
        await a_post(db, person, text=f"后端 {n}")
    await a_job(db, person)
    await a_post(db, person, visibility="direct")
    await build(db, engine)
    drift = await drift_of(db, engine)
    assert not drift
    assert drift.checked == 5


async def test_every_kind_of_drift_is_found_and_put_right(
    db: Database, engine: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.search.check._AT_ONCE", 2)
    person = await a_person(db)
    posts = [await a_post(db, person) for _ in range(5)]
    job_id, job_post_id = await a_job(db, person)
    _, closed_post_id = await a_job(db, person)
    await build(db, engine)
    await engine.delete_posts([posts[0]])
    await engine.delete_jobs([job_id])
    await change(db, "UPDATE posts SET text = '招前端' WHERE id = :id", posts[1])
    await change(db, "UPDATE posts SET deleted_at = now() WHERE id = :id", posts[2])
    await change(db, "UPDATE jobs SET state = 'closed' WHERE post_id = :id", closed_post_id)
    drift = await drift_of(db, engine)
    assert (drift.missing, drift.extra) == ({posts[0], job_post_id}, {posts[2]})
    assert drift.stale == {posts[1], closed_post_id}
    await mend(db, engine, drift)
    assert not await drift_of(db, engine)


async def test_jobs_that_nobody_has_are_taken_out(db: Database, engine: Contents) -> None:
    job_id, _ = await a_job(db, await a_person(db))
    await build(db, engine)
    await change(db, "DELETE FROM jobs WHERE id = :id", job_id)
    drift = await drift_of(db, engine)
    assert drift.stray_jobs == {job_id}
    await mend(db, engine, drift)
    assert not await drift_of(db, engine)


async def test_what_is_on_its_way_is_no_drift(db: Database, engine: Contents) -> None:
    post_id = await a_post(db, await a_person(db))
    assert not await drift_of(db, engine, datetime.now(UTC))
    assert (await drift_of(db, engine)).missing == {post_id}
    async with db.transaction() as session:
        await queue.put(session, targets=[engine.name], post_ids=[post_id])
    assert not await drift_of(db, engine)


async def test_documents_of_an_earlier_version_are_brought_up_to_date(db: Database) -> None:
    engine, post_id = PgIndex(db), await a_post(db, await a_person(db))
    await build(db, engine)
    async with db.transaction() as session:
        await session.execute(text("UPDATE search_posts SET digest = NULL"))
    drift = await drift_of(db, engine)
    assert drift.stale == {post_id}
    await mend(db, engine, drift)
    assert not await drift_of(db, engine)


async def test_operators_are_told_and_may_mend(db: Database, engine: Contents) -> None:
    post_id = await a_post(db, await a_person(db), edited_at=datetime(2026, 1, 1, tzinfo=UTC))
    shown = Console(file=io.StringIO(), width=200)

    async def all_is_well(*, repair: bool) -> bool:
        with Progress(console=shown, disable=True) as progress:
            return await care.check_all(
                db, PgIndex(db), [engine], now=LATER, mend=repair, progress=progress, console=shown
            )

    assert not await all_is_well(repair=False)
    assert not await all_is_well(repair=True)
    await mend(db, engine, Drift())
    assert await all_is_well(repair=False)
    told = shown.file.getvalue()  # type: ignore[attr-defined]
    assert f"{engine.name}: 1 documents should be there; 1 missing, 0 stale, 0 too many" in told
    assert f"{engine.name}: 1 posts are brought up to date" in told
    assert await care.report(db, [engine], shown)
    async with db.transaction() as session:
        await queue.put(session, targets=[engine.name], post_ids=[post_id])
        (row,) = await queue.claim(session, target=engine.name, limit=1)
        await queue.park(session, target=engine.name, row=row, error="no such [field]")
    assert not await care.report(db, [engine], shown)
    assert f"parked: post {post_id}: no such [field]" in shown.file.getvalue()  # type: ignore[attr-defined]
    assert await care.retry(db, [engine]) == 1
