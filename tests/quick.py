"""What makes short tests quick without changing what they see.

An engine compiles its statements anew, and a connection of PostgreSQL reads the catalogue and plans anew: half of what
a short test cost. And everybody in a test has a password, whose hash is slow by design.
"""

import asyncio
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts import passwords
from app.kit import db

REAL_HASHER = passwords._HASHER
_engines: dict[tuple[str, int], AsyncEngine] = {}
_create = db.create_async_engine


def hash_cheaply() -> None:
    """Let this process hash passwords at the lowest cost that argon2 knows."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def keep_open(url: str) -> None:
    """Let every `Database` that opens `url` use one engine, which stays open when they close.

    A connection comes back to its pool rolled back, so that the next test finds it as good as new. Only in the event
    loop that runs now: connections cannot leave theirs.
    """
    loop = asyncio.get_running_loop()

    def create(wanted: str, **options: Any) -> AsyncEngine:
        if wanted != url or asyncio._get_running_loop() is not loop:
            return _create(wanted, **options)
        key = wanted, options["pool_size"]
        if key not in _engines:
            _engines[key] = _KeptOpen(_create(wanted, **options).sync_engine)
        return _engines[key]

    db.create_async_engine = create  # type: ignore[assignment]


async def forget_plans() -> None:
    """Close every connection that is not in use: what rows a statement touches must not follow from earlier tests."""
    for engine in _engines.values():
        await AsyncEngine.dispose(engine)


async def close_kept() -> None:
    """Close what `keep_open` kept, and keep nothing more."""
    db.create_async_engine = _create
    await forget_plans()
    _engines.clear()


class _KeptOpen(AsyncEngine):
    async def dispose(self, close: bool = True) -> None:
        """Stay open for the next test."""
