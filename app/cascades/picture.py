"""The picture of a job's tree, for the seats of its organisation."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from app.cascades.drawing import draw
from app.cascades.present import totals
from app.cascades.tree import Tree
from app.cascades.trees import load_named
from app.cascades.words import LANGUAGES
from app.jobs.models import Job
from app.organizations.queries import get_organization

# Of so many of the heaviest the names are asked for; not all find room.
_WORTH_NAMING = 60


async def draw_tree(session: AsyncSession, *, job: Job, tree: Tree, viewer_id: int, language: str) -> str:
    """SVG, in one of `words.LANGUAGES`."""
    organization = await get_organization(session, id=job.organization_id)
    places = await asyncio.to_thread(_heaviest, tree)
    named = await load_named(session, viewer_id=viewer_id, tree=tree, places=places)
    names = {place: profile.account.display_name or profile.account.username for place, profile in named.items()}

    def drawn() -> str:
        return draw(
            tree,
            title=job.title,
            root_name=organization.name,
            names=names,
            totals=totals(tree),
            words=LANGUAGES[language],
        )

    return await asyncio.to_thread(drawn)


def _heaviest(tree: Tree) -> list[int]:
    places = (place for place in range(1, len(tree)) if tree.weight(place) and tree.names(place))
    return sorted(places, key=lambda place: (-tree.weight(place), place))[:_WORTH_NAMING]
