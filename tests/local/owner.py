"""Holds a server as `weizhi run` does, in a process that tests may kill: owner.py KIND FOLDER [USER].

With WEIZHI_TEST_NO_PDEATHSIG set it does without the kernel's help, as on macOS.
"""

import asyncio
import os
import pwd
import sys
from pathlib import Path

import asyncpg

from app.local import processes
from app.local.errors import LocalError
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey

# The system itself does not crash in tests, so that what processes wrote is safe unsynced.
QUICK = {"fsync": "off"}


async def count_a_row(url: str) -> int:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        await connection.execute("INSERT INTO words VALUES ('微职')")
        return await connection.fetchval("SELECT count(*) FROM words")
    finally:
        await connection.close()


def main(kind: str, folder: str, user: str | None = None) -> int:
    if user:
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    if os.environ.get("WEIZHI_TEST_NO_PDEATHSIG"):
        processes.ending_with_us = lambda signum: None
    server = LocalPostgres(Path(folder), options=QUICK) if kind == "postgres" else LocalValkey(Path(folder))
    try:
        url = server.start()
    except LocalError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    rows = asyncio.run(count_a_row(url)) if kind == "postgres" else 0
    sys.stdout.write(f"READY {rows} {url}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
