"""People by name, headline and words about themselves. PostgreSQL answers whichever engine searches posts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.search.chinese import normalize
from app.search.full_text import tsquery, tsvector
from app.search.models import SearchAccount
from app.search.pinyin import pinyin_words

MOST_FOUND = 1000
_HIGHEST = "\U0010ffff"

_PUT = text(
    """
    INSERT INTO search_accounts (id, name, words)
    SELECT id, name, words FROM json_to_recordset(CAST(:rows AS json)) AS new (id bigint, name text, words tsvector)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, words = excluded.words
    """
)
# Who is meant by name comes first, then whom the viewer follows, then whom many follow. Each way of finding gives so
# many at most: beyond that, more words are needed, not more pages.
_FIND = text(
    """
    WITH found AS (
        (SELECT id FROM accounts WHERE handle >= :handle AND handle < :handle || :highest AND :handle <> '' LIMIT :most)
        UNION
        (SELECT id FROM search_accounts WHERE name >= :name AND name < :name || :highest AND :name <> '' LIMIT :most)
        UNION
        (SELECT id FROM search_accounts WHERE :words <> '' AND words @@ CAST(:words AS tsquery) LIMIT :most)
    )
    SELECT accounts.id
    FROM found
    JOIN accounts USING (id)
    JOIN account_stats ON account_stats.account_id = accounts.id
    LEFT JOIN search_accounts USING (id)
    LEFT JOIN follows ON follows.follower_id = :viewer AND follows.followee_id = accounts.id
    WHERE accounts.suspended_at IS NULL AND (NOT :following OR follows.id IS NOT NULL)
        AND NOT EXISTS (SELECT FROM blocks WHERE account_id = accounts.id AND target_id = :viewer)
    ORDER BY accounts.handle = :handle DESC, search_accounts.name = :name DESC NULLS LAST, follows.id IS NOT NULL DESC,
        account_stats.followers_count DESC, accounts.id
    LIMIT :limit OFFSET :offset
    """
)


async def list_people(
    session: AsyncSession, *, query: str, viewer_id: int | None, following: bool, limit: int, offset: int
) -> list[int]:
    """Ids of accounts that `query` finds: by the beginning of a username or name, or by words of a profile.

    `following`: only those whom the viewer follows. Suspended accounts and those that block the viewer are not found.
    """
    words = query.strip().removeprefix("@")
    parameters = {
        "handle": words.lower() if words.isascii() else "",
        "name": normalize(words),
        "words": _words(words),
        "highest": _HIGHEST,
        "most": MOST_FOUND,
        "viewer": viewer_id,
        "following": following,
        "limit": limit,
        "offset": offset,
    }
    return list(await session.scalars(_FIND, parameters))


def _words(query: str) -> str:
    """What was typed as a question to the index; 王晓明 is also spelled Wang Xiaoming and wang xiao ming."""
    apart = tsquery(query)
    together = tsquery("".join(query.split())) if query.isascii() else apart
    return apart if together == apart or not apart else f"({apart}) | ({together})"


async def index_people(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Bring each payload's account ("account_id") up to date in the index, or take it out."""
    await put_people(session, ids={payload["account_id"] for payload in payloads})


async def put_people(session: AsyncSession, *, ids: Collection[int]) -> None:
    """Bring accounts up to date in the index."""
    living = select(Account).where(Account.id.in_(ids), Account.suspended_at.is_(None))
    # Locked: of two workers at one account, the later reads the later state.
    accounts = (await session.scalars(living.order_by(Account.id).with_for_update(read=True))).all()
    gone = set(ids) - {account.id for account in accounts}
    if gone:
        await session.execute(delete(SearchAccount).where(SearchAccount.id.in_(gone)))
    if accounts:
        await session.execute(_PUT, {"rows": orjson.dumps([_row(account) for account in accounts]).decode()})


async def list_people_after(session: AsyncSession, *, id: int, limit: int) -> list[int]:
    """Ids of accounts above `id`, lowest first: for indexing everyone anew."""
    return list(await session.scalars(select(Account.id).where(Account.id > id).order_by(Account.id).limit(limit)))


async def count_people(session: AsyncSession) -> int:
    """How many accounts there are."""
    return await session.scalar(select(func.count()).select_from(Account)) or 0


def _row(account: Account) -> dict[str, Any]:
    about = " ".join(f"{field['name']} {field['value']}" for field in account.fields)
    return {
        "id": account.id,
        "name": normalize(account.display_name),
        "words": tsvector(
            (account.username, "A"),
            (account.display_name, "A"),
            (account.headline, "B"),
            (account.verified_reason, "B"),
            (account.note, "D"),
            (about, "D"),
            (pinyin_words(account.display_name), "A"),
        ),
    }
