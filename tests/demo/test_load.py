"""The loaded world, asked in SQL."""

import json
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.console import Console
from rich.progress import Progress

from app.accounts.passwords import verify_password
from app.credits import service
from app.demo.load import DemoError, DemoSummary, load, write_logins
from app.demo.plan import Plan
from app.kit import ids
from app.kit.db import Database
from app.kit.references import find_dangling
from app.kit.secrets import fingerprint
from app.posts.text import mentions, tags

pytestmark = pytest.mark.anyio

PLAN = Plan(people=200, now=datetime(2026, 11, 24, 2, tzinfo=UTC))

# Each finds rows that break a rule: none may.
BROKEN = {
    "no stats": "SELECT 1 FROM accounts a LEFT JOIN account_stats s ON s.account_id = a.id WHERE s.account_id IS NULL",
    "followers_count": """SELECT 1 FROM account_stats WHERE followers_count <>
        (SELECT count(*) FROM follows WHERE followee_id = account_id)""",
    "following_count": """SELECT 1 FROM account_stats WHERE following_count <>
        (SELECT count(*) FROM follows WHERE follower_id = account_id)""",
    "posts_count": """SELECT 1 FROM account_stats WHERE posts_count <>
        (SELECT count(*) FROM posts WHERE author_id = account_id AND deleted_at IS NULL)""",
    "last_post_at": """SELECT 1 FROM account_stats WHERE last_post_at IS DISTINCT FROM
        (SELECT max(created_at) FROM posts WHERE author_id = account_id)""",
    "post_stats": """SELECT 1 FROM posts p FULL JOIN post_stats s ON s.post_id = p.id
        WHERE (p.kind = 'repost') <> (s.post_id IS NULL)""",
    "replies_count": """SELECT 1 FROM post_stats WHERE replies_count <>
        (SELECT count(*) FROM posts WHERE in_reply_to_id = post_id)""",
    "reposts_count": """SELECT 1 FROM post_stats WHERE reposts_count <>
        (SELECT count(*) FROM posts WHERE repost_of_id = post_id)""",
    "quotes_count": """SELECT 1 FROM post_stats WHERE quotes_count <>
        (SELECT count(*) FROM posts WHERE quote_of_id = post_id)""",
    "likes_count": "SELECT 1 FROM post_stats WHERE likes_count <> 0",
    "self-follow": "SELECT 1 FROM follows WHERE follower_id = followee_id",
    "follow before joining": """SELECT 1 FROM follows f JOIN accounts a ON a.id IN (f.follower_id, f.followee_id)
        WHERE f.created_at < a.created_at""",
    "post before joining": """SELECT 1 FROM posts p JOIN accounts a ON a.id = author_id
        WHERE p.created_at < a.created_at""",
    "node of another kind": """SELECT 1 FROM posts p LEFT JOIN cascade_nodes n ON n.post_id = p.id
        WHERE (p.kind IN ('repost', 'quote')) <> (n.post_id IS NOT NULL)""",
    "node and post differ": """SELECT 1 FROM cascade_nodes n JOIN posts p ON p.id = n.post_id
        WHERE n.account_id <> p.author_id OR n.created_at <> p.created_at""",
    "repost's original": """SELECT 1 FROM cascade_nodes n JOIN posts p ON p.id = n.post_id
        WHERE p.kind = 'repost' AND (p.repost_of_id <> n.root_id OR p.text <> '')""",
    "quote's original": """SELECT 1 FROM cascade_nodes n JOIN posts p ON p.id = n.post_id
        LEFT JOIN cascade_nodes q ON q.post_id = p.quote_of_id LEFT JOIN posts r ON r.id = p.quote_of_id
        WHERE p.kind = 'quote' AND (p.text = '' OR p.quote_of_id IS NULL
            OR NOT (p.quote_of_id = n.root_id OR (q.root_id = n.root_id AND r.kind = 'quote')))""",
    "root is a node": "SELECT 1 FROM cascade_nodes n JOIN cascade_nodes r ON r.post_id = n.root_id",
    "depth": """SELECT 1 FROM cascade_nodes n LEFT JOIN cascade_nodes p ON p.post_id = n.parent_id
        WHERE n.depth <> coalesce(p.depth, 0) + 1 OR n.depth > 8
            OR (p.post_id IS NULL) <> (n.parent_id = n.root_id) OR p.root_id <> n.root_id""",
    "child before parent": """SELECT 1 FROM cascade_nodes n JOIN posts p ON p.id = n.parent_id
        WHERE n.created_at <= p.created_at OR n.post_id <= p.id""",
    "inference": """SELECT 1 FROM cascade_nodes WHERE (inference, confidence) NOT IN
        (('explicit', 1.0), ('follow', 0.6), ('direct', 0.5)) OR (inference = 'direct' AND parent_id <> root_id)""",
    "inference 'follow' without a follow": """SELECT 1 FROM cascade_nodes n JOIN posts p ON p.id = n.parent_id
        LEFT JOIN follows f ON f.follower_id = n.account_id AND f.followee_id = p.author_id
        WHERE n.inference = 'follow' AND f.follower_id IS NULL""",
    "own or repeated repost": """SELECT 1 FROM cascade_nodes n JOIN posts r ON r.id = n.root_id
        GROUP BY n.root_id, n.account_id, r.author_id HAVING count(*) > 1 OR n.account_id = r.author_id""",
    "hidden root": "SELECT 1 FROM cascade_nodes n JOIN posts r ON r.id = n.root_id WHERE r.visibility <> 'public'",
    "reply": """SELECT 1 FROM posts p LEFT JOIN posts r ON r.id = p.in_reply_to_id
        WHERE p.in_reply_to_account_id IS DISTINCT FROM r.author_id OR p.created_at <= r.created_at
            OR r.kind = 'repost'""",
    "empty text": "SELECT 1 FROM posts WHERE (text = '') <> (kind = 'repost')",
    "mentions": """SELECT 1 FROM posts, jsonb_array_elements(mentions) m LEFT JOIN accounts a
        ON a.id = (m->>'id')::bigint WHERE a.username IS DISTINCT FROM m->>'username'""",
    "job's post": """SELECT 1 FROM jobs j FULL JOIN (SELECT * FROM posts WHERE kind = 'job') p ON p.id = j.post_id
        WHERE p.id IS NULL OR j.id IS NULL OR p.author_id <> j.author_id OR p.created_at <> j.published_at
            OR position(j.title IN p.text) = 0""",
    "job's author without a seat": """SELECT 1 FROM jobs j LEFT JOIN seats s
        ON (s.organization_id, s.account_id) = (j.organization_id, j.author_id)
        WHERE s.role IS NULL OR s.role = 'viewer'""",
    "job's facts": """SELECT 1 FROM jobs WHERE description_html = '' OR requirements = '{}' OR skills = '{}'
        OR headcount < 1 OR valid_through IS NULL OR jsonb_array_length(locations) = 0
        OR NOT salary_negotiable AND (salary_currency <> 'CNY' OR salary_interval <> 'MONTH'
            OR salary_months NOT BETWEEN 12 AND 16 OR salary_min >= salary_max
            OR (monthly_min, monthly_max) <> (salary_min, salary_max))""",
    "job's state": """SELECT 1 FROM jobs WHERE (state = 'open') <> (closed_at IS NULL)
        OR state = 'open' AND valid_through <= '2026-11-24'""",
    "owner": """SELECT 1 FROM organizations o LEFT JOIN seats s
        ON (s.organization_id, s.account_id, s.role) = (o.id, o.created_by, 'owner') WHERE s.role IS NULL""",
    "application's way": """SELECT 1 FROM applications a JOIN jobs j ON j.id = a.job_id
        LEFT JOIN cascade_nodes n ON n.post_id = a.via_post_id JOIN posts v ON v.id = a.via_post_id
        WHERE NOT (a.via_post_id = j.post_id OR n.root_id = j.post_id) OR a.created_at <= v.created_at""",
    "application by the employer": """SELECT 1 FROM applications a JOIN jobs j ON j.id = a.job_id
        JOIN seats s ON (s.organization_id, s.account_id) = (j.organization_id, a.applicant_id)""",
    "application twice": "SELECT 1 FROM applications GROUP BY job_id, applicant_id HAVING count(*) > 1",
    "application's words": "SELECT 1 FROM applications WHERE message = '' OR consent_at <> created_at",
    "hires": """SELECT 1 FROM jobs j WHERE (state = 'filled') <> (headcount =
        (SELECT count(*) FROM applications a WHERE a.job_id = j.id AND stage = 'hired'))""",
    "first step": """SELECT 1 FROM applications a LEFT JOIN application_changes c
        ON c.application_id = a.id AND c.previous IS NULL GROUP BY a.id
        HAVING array_agg((c.stage, c.actor_id, c.created_at)) <> array_agg(('applied'::varchar, a.applicant_id,
            a.created_at))""",
    "last step": """SELECT 1 FROM applications a WHERE (stage, moved_at) IS DISTINCT FROM
        (SELECT (c.stage, c.created_at) FROM application_changes c WHERE c.application_id = a.id
            ORDER BY c.id DESC LIMIT 1)""",
    "steps in between": """SELECT 1 FROM
        (SELECT *, lag(stage) OVER before AS left_at, lag(created_at) OVER before AS since FROM application_changes
            WINDOW before AS (PARTITION BY application_id ORDER BY id)) c
        WHERE previous IS DISTINCT FROM left_at OR created_at < since""",
    "step by whom": """SELECT 1 FROM application_changes c JOIN applications a ON a.id = c.application_id
        JOIN jobs j ON j.id = a.job_id LEFT JOIN seats s ON s.organization_id = j.organization_id
            AND s.account_id = c.actor_id AND s.role <> 'viewer'
        WHERE CASE WHEN c.stage IN ('applied', 'withdrawn') THEN c.actor_id <> a.applicant_id
            ELSE s.role IS NULL OR c.created_at < s.created_at END
            OR c.created_at > coalesce(j.closed_at, '2026-11-24T02:00Z')""",
    "credit's state": """SELECT 1 FROM referral_credits c JOIN referral_awards a ON a.id = c.award_id
        WHERE decided_at IS DISTINCT FROM CASE state WHEN 'confirmed' THEN hired_at + interval '30 days' END
            OR (state = 'confirmed') <> (hired_at <= '2026-11-24T02:00Z'::timestamptz - interval '30 days')""",
    "the future": "SELECT 1 FROM posts WHERE created_at > '2026-11-24T02:00Z'",
    "the past": "SELECT 1 FROM posts WHERE created_at < '2026-11-24T02:00Z'::timestamptz - interval '90 days'",
}


