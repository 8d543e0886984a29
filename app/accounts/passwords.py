"""Passwords: argon2id with the cost OWASP recommends for small machines (19 MiB, 2 passes)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Each takes tens of milliseconds of a core: a flood of logins must leave cores for everyone else.
_ASIDE = ThreadPoolExecutor(2, thread_name_prefix="password")


def hash_password(password: str) -> str:
    """The argon2id hash to store. Slow by design: see `hash_password_aside` for event loops."""
    return _HASHER.hash(password)


async def hash_password_aside(password: str) -> str:
    """`hash_password` in a thread, two at a time."""
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, hash_password, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """Whether `password` is the one hashed; takes as long when there is no account as when there is."""
    matches = await asyncio.get_running_loop().run_in_executor(_ASIDE, _verify, password, hashed or _NOBODYS)
    return matches and hashed is not None


def _verify(password: str, hashed: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODYS = _HASHER.hash("no account has this password")
