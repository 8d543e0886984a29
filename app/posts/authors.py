"""Who publishes: all that a new post takes from its author and the app."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.accounts.models import AccountStats
from app.accounts.queries import PROFILE, Defaults, Profile, profile_of
from app.kit.errors import NotFound
from app.kit.work import Fetch, Plain, Work, listed


@dataclass(frozen=True, slots=True)
class Author:
    """The author, how their posts are where a post does not say, and the app as (name, website), which stays.

    `version` changes whenever the account does: with it in a post's row, the post is written only if the account still
    is as it was read. Counters are not of the account.
    """

    profile: Profile
    defaults: Defaults
    app: tuple[str, str | None] | None
    version: str

    def with_counters(self, stats: AccountStats | None) -> "Author":
        """The same with other counters, or None: the ones there are."""
        return self if stats is None else replace(self, profile=Profile(self.profile.account, stats))


_FIND = Plain(
    f"""
    SELECT asked.number, account.xmin::text, app.name, app.website, {PROFILE}
    FROM unnest({listed("ids")}, {listed("app_ids")}) WITH ORDINALITY AS asked (id, app_id, number)
    JOIN accounts AS account ON account.id = asked.id
    JOIN account_stats ON account_stats.account_id = account.id
    LEFT JOIN apps AS app ON app.id = asked.app_id
    """
)


async def get_author(work: Work, *, id: int, app_id: int | None) -> Author:
    """Who publishes by which app; raises NotFound."""
    [author] = await find_authors(work.rows, [(id, app_id)])
    if author is None:
        raise NotFound
    return author


async def find_authors(fetch: Fetch, asked: Sequence[tuple[int, int | None]]) -> list[Author | None]:
    """`get_author` for several, in this order; None for who is not there."""
    rows = await fetch(_FIND, ids=[id for id, _ in asked], app_ids=[app_id for _, app_id in asked])
    found = {row[0]: _author(row) for row in rows}
    return [found.get(number) for number in range(1, len(asked) + 1)]


def _author(row: Sequence[Any]) -> Author:
    profile = profile_of(row[4:])
    account = profile.account
    defaults = Defaults(
        account.default_visibility,
        account.default_sensitive,
        account.default_language,
        account.default_quote_policy,
    )
    return Author(profile, defaults, (row[2], row[3]) if row[2] else None, version=row[1])
