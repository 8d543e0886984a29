"""A page of a tree, as it goes out."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, fetch_profiles
from app.cascades import queries
from app.cascades.funnel import FEWEST
from app.cascades.paging import Cut, Spot, page
from app.cascades.reposters import NAMELESS, Brought, Measure, amount, best, tally
from app.cascades.schemas import CascadeOut, NodeOut, PrivateOut, ReposterOut, RepostersOut, RootOut, TotalsOut
from app.cascades.tree import QUOTE, REMOVED, Tree
from app.cascades.trees import load_named
from app.exposures.days import day_of
from app.jobs.models import Job
from app.kit.clock import now
from app.kit.ids import moment_of
from app.kit.site import Site
from app.kit.work import through
from app.reading.present_account import present_account


async def present_page(
    session: AsyncSession, *, job: Job, tree: Tree, cut: Cut, viewer_id: int, site: Site
) -> CascadeOut:
    """The entries that `cut` asks for, with the totals of the whole tree; three statements, and three for names."""
    spots = await asyncio.to_thread(page, tree, cut)
    nodes = {tree.ids[spot.place]: spot for spot in spots if spot.leaf is None}
    branches = await queries.load_branches(
        session, nodes=nodes, leaves=[spot.id for spot in spots if spot.leaf is not None]
    )
    named = await load_named(session, viewer_id=viewer_id, tree=tree, places=[spot.place for spot in nodes.values()])
    # Who applies tells the employer who it is.
    others = {branch.account_id for branch in branches.values() if branch.kind == "application"}
    profiles = await fetch_profiles(through(session), ids={job.author_id, *others})

    def shown(spot: Spot) -> NodeOut:
        branch = branches[spot.id]
        profile = named.get(spot.place) if spot.leaf is None else profiles.get(branch.account_id)
        return _node(tree, spot, branch, profile, site)

    author = profiles.get(job.author_id)
    last = spots[-1] if len(spots) == cut.limit else None
    return CascadeOut(
        job_id=job.id,
        root=RootOut(
            status_id=tree.ids[0],
            account=present_account(author, site=site) if author else None,
            created_at=moment_of(tree.ids[0]),
            **_counts(tree, 0),
        ),
        totals=totals(tree),
        parent_id=tree.ids[cut.start],
        nodes=[shown(spot) for spot in spots if spot.id in branches],
        next=f"{tree.latest}-{last.level}-{-last.lightness}-{last.id}" if last else None,
    )


def totals(tree: Tree) -> TotalsOut:
    """What still stands of a cascade, in numbers."""
    standing = [place for place in range(1, len(tree)) if not tree.flags[place] & REMOVED]
    quotes = sum(tree.flags[place] & QUOTE for place in standing)
    return TotalsOut(
        reposts=len(standing) - quotes,
        quotes=quotes,
        applications=tree.applications[0],
        interviews=tree.interviews[0],
        hires=tree.hires[0],
        accounts=len({tree.accounts[place] for place in standing}),
        depth=max((tree.levels[place] for place in standing), default=0),
    )


async def present_reposters(
    session: AsyncSession,
    *,
    job: Job,
    tree: Tree,
    measure: Measure,
    after: tuple[int, int] | None,
    limit: int,
    viewer_id: int,
    site: Site,
) -> RepostersOut:
    """Who brought most; three statements."""
    reach = await queries.load_readers(session, root_id=tree.ids[0], today=day_of(now()))
    unnamed = await queries.load_unnamed(session, ids=set(tree.accounts[1:]), viewer_id=viewer_id)
    found = await asyncio.to_thread(tally, tree, reach=reach, unnamed=unnamed)
    rows = best(found, measure, after=after, limit=limit)
    profiles = await fetch_profiles(through(session), ids=[row.account_id for row in rows])
    nameless = found.get(NAMELESS)
    return RepostersOut(
        job_id=job.id,
        reposters=[
            ReposterOut(account=present_account(profiles[row.account_id], site=site), **_brought(row))
            for row in rows
            if row.account_id in profiles
        ],
        private=PrivateOut(people=nameless.people, **_brought(nameless)) if nameless else None,
        next=f"{tree.latest}-{amount(rows[-1], measure)}-{rows[-1].account_id}" if len(rows) == limit else None,
    )


def _brought(row: Brought) -> dict[str, int | None]:
    return {
        "own_count": row.own,
        "reach": None if 0 < row.reach < FEWEST else row.reach,
        "reposts_count": row.reposts,
        "applications_count": row.applications,
        "interviews_count": row.interviews,
        "hires_count": row.hires,
    }


def _node(tree: Tree, spot: Spot, branch: queries.Branch, profile: Profile | None, site: Site) -> NodeOut:
    is_leaf = spot.leaf is not None
    return NodeOut(
        id=branch.id,
        kind=branch.kind,
        status_id=None if is_leaf else branch.id,
        application_id=branch.id if is_leaf else None,
        parent_id=branch.parent_id,
        depth=branch.depth,
        account=present_account(profile, site=site) if profile else None,
        inference=branch.inference,
        confidence=branch.confidence,
        removed=not is_leaf and bool(tree.flags[spot.place] & REMOVED),
        stage=branch.stage,
        created_at=branch.created_at,
        **(dict.fromkeys(_COUNTS, 0) if is_leaf else _counts(tree, spot.place)),
    )


_COUNTS = (
    "children_count",
    "subtree_count",
    "applications_count",
    "subtree_applications_count",
    "subtree_hires_count",
)


def _counts(tree: Tree, place: int) -> dict[str, int]:
    counts = (
        len(tree.children[place]),
        tree.below[place],
        len(tree.through.get(place, ())),
        tree.applications[place],
        tree.hires[place],
    )
    return dict(zip(_COUNTS, counts, strict=True))
