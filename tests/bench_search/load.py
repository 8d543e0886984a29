"""The load part: how long each form of search takes on a full index, and what PostgreSQL reads for it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select, text

from app.kit.db import Database
from app.search.models import SearchPost
from app.search.pg_index import PgIndex
from tests.bench.latency import median, ninety_ninth
from tests.bench_search.engines import POSTGRESQL, Servers
from tests.bench_search.forms import forms
from tests.bench_search.full_index import FIRST, STEP, fill
from tests.bench_search.plans import GROWING, explain, overheard, reads, scans

_WARM = 3


async def measure(
    servers: Servers, *, posts: int, jobs: int, times: int, plans: bool, console: Console
) -> dict[str, Any]:
    """Fill, ask each form `times` times one after the other, print; the figures, and the forms that scan a table."""
    db = Database(servers.database_url, pool_size=1)
    began = time.perf_counter()
    try:
        await fill(db, post_count=posts, job_count=jobs)
        console.print(f"{posts:,} posts and {jobs:,} jobs put in, {time.perf_counter() - began:.0f} s.")
        read = await _times(_key_read(db, posts), times)
        table = Table(title=f"{POSTGRESQL}: searches, and as multiples of a read by primary key")
        for heading in ("search", "p50 ms", "p99 ms", "p50 ×", "reads"):
            table.add_column(heading, justify="left" if heading in ("search", "reads") else "right")
        table.add_row("a read by primary key", f"{median(read):.2f}", f"{ninety_ninth(read):.2f}", "1", "")
        rows, scanning = [], []
        for form in forms(db, PgIndex(db), post_count=posts, job_count=jobs):
            with overheard(db) as heard:
                await form.ask(0)
            found = [await explain(servers.database_url, asked) for asked in heard]
            before = await _scanned(db)
            taken = await _times(form.ask, times)
            # Plans made for any values, after some askings, are told by the counters alone.
            scanned = set[str]().union(*(scans(plan) for plan in found))
            # To count what everything has in common, everything is read.
            all_wanted = set[str]().union(*(scans(plan, wasted=False) for plan in found)) - scanned
            counts = await _scanned(db)
            scanned |= {table for table, count in counts.items() if count > before[table]} - all_wanted
            ratio = median(taken) / median(read)
            ways = [*dict.fromkeys(way for plan in found for way in reads(plan))]
            table.add_row(
                form.name, f"{median(taken):.1f}", f"{ninety_ninth(taken):.1f}", f"{ratio:.0f}", "; ".join(ways)
            )
            rows.append(
                {"search": form.name, "p50_ms": round(median(taken), 2), "p99_ms": round(ninety_ninth(taken), 2)}
            )
            rows[-1] |= {"ratio": round(ratio, 1), "reads": ways}
            if scanned:
                scanning.append(f"{form.name} ({', '.join(sorted(scanned))})")
            if plans:
                console.print(f"[b]{form.name}[/b]")
                for plan in found:
                    console.print("\n".join(plan), markup=False, highlight=False)
        console.print(table)
        key = {"p50_ms": round(median(read), 3), "p99_ms": round(ninety_ninth(read), 3)}
        return {"posts": posts, "jobs": jobs, "times": times, "key_read": key, "searches": rows, "scans": scanning}
    finally:
        await db.close()


def _key_read(db: Database, count: int) -> Callable[[int], Awaitable[object]]:
    async def ask(number: int) -> object:
        async with db.transaction() as session:
            wanted = FIRST + (number * 7919) % count * STEP
            return await session.scalar(select(SearchPost.author_id).where(SearchPost.id == wanted))

    return ask


async def _times(ask: Callable[[int], Awaitable[object]], times: int) -> list[float]:
    """Milliseconds of each."""
    for number in range(_WARM):
        await ask(number)
    taken = []
    for number in range(times):
        began = time.perf_counter()
        await ask(number)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def _scanned(db: Database) -> dict[str, int]:
    """How often each table has been read from end to end."""
    async with db.transaction() as session:
        # The one connection there is tells what it did a moment later, unless it is asked to.
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    async with db.transaction() as session:
        rows = await session.execute(
            text("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(:names)"),
            {"names": [*GROWING]},
        )
        return {row.relname: row.seq_scan for row in rows}
