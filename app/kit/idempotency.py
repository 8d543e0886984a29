"""A write repeated with the same `Idempotency-Key` gives the first one's result, exactly once."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import orjson
from pydantic import BaseModel
from sqlalchemy import BigInteger, Index, LargeBinary, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created, count_changed
from app.kit.errors import Conflict
from app.kit.secrets import fingerprint
from app.kit.work import Plain, Work, work_of


class IdempotencyKey(Base):
    """The first use of a key by an account for one operation, and what it made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary)
    object_id: Mapped[int | None]
    created_at: Mapped[Created]


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used before with another request"


KEPT = timedelta(hours=48)
_FORGOTTEN_AT_ONCE = 5000


async def forget(session: AsyncSession, *, now: datetime) -> int:
    """Drop keys first used more than 48 hours before `now`; how many, a bounded number at a time."""
    key = (IdempotencyKey.account_id, IdempotencyKey.operation, IdempotencyKey.key)
    old = select(*key).where(IdempotencyKey.created_at < now - KEPT).limit(_FORGOTTEN_AT_ONCE)
    return await count_changed(session, delete(IdempotencyKey).where(tuple_(*key).in_(old)))


async def replace(session: AsyncSession, *, account_id: int, operation: str, object_id: int, by: int) -> None:
    """Let the keys that made `object_id` answer with `by`, which took its place."""
    mine = update(IdempotencyKey).where(IdempotencyKey.account_id == account_id, IdempotencyKey.operation == operation)
    await session.execute(mine.where(IdempotencyKey.object_id == object_id).values(object_id=by))


_CLAIM = Plain(
    """
    INSERT INTO idempotency_keys (account_id, operation, key, request) VALUES (:account_id, :operation, :key, :request)
    ON CONFLICT DO NOTHING RETURNING true
    """
)
_KEEP = Plain(
    """
    UPDATE idempotency_keys SET object_id = :id
    WHERE account_id = :account_id AND operation = :operation AND key = :key
    """
)
_FIND = Plain(
    """
    SELECT request, object_id FROM idempotency_keys
    WHERE account_id = :account_id AND operation = :operation AND key = :key
    """
)


# The parts of a statement's WITH that claim keys for what it makes: `new` is those rows of `given` that have no key, or
# whose key nobody used before. A key that another transaction claims at the moment is waited for. `claim` gives the
# columns; `account_id` names that of the account, in both.
CLAIMED = "operation text, key text, request bytea"


def claiming(account_id: str) -> str:
    """These parts, for rows with an `id`."""
    return f"""
    claimed AS (
        INSERT INTO idempotency_keys (account_id, operation, key, request, object_id)
        SELECT {account_id}, operation, key, request, id FROM given WHERE key IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING object_id
    ), new AS (
        SELECT * FROM given WHERE key IS NULL OR id IN (SELECT object_id FROM claimed)
    )"""


def claim(operation: str, key: str, request: object) -> dict[str, str]:
    """The columns of `CLAIMED`, for a row of `given` that comes as JSON."""
    return {"operation": operation, "key": key, "request": f"\\x{_print(request).hex()}"}


async def once(
    place: AsyncSession | Work,
    make: Callable[[], Awaitable[int]],
    *,
    account_id: int,
    operation: str,
    key: str | None,
    request: object,
) -> int:
    """The id of what `make` made for this key: now, or when the key was first used. Without a key: now.

    `request` is a model or any JSON-able form of the request. A concurrent use of the same key waits here until the
    first one commits. Raises `IdempotencyKeyReused` when the earlier request was a different one.
    """
    if not key:
        return await make()
    work = place if isinstance(place, Work) else await work_of(place)
    print_of_request = _print(request)
    mine = {"account_id": account_id, "operation": operation, "key": key}
    await work.begin()
    if await work.row(_CLAIM, **mine, request=print_of_request):
        id = await make()
        await work.row(_KEEP, **mine, id=id)
        return id
    earlier = await work.row(_FIND, **mine)
    if earlier is None or earlier["request"] != print_of_request or earlier["object_id"] is None:
        raise IdempotencyKeyReused
    made: int = earlier["object_id"]
    return made


def _print(request: object) -> bytes:
    said = request.model_dump() if isinstance(request, BaseModel) else request
    return fingerprint(orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS).decode())
