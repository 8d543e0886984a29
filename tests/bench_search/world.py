"""The rows as the service has them: accounts, organisations, posts and jobs in their tables, indexed as ever."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountStats
from app.bootstrap import Resources
from app.jobs.models import Job
from app.kit.clock import now
from app.kit.secrets import fingerprint, new_token
from app.oauth.models import App, Token
from app.organizations.models import Organization
from app.posts.models import Post, PostStats
from app.search.handlers import index_ids
from app.search.people import put_people
from tests.bench_search.rows import JobRow, PersonRow, PostRow

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class World:
    """What the service calls the rows: keys by id, and the token of a reader."""

    jobs: dict[str, str]
    posts: dict[str, str]
    people: dict[str, str]
    token: str


async def seed(
    resources: Resources, *, jobs: Sequence[JobRow], posts: Sequence[PostRow], people: Sequence[PersonRow]
) -> World:
    """Write the rows, in an order that says nothing of them, and index them as the worker would."""
    mixed = random.Random(7)
    jobs, posts = mixed.sample(jobs, len(jobs)), mixed.sample(posts, len(posts))
    async with resources.db.transaction() as session:
        reader, recruiter, author, *others = await _people(session, people)
        token = await _token(session, reader)
        post_ids = await _rows(session, Post, [_post(author, row) for row in posts])
        job_posts = [{"author_id": recruiter, "kind": "job", "text": ""} for _ in jobs]
        carriers = await _rows(session, Post, job_posts)
        written = [(id, author) for id in post_ids] + [(id, recruiter) for id in carriers]
        await _insert(session, PostStats, [{"post_id": id, "author_id": by} for id, by in written])
        companies = [*dict.fromkeys(job.company for job in jobs)]
        named = [{"name": name, "created_by": recruiter, "verified_at": now()} for name in companies]
        organizations = dict(zip(companies, await _rows(session, Organization, named), strict=True))
        rows = [
            _job(job, post_id=post_id, organization_id=organizations[job.company], author_id=recruiter)
            for job, post_id in zip(jobs, carriers, strict=True)
        ]
        job_ids = await _rows(session, Job, rows)
    await _index(resources, [*post_ids, *carriers], others)
    return World(
        _keys(job_ids, [job.key for job in jobs]),
        _keys(post_ids, [post.key for post in posts]),
        _keys(others, [person.key for person in people]),
        token,
    )


async def _index(resources: Resources, post_ids: Sequence[int], account_ids: Sequence[int]) -> None:
    for start in range(0, len(post_ids), _AT_ONCE):
        async with resources.db.transaction() as session:
            await index_ids(session, resources.index, post_ids[start : start + _AT_ONCE])
    async with resources.db.transaction() as session:
        await put_people(session, ids=account_ids)
    async with resources.db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


def _keys(ids: Sequence[int], keys: Sequence[str]) -> dict[str, str]:
    return {str(id): key for id, key in zip(ids, keys, strict=True)}


async def _people(session: AsyncSession, people: Sequence[PersonRow]) -> list[int]:
    nobody = [PersonRow(name, name, "", "") for name in ("bench_reader", "bench_poster", "bench_author")]
    rows = [
        {
            "username": person.key,
            "handle": person.key,
            "display_name": person.name,
            "headline": person.headline,
            "note": person.note,
        }
        for person in [*nobody, *people]
    ]
    ids = await _rows(session, Account, rows)
    await _insert(session, AccountStats, [{"account_id": id} for id in ids])
    return ids


async def _token(session: AsyncSession, account_id: int) -> str:
    token, scopes = new_token(), ["read"]
    app = {"client_id": new_token(), "client_secret": fingerprint(new_token()), "name": "bench", "scopes": scopes}
    [app_id] = await _rows(session, App, [{**app, "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}])
    given = {"fingerprint": fingerprint(token), "app_id": app_id, "account_id": account_id, "scopes": scopes}
    await _insert(session, Token, [given])
    return token


def _post(author: int, row: PostRow) -> dict[str, Any]:
    return {"author_id": author, "text": row.text}


def _job(job: JobRow, *, post_id: int, organization_id: int, author_id: int) -> dict[str, Any]:
    place = {"city": job.city, "region": None, "country": "CN", "name": f"{job.city}{job.district}"}
    return {
        "post_id": post_id,
        "organization_id": organization_id,
        "author_id": author_id,
        "state": "open",
        "title": job.title[:100],
        "description_html": f"<p>{job.text}</p>",
        "locations": [place] if job.city else [],
        "workplace_type": job.workplace,
        "employment_type": job.employment,
        "salary_currency": "CNY" if job.salary_max else None,
        "salary_interval": "MONTH" if job.salary_max else None,
        "salary_min": job.salary_min,
        "salary_max": job.salary_max,
        "salary_months": job.salary_months,
        "salary_negotiable": job.salary_max is None,
        "monthly_min": job.salary_min,
        "monthly_max": job.salary_max,
        "experience_min_years": job.experience or None,
        "education": job.education,
        "skills": list(job.skills),
        "published_at": now(),
    }


async def _rows(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows; their ids, in this order."""
    return list(await session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))


async def _insert(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    await session.execute(insert(table), rows)
