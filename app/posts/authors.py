"""Who publishes: all that a new post takes from its author and the app, in one statement."""

from dataclasses import dataclass

from app.accounts.queries import PROFILE, Defaults, Profile, profile_of
from app.kit.errors import NotFound
from app.kit.work import Plain, Work


@dataclass(frozen=True, slots=True)
class Author:
    """The author, how their posts are where a post does not say, the app as (name, website), and the post's id."""

    profile: Profile
    defaults: Defaults
    app: tuple[str, str | None] | None
    post_id: int


_FIND = Plain(
    f"""
    SELECT weizhi_id(), app.name, app.website, {PROFILE}
    FROM accounts AS account
    JOIN account_stats ON account_stats.account_id = account.id
    LEFT JOIN apps AS app ON app.id = :app_id
    WHERE account.id = :id
    """
)


async def get_author(work: Work, *, id: int, app_id: int | None) -> Author:
    """Who publishes by which app, and a new id for the post; raises NotFound."""
    row = await work.row(_FIND, id=id, app_id=app_id)
    if row is None:
        raise NotFound
    profile = profile_of(row[3:])
    account = profile.account
    defaults = Defaults(
        account.default_visibility,
        account.default_sensitive,
        account.default_language,
        account.default_quote_policy,
    )
    return Author(profile, defaults, (row[1], row[2]) if row[1] else None, post_id=row[0])
