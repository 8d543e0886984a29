"""`make bench`: starts everything, seeds a world, loads it, and prints what came out. ARGS choose parts and seconds.

The API runs on core 0, the load comes from core 1; PostgreSQL (with fsync), Valkey and the worker run where there is
room. Absolute rates follow the machine; the ratio to the bare app, measured beside each endpoint, does not.
"""

import argparse
import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.bootstrap import open_resources
from app.settings import Settings
from tests.bench import deliveries, endpoints, latency
from tests.bench.deliveries import Delivered
from tests.bench.endpoints import FEW, MANY, Measured
from tests.bench.latency import median, ninety_ninth
from tests.bench.load import MISSING, has_wrk
from tests.bench.picture import draw
from tests.bench.seed import seed
from tests.bench.servers import Servers, running

PARTS = ("endpoints", "deliveries", "latency")
RESULTS = Path("bench/results")


def main() -> None:
    """Run what was asked for and write it down."""
    asked = _arguments()
    console = Console() if sys.stdout.isatty() else Console(width=150)
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        raise SystemExit("The bench pins processes to cores: it needs Linux and two cores")
    if not has_wrk():
        console.print(MISSING, style="yellow")
    busy = os.getloadavg()[0]
    with running() as servers:
        found = asyncio.run(_measure(servers, asked, console))
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "load_before": round(busy, 2)},
        "settings": {"seconds": asked.seconds, "readers": asked.readers, "client": "wrk" if has_wrk() else "python"},
        **found,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{asked.name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    (RESULTS / f"{asked.name}.svg").write_text(_picture(found))
    console.print(f"Written to {RESULTS}/{asked.name}.json and .svg. Load before the run: {busy:.1f}.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='make bench ARGS="…"', description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second each, fewer readers and feeds: under a minute")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}; default all")
    parser.add_argument("--only", default="", help="endpoints whose name holds this")
    parser.add_argument("--seconds", type=float, help="of each load; default 5")
    parser.add_argument("--readers", type=int, help="in the population; default 2000")
    parser.add_argument("--feeds", type=int, help="full feeds to deliver into; default 10000")
    parser.add_argument("--name", default="latest", help="of the files in bench/results")
    asked = parser.parse_args()
    asked.seconds = asked.seconds or (1 if asked.quick else 5)
    asked.readers = asked.readers or (300 if asked.quick else 2000)
    asked.feeds = asked.feeds or (1000 if asked.quick else 10_000)
    asked.times = 20 if asked.quick else 200
    if unknown := set(asked.parts.split(",")) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()}")
    return asked


async def _measure(servers: Servers, asked: argparse.Namespace, console: Console) -> dict[str, Any]:
    settings = Settings(database_url=servers.database_url, redis_url=servers.redis_url)
    found: dict[str, Any] = {}
    parts = asked.parts.split(",")
    async with open_resources(settings) as resources:
        world = await seed(resources, readers=asked.readers)
        if "endpoints" in parts:
            rows = []
            for case in await endpoints.cases(servers, world):
                if asked.only in case.name:
                    rows.append(await endpoints.measure(servers, world, case, seconds=asked.seconds))
            console.print(_table(rows))
            found["endpoints"] = [row.plain() for row in rows]
        if "latency" in parts:
            delays = await latency.measure(servers, world, times=asked.times)
            for name, times in delays.items():
                console.print(f"post → {name}: median {median(times):.0f} ms, p99 {ninety_ninth(times):.0f} ms")
            found["latency_ms"] = {name: {"p50": median(x), "p99": ninety_ninth(x)} for name, x in delays.items()}
        if "deliveries" in parts:
            delivered = await deliveries.measure(servers, resources, feeds=asked.feeds)
            console.print(_told(delivered))
            found["deliveries"] = delivered.__dict__
    return found


def _table(rows: list[Measured]) -> Table:
    table = Table(title=f"c = {FEW} and {MANY}; CPU in ms a request at c = {FEW}")
    for heading in ("endpoint", "kB", "anew", "req/s", "p50 ms", "p99 ms", f"c{MANY}: req/s", "p50", "p99"):
        table.add_column(heading, justify="left" if heading == "endpoint" else "right")
    for heading in ("server", "Valkey", "PG", "bare req/s", "of bare", "by CPU"):
        table.add_column(heading, justify="right")
    for row in rows:
        few, many, cpu = row.few, row.many, row.cpu_ms
        table.add_row(
            *(row.name, f"{row.bytes / 1000:.1f}", f"{row.anew:.0%}" if row.anew else ""),
            *(f"{few.rate:,.0f}", f"{few.p50:.1f}", f"{few.p99:.1f}"),
            *(f"{many.rate:,.0f}", f"{many.p50:.1f}", f"{many.p99:.1f}"),
            *(f"{cpu[name]:.3f}" for name in ("server", "valkey", "postgresql")),
            *(f"{value:{form}}" if value else "" for value, form in _limits(row)),
        )
    return table


def _limits(row: Measured) -> tuple[tuple[float | None, str], ...]:
    return (row.bare_rate, ",.0f"), (row.ratio, ".2f"), (row.cpu_ratio, ".2f")


def _told(delivered: Delivered) -> str:
    return (
        f"fan-out into {delivered.feeds:,} full feeds: {delivered.a_second:,.0f} deliveries/s, "
        f"{delivered.valkey_seconds:.3f} CPU s of Valkey for 10,000; {delivered.bytes_per_entry:.0f} bytes an entry"
    )


def _picture(found: dict[str, Any]) -> str:
    rows = [
        (row["name"], row["ratio"], f"{row['rate_few']:,.0f}/s, p99 {row['few']['p99']:.1f} ms")
        for row in found.get("endpoints", [])
        if row["ratio"]
    ]
    busy = found["machine"]["load_before"]
    note = f"Requests/s over a bare ASGI app's with as many bytes, c = {FEW}; load before the run: {busy}"
    return draw("Weizhi: how near each endpoint is to the limit", note, rows)


if __name__ == "__main__":
    main()
