"""Where posts are searched for, and by whom they are written."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile, load_ids_by_username
from app.graph.queries import list_followee_ids
from app.lists.queries import get_own_list, list_member_ids
from app.posts.queries import list_reposted_ids
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.rules import Rule, at_home, findable, in_list, on_profile, welcome
from app.search.index import PostQuery
from app.search.operators import ME, Typed
from app.search.pay_words import pay_as_word

MOST_AUTHORS = 2000
MOST_REPOSTED = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose posts are searched (None: everyone's public ones), which besides, and what rule decides."""

    rule: Rule
    author_ids: tuple[int, ...] | None = None
    post_ids: tuple[int, ...] = ()
    truncated: bool = False


PUBLIC = Scope(findable)


async def home_scope(session: AsyncSession, *, account_id: int) -> Scope:
    """What comes into an account's home timeline: its own posts, those of the people it follows (the last
    followed 2,000 at most), and what these reposted (the last 1,000).
    """
    followees = await list_followee_ids(session, follower_id=account_id, limit=MOST_AUTHORS + 1)
    reposted = await list_reposted_ids(session, follower_id=account_id, limit=MOST_REPOSTED)
    brought = frozenset(reposted)

    def rule(item: HydratedPost, hydrated: Hydrated) -> bool:
        return at_home(item, hydrated) or (item.post.id in brought and welcome(item, hydrated))

    authors = (account_id, *followees[:MOST_AUTHORS])
    return Scope(rule, authors, tuple(brought), truncated=len(followees) > MOST_AUTHORS)


async def list_scope(session: AsyncSession, *, list_id: int, account_id: int) -> Scope:
    """The people on a list of this account's own; raises NotFound for any other."""
    found = await get_own_list(session, id=list_id, account_id=account_id)
    members = await list_member_ids(session, found=found, limit=MOST_AUTHORS + 1)
    return Scope(in_list, tuple(members[:MOST_AUTHORS]), truncated=len(members) > MOST_AUTHORS)


async def account_scope(session: AsyncSession, *, author_id: int) -> Scope:
    """One account; raises NotFound when there is none."""
    await get_profile(session, id=author_id)
    return Scope(on_profile, (author_id,))


async def written_by(session: AsyncSession, query: PostQuery, typed: Typed, *, viewer_id: int | None) -> PostQuery:
    """`query` narrowed by what operators asked for. Usernames that nobody has find nothing."""
    names = {*typed.authors, *typed.not_authors} - {ME}
    ids = await load_ids_by_username(session, usernames=names) if names else {}
    if viewer_id is not None:
        ids[ME] = viewer_id
    theirs = tuple(ids[name] for name in typed.authors if name in ids)
    if query.written_by is not None and typed.authors:
        theirs = tuple(id for id in query.written_by if id in theirs)
    return replace(
        query,
        text=pay_as_word(typed.words),
        written_by=theirs if typed.authors else query.written_by,
        not_written_by=tuple(ids[name] for name in typed.not_authors if name in ids),
        kinds=tuple(dict.fromkeys([*query.kinds, *typed.kinds])),
        language=typed.language or query.language,
        traits=tuple(dict.fromkeys([*query.traits, *typed.traits])),
        without=tuple(typed.without),
        before=min([bound for bound in (query.before, typed.before) if bound is not None], default=None),
        after=max([bound for bound in (query.after, typed.after) if bound is not None], default=None),
    )