@dataclass(frozen=True)
class Loaded:
    url: str
    summary: DemoSummary
    connection: Any


def dsn(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://")


async def credit_of(loaded: Loaded) -> dict[str, list[tuple[Any, ...]]]:
    """Introducers, and how hires are shared out."""
    questions = {
        "introducers": "SELECT * FROM referrals ORDER BY 1, 4",
        "awards": """SELECT application_id, generation, policy, actor_id, hired_at, reversed_at FROM referral_awards
            ORDER BY 1""",
        "shares": """SELECT a.application_id, c.account_id, c.post_id, c.hop, c.basis_points, c.confidence
            FROM referral_credits c JOIN referral_awards a ON a.id = c.award_id ORDER BY 1, 4""",
    }
    return {
        name: [tuple(row) for row in await loaded.connection.fetch(question)] for name, question in questions.items()
    }


async def schema_of(url: str) -> set[str]:
    """Every index and constraint, as PostgreSQL defines it."""
    connection = await asyncpg.connect(dsn(url))
    try:
        rows = await connection.fetch(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        )
    finally:
        await connection.close()
    return {row[0] for row in rows}


@pytest.fixture
async def loaded(db_url: str, anyio_backend: object) -> AsyncIterator[Loaded]:
    """A small world in a database, and a connection to it."""
    with Progress(console=Console(quiet=True)) as progress:
        summary = await load(db_url, PLAN, progress=progress)
    connection = await asyncpg.connect(dsn(db_url))
    yield Loaded(db_url, summary, connection)
    await connection.close()


class TestLoad:
    async def test_keeps_every_invariant(self, loaded: Loaded) -> None:
        broken = {
            name: count
            for name, query in BROKEN.items()
            if (count := await loaded.connection.fetchval(f"SELECT count(*) FROM ({query}) broken"))
        }
        assert broken == {}

    async def test_credits_whom_the_service_would(self, loaded: Loaded) -> None:
        written = await credit_of(loaded)
        assert all(written.values())
        await loaded.connection.execute("DELETE FROM referral_credits")
        await loaded.connection.execute("DELETE FROM referral_awards")
        await loaded.connection.execute("DELETE FROM referrals")
        db = Database(loaded.url, pool_size=1)
        async with db.transaction() as session:
            for row in await loaded.connection.fetch("SELECT id FROM applications"):
                await service.note_introducers(session, application_id=row["id"])
                await service.settle(session, application_id=row["id"], default="path_geometric", now=PLAN.now)
        await db.close()
        assert await credit_of(loaded) == written

    async def test_names_nothing_that_is_not_there(self, loaded: Loaded) -> None:
        db = Database(loaded.url, pool_size=1)
        async with db.reading() as session:
            assert await find_dangling(session) == {}
        await db.close()

    async def test_makes_ids_that_tell_when(self, loaded: Loaded) -> None:
        posted = ("accounts", "posts", "organizations", "jobs", "applications")
        for table in (*posted, "application_changes", "referral_awards"):
            for row in await loaded.connection.fetch(f"SELECT id, created_at FROM {table}"):
                assert ids.moment_of(row["id"]) == row["created_at"], table

    async def test_names_topics_and_mentions_as_the_text_does(self, loaded: Loaded) -> None:
        rows = await loaded.connection.fetch("SELECT text, tags, mentions FROM posts")
        for row in rows:
            assert row["tags"] == tags(row["text"])
            written = [mention.username for mention in mentions(row["text"])]
            assert [mention["username"] for mention in json.loads(row["mentions"])] == written
        assert sum(bool(row["tags"]) for row in rows) > 200

    async def test_counts_what_it_loaded(self, loaded: Loaded) -> None:
        for table, count in loaded.summary.rows.items():
            assert await loaded.connection.fetchval(f"SELECT count(*) FROM {table}") == count, table
        assert loaded.summary.rows["posts"] == 2000

    async def test_makes_a_lively_labour_market(self, loaded: Loaded) -> None:
        states = dict(await loaded.connection.fetch("SELECT state, count(*) FROM jobs GROUP BY 1"))
        stages = dict(await loaded.connection.fetch("SELECT stage, count(*) FROM applications GROUP BY 1"))
        assert states["open"] == 60
        assert stages["hired"] >= 3
        assert {"applied", "screen", "interview", "rejected"} <= stages.keys()

    async def test_leaves_keys_and_indexes_as_they_were(self, db_url: str) -> None:
        before = await schema_of(db_url)
        await load(db_url, Plan(people=50, now=PLAN.now))
        assert await schema_of(db_url) == before

    async def test_refuses_a_database_that_has_accounts(self, loaded: Loaded) -> None:
        with pytest.raises(DemoError, match="already has accounts"):
            await load(loaded.url, PLAN)

    async def test_leaves_nothing_behind_when_it_is_stopped(self, db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(password: str) -> str:
            raise KeyboardInterrupt

        monkeypatch.setattr("app.demo.load.hash_password", stop)
        before = await schema_of(db_url)
        with pytest.raises(KeyboardInterrupt):
            await load(db_url, Plan(people=50, now=PLAN.now))
        assert await schema_of(db_url) == before
        connection = await asyncpg.connect(dsn(db_url))
        assert await connection.fetchval("SELECT count(*) FROM accounts") == 0
        await connection.close()


class TestLogins:
    async def test_can_sign_in(self, loaded: Loaded) -> None:
        roles = {login["role"]: login for login in loaded.summary.logins}
        assert {role: login["username"] for role, login in roles.items()} == {
            "recruiter": "zhaopin",
            "professional": "gongcheng",
        }
        for login in roles.values():
            row = await loaded.connection.fetchrow(
                "SELECT a.username, a.password_hash, t.scopes, p.name FROM tokens t"
                " JOIN accounts a ON a.id = t.account_id JOIN apps p ON p.id = t.app_id WHERE t.fingerprint = $1",
                fingerprint(login["token"]),
            )
            assert row["username"] == login["username"]
            assert (row["name"], row["scopes"]) == ("Weizhi demo", ["read", "write", "follow", "push"])
            assert await verify_password(login["password"], row["password_hash"])
        assert await loaded.connection.fetchval("SELECT count(*) FROM accounts WHERE password_hash IS NOT NULL") == 2

    async def test_the_recruiter_owns_a_verified_employer_and_a_travelled_job(self, loaded: Loaded) -> None:
        row = await loaded.connection.fetchrow(
            """SELECT count(*) AS jobs, bool_and(o.verified_at IS NOT NULL) AS verified,
                max((SELECT max(depth) FROM cascade_nodes n WHERE n.root_id = j.post_id)) AS depth
            FROM jobs j JOIN organizations o ON o.id = j.organization_id JOIN accounts a ON a.id = j.author_id
            WHERE a.username = 'zhaopin' AND o.created_by = a.id AND j.state = 'open'"""
        )
        leaves = await loaded.connection.fetchval(
            """SELECT count(*) FROM applications p JOIN jobs j ON j.id = p.job_id JOIN accounts a ON a.id = j.author_id
            JOIN cascade_nodes n ON n.post_id = p.via_post_id AND n.depth >= 2 WHERE a.username = 'zhaopin'
            AND NOT EXISTS (SELECT FROM cascade_nodes c WHERE c.parent_id = n.post_id)"""
        )
        assert row["jobs"] >= 3
        assert row["verified"]
        assert row["depth"] >= 3
        assert leaves >= 1

    async def test_the_professional_hears_of_the_job_through_someone_else(self, loaded: Loaded) -> None:
        query = """SELECT count(*) FROM follows f JOIN accounts me ON me.id = f.follower_id
            JOIN accounts a ON a.id = f.followee_id WHERE me.username = 'gongcheng'"""
        assert await loaded.connection.fetchval(query) >= 50
        assert await loaded.connection.fetchval(f"{query} AND a.username = 'zhaopin'") == 0
        heard = """AND EXISTS (SELECT FROM cascade_nodes n JOIN posts p ON p.id = n.root_id
            JOIN accounts r ON r.id = p.author_id
            WHERE n.account_id = a.id AND p.kind = 'job' AND r.username = 'zhaopin')"""
        assert await loaded.connection.fetchval(f"{query} {heard}") >= 1

    async def test_are_written_for_their_owner_alone(self, loaded: Loaded, tmp_path: Path) -> None:
        path = tmp_path / "demo-logins.json"
        path.write_text("old")
        write_logins(path, loaded.summary)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text()) == loaded.summary.logins
