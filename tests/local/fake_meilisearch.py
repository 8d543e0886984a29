"""Plays the program `meilisearch`: takes its arguments, and serves the small Meilisearch of tests/search.

A folder `data.ms` with a file `of-another-version` is refused, as the real one refuses it.
"""

import argparse
import os
import sys
from pathlib import Path

from tests.search.fake_meilisearch import FakeMeilisearch, server_for


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("db-path", "http-addr", "env", "log-level", "max-indexing-memory", "dump-dir", "snapshot-dir"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--max-indexing-threads", type=int, required=True)
    parser.add_argument("--no-analytics", action="store_true", required=True)
    asked = parser.parse_args()
    key = os.environ["MEILI_MASTER_KEY"]
    if asked.env == "production" and len(key) < 16:
        sys.exit("the master key must be at least 16 bytes")
    data = Path(asked.db_path)
    if (data / "of-another-version").exists():
        sys.exit("Your database version (1.12.0) is incompatible with your current engine version (1.50.0).")
    if (data.parent / "broken").exists():
        sys.exit("broken, as told")
    data.mkdir(exist_ok=True)
    server_for(FakeMeilisearch(key), int(asked.http_addr.rpartition(":")[2])).serve_forever()


if __name__ == "__main__":
    main()
