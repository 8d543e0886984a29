"""Who publishes: all that a new post takes from its author and the app, in one statement."""

from dataclasses import dataclass

from app.accounts.models import Account, AccountStats
from app.accounts.queries import Defaults, Profile
from app.kit.errors import NotFound
from app.kit.work import Plain, Work, unattached


@dataclass(frozen=True, slots=True)
class Author:
    """The author, how their posts are where a post does not say, the app as (name, website), and the post's id."""

    profile: Profile
    defaults: Defaults
    app: tuple[str, str | None] | None
    post_id: int


_ACCOUNT = tuple(column.key for column in Account.__table__.columns if column.key != "password_hash")
_STATS = tuple(column.key for column in AccountStats.__table__.columns)
_FIND = Plain(
    f"""
SELECT weizhi_id(), app.name, app.website,
    {", ".join(f"account.{name}" for name in _ACCOUNT)}, {", ".join(f"stats.{name}" for name in _STATS)}
FROM accounts AS account
JOIN account_stats AS stats ON stats.account_id = account.id
LEFT JOIN apps AS app ON app.id = :app_id
WHERE account.id = :id
"""
)


async def get_author(work: Work, *, id: int, app_id: int | None) -> Author:
    """Who publishes by which app, and a new id for the post; raises NotFound."""
    row = await work.row(_FIND, id=id, app_id=app_id)
    if row is None:
        raise NotFound
    values = row[3:]
    account = unattached(Account, dict(zip(_ACCOUNT, values, strict=False)))
    stats = unattached(AccountStats, dict(zip(_STATS, values[len(_ACCOUNT) :], strict=True)))
    defaults = Defaults(
        account.default_visibility,
        account.default_sensitive,
        account.default_language,
        account.default_quote_policy,
    )
    return Author(Profile(account, stats), defaults, (row[1], row[2]) if row[1] else None, post_id=row[0])
