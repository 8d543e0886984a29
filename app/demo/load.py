"""Loading a demo world: every row by COPY, in one transaction, so that a stop in the middle leaves nothing behind."""

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from rich.progress import Progress

from app.accounts.passwords import hash_password
from app.demo.people import PROFESSIONAL, RECRUITER
from app.demo.plan import Plan
from app.demo.tables import Row, Table
from app.demo.world import World
from app.kit import ids
from app.kit.dsn import driver_url
from app.kit.secrets import fingerprint, new_token

PASSWORD = "weizhi-demo"
SCOPES = ["read", "write", "follow", "push"]
_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_EVERY = 2_000
_LOCK = 6_387_201_135


class DemoError(Exception):
    """A demo world cannot be loaded here; the message says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """One account to try the service with. The token is told once and kept as its fingerprint."""

    role: str
    name: str
    username: str
    password: str
    token: str


@dataclass(slots=True)
class DemoSummary:
    """What was loaded: rows by table, seconds spent, and the logins."""

    rows: dict[str, int] = field(default_factory=dict)
    generation_seconds: float = 0.0
    copy_seconds: float = 0.0
    logins: list[dict[str, str]] = field(default_factory=list)


async def load(database_url: str, plan: Plan, *, progress: Progress | None = None) -> DemoSummary:
    """Generate the plan's world and load it. Raises DemoError unless the database has no accounts."""
    connection = await asyncpg.connect(driver_url(database_url), command_timeout=None)
    try:
        await _use_json(connection)
        async with connection.transaction():
            await _require_empty(connection)
            summary = await _load(connection, plan, progress)
        for table in (*summary.rows, "post_tags"):
            await connection.execute(f"ANALYZE {table}")
        return summary
    finally:
        await connection.close()


def write_logins(path: Path, summary: DemoSummary) -> None:
    """Write the logins as JSON that only its owner may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(summary.logins, file, ensure_ascii=False, indent=2)
        file.write("\n")


async def _use_json(connection: Any) -> None:
    # COPY speaks PostgreSQL's binary format, where jsonb is its text behind a version byte.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda value: orjson.loads(value[1:]),
    )


async def _require_empty(connection: Any) -> None:
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        raise DemoError("another demo world is being loaded into this database")
    if await connection.fetchval("SELECT to_regclass('public.accounts') IS NULL"):
        raise DemoError("this database has no tables yet: migrate it first")
    if await connection.fetchval("SELECT EXISTS (SELECT FROM accounts)"):
        raise DemoError("this database already has accounts: a demo world is loaded into an empty one only")


async def _load(connection: Any, plan: Plan, progress: Progress | None) -> DemoSummary:
    summary = DemoSummary()
    began = time.perf_counter()
    world = World(plan, _reporter(progress))
    summary.generation_seconds = time.perf_counter() - began
    began = time.perf_counter()
    tables = world.tables()
    names = [table.name for table in tables]
    later = await _set_aside(connection, names)
    for table in tables:
        await connection.copy_records_to_table(
            table.name, records=_counted(table, progress), columns=table.columns, schema_name="public"
        )
        summary.rows[table.name] = table.count
    await connection.execute(_POST_TAGS)
    await _restore(connection, later, progress)
    summary.logins = [asdict(login) for login in await _add_logins(connection, world)]
    summary.copy_seconds = time.perf_counter() - began
    return summary


_POST_TAGS = """
    INSERT INTO post_tags (tag, post_id, author_id)
    SELECT DISTINCT lower(normalize(tag, NFKC)), id, author_id FROM posts, unnest(tags) AS tag
"""


async def _set_aside(connection: Any, tables: list[str]) -> list[str]:
    """Drop the tables' foreign keys and plain indexes; the statements that make them again.

    Checked and built once over all rows they take a fraction of the time, and of the memory that the
    server needs to remember millions of rows still to check.
    """
    keys = await connection.fetch(
        "SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,"
        " pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = ANY($1::text[]::regclass[]) ORDER BY conrelid, conname",
        tables,
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index"
        " WHERE indrelid = ANY($1::text[]::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indexrelid",
        tables,
    )
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    return [index["definition"] for index in indexes] + [
        f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['definition']}" for key in keys
    ]


async def _restore(connection: Any, statements: list[str], progress: Progress | None) -> None:
    task = progress.add_task("索引与外键", total=len(statements)) if progress else None
    await connection.execute("SET LOCAL maintenance_work_mem = '128MB'")
    for statement in statements:
        await connection.execute(statement)
        if progress and task is not None:
            progress.advance(task)


async def _add_logins(connection: Any, world: World) -> list[Login]:
    """One app, and for each demo login a password and a token; both are secrets, so not from the seed."""
    now: datetime = world.plan.now
    app_id = ids.at(now)
    await connection.execute(
        "INSERT INTO apps (id, client_id, client_secret, name, website, redirect_uris, scopes, created_at)"
        " VALUES ($1, $2, $3, 'Weizhi demo', NULL, $4, $5, $6)",
        *(app_id, secrets.token_urlsafe(32), fingerprint(new_token()), [_OUT_OF_BAND], SCOPES, now),
    )
    hashed = hash_password(PASSWORD)
    logins = []
    for number, (index, role) in enumerate(((RECRUITER, "recruiter"), (PROFESSIONAL, "professional"))):
        person, account_id, token = world.people[index], world.account_ids[index], new_token()
        await connection.execute("UPDATE accounts SET password_hash = $2 WHERE id = $1", account_id, hashed)
        await connection.execute(
            "INSERT INTO tokens (id, fingerprint, app_id, account_id, scopes, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(ids.at(now, number), fingerprint(token), app_id, account_id, SCOPES, now),
        )
        logins.append(Login(role, person.name, person.username, PASSWORD, token))
    return logins


def _counted(table: Table, progress: Progress | None) -> Iterator[Row]:
    if progress is None:
        yield from table.rows()
        return
    task = progress.add_task(_LABELS[table.name], total=table.count)
    done = 0
    for row in table.rows():
        yield row
        done += 1
        if done % _EVERY == 0:
            progress.update(task, completed=done)
    progress.update(task, completed=done)


def _reporter(progress: Progress | None) -> Any:
    if progress is None:
        return None
    tasks: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = progress.add_task(f"构思{stage}", total=total)
        progress.update(tasks[stage], completed=done, total=total)

    return report


_LABELS = {
    "accounts": "账号",
    "account_stats": "账号计数",
    "follows": "关注",
    "organizations": "机构",
    "seats": "席位",
    "posts": "帖子",
    "post_stats": "帖子计数",
    "cascade_nodes": "传播路径",
    "jobs": "职位",
    "applications": "投递",
    "application_changes": "投递进展",
    "referrals": "推荐人",
    "referral_awards": "推荐成果",
    "referral_credits": "成果份额",
}
