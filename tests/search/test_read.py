"""What searches ask of the pool."""

from datetime import date

import pytest

from app.kit.db import Database
from app.kit.pagination import Page
from app.search.index import JobQuery, PostQuery
from app.search.jobs import find_jobs
from app.search.network import list_near_job_ids
from app.search.pg_index import PgIndex
from app.search.read import find_posts
from app.search.scope import home_scope

pytestmark = pytest.mark.anyio


async def test_a_search_never_holds_two_connections(db_url: str) -> None:
    """With one connection in the pool, a search that wanted a second one would wait for itself."""
    db = Database(db_url, pool_size=1)
    index, page = PgIndex(db), Page(limit=20)
    try:
        async with db.reading() as session:
            scope = await home_scope(session, account_id=1)
            query = PostQuery("后端", 20)
            found = await find_posts(session, index, query=query, scope=scope, page=page, viewer_id=1)
            assert found.timeline.items == []
        async with db.reading() as session:
            near = await list_near_job_ids(session, account_id=1, reposted_only=False)
            query_jobs = JobQuery("", 20, date(2026, 11, 23))
            jobs = await find_jobs(session, index, query=query_jobs, near=near, cursor=None, now_id=1, viewer_id=1)
            assert jobs.hits.total == 0
    finally:
        await db.close()
