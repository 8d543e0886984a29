"""`make bench-search`: how well each engine finds what was judged relevant, and how fast PostgreSQL is on a full index.

ARGS: `--parts relevance`, `--data FOLDER` (more real rows), `--posts 20000 --jobs 2000` (a smaller full index).
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

from app.kit import log
from tests.bench_search import load, relevance
from tests.bench_search.engines import Servers, servers

PARTS = ("relevance", "load")
RESULTS = Path("bench/results")
FULL = 200_000, 20_000


def main() -> None:
    """Run what was asked for and write it down; fails where a search scans a table."""
    asked = _arguments()
    console = Console() if sys.stdout.isatty() else Console(width=150)
    log.configure("WARNING")
    busy = os.getloadavg()[0]
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "load_before": round(busy, 2)},
    }
    parts = asked.parts.split(",")
    for name in PARTS:
        if name in parts:
            with servers() as started:
                found[name] = asyncio.run(_part(name, started, asked, console))
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{asked.name}.json"
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    console.print(f"Written to {file}. Load before the run: {busy:.1f}.")
    scans = found.get("load", {}).get("scans")
    # On a small table PostgreSQL reads everything, and is right.
    if scans and asked.posts >= FULL[0] and asked.jobs >= FULL[1]:
        raise SystemExit(f"These scan a table: {', '.join(scans)}")


async def _part(name: str, started: Servers, asked: argparse.Namespace, console: Console) -> dict[str, Any]:
    if name == "relevance":
        return await relevance.measure(started, asked.data, console)
    return await load.measure(
        started, posts=asked.posts, jobs=asked.jobs, times=asked.times, plans=asked.plans, console=console
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='make bench-search ARGS="…"', description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}; default both")
    parser.add_argument("--data", type=Path, help="a folder of more rows; see tests/bench_search/data/README.md")
    parser.add_argument("--posts", type=int, default=FULL[0], help="in the full index")
    parser.add_argument("--jobs", type=int, default=FULL[1], help="in the full index")
    parser.add_argument("--times", type=int, default=100, help="each query is asked")
    parser.add_argument("--plans", action="store_true", help="print the whole plans, not only their scans")
    parser.add_argument("--name", default="latest.search", help="of the file in bench/results")
    asked = parser.parse_args()
    if unknown := set(asked.parts.split(",")) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()}")
    if asked.data and not asked.data.is_dir():
        parser.error(f"there is no folder {asked.data}")
    return asked


if __name__ == "__main__":
    main()
