"""Runs the supervisor with the stand-in: weizhi_run.py DATA PORT [own-servers]."""

import os
import sys
from pathlib import Path

from app.local import processes, supervisor

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


def main(data: str, port: str, servers: str = "") -> int:
    if os.environ.get("WEIZHI_TEST_NO_PDEATHSIG"):
        processes.ending_with_us = lambda signum: None
    given = not servers
    return supervisor.run(
        data=Path(data),
        host="127.0.0.1",
        port=int(port),
        public_url=f"http://localhost:{port}",
        database_url="postgresql+asyncpg://elsewhere/weizhi" if given else None,
        redis_url="redis://elsewhere" if given else None,
        # Only a test's own, not the one that this machine may have.
        meili_url=None if os.environ.get("WEIZHI_TEST_MEILISEARCH") else "http://elsewhere",
        command=STAND_IN,
        timing=supervisor.Timing(pauses=(0.1, 0.1)),
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
