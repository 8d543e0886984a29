"""Searches as readers meet them: the index proposes, PostgreSQL and the rules decide what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.pagination import Page
from app.kit.refusals import refuses
from app.reading.pipeline import Timeline, hydrated_by, read_marked, read_timeline
from app.search.errors import EmptyQuery
from app.search.highlight import highlight
from app.search.index import MOST_RANKED, PostQuery, SearchIndex
from app.search.scope import Scope

# So far may a post's place by relevance have moved between two pages.
_SHIFT = 20
_ALL_VISIBILITIES = ("public", "unlisted", "private")


@dataclass(slots=True)
class FoundPosts:
    """A page of posts with their words marked."""

    timeline: Timeline
    highlights: dict[int, str] = field(default_factory=dict)
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read what matches best: posts before id `pin`, up to `place`, where `last` was shown."""

    pin: int
    place: int = 0
    last: int = 0


@refuses(EmptyQuery)
async def find_posts(
    session: AsyncSession,
    index: SearchIndex,
    *,
    query: PostQuery,
    scope: Scope,
    page: Page,
    viewer_id: int | None,
) -> FoundPosts:
    """The page of posts that match `query` in `scope`. Raises EmptyQuery and SearchUnavailable."""
    found = FoundPosts(Timeline())

    async def skeleton(part: Page) -> Sequence[int]:
        # The index may ask for a connection of its own: a request that kept this one could wait for itself.
        await session.commit()
        hits = await index.search_posts(_on_page(query, scope, part))
        found.degraded |= hits.degraded
        return hits.ids

    found.timeline = await read_timeline(
        hydrated_by(session), skeleton=skeleton, page=page, rule=scope.rule, viewer_id=viewer_id
    )
    found.highlights = _highlights(found.timeline, query)
    return found


async def find_best_posts(
    session: AsyncSession,
    index: SearchIndex,
    *,
    query: PostQuery,
    scope: Scope,
    page: Page,
    mark: Mark,
    viewer_id: int | None,
) -> tuple[FoundPosts, Mark | None]:
    """The page after `mark` of the posts that match best, and the mark of the next one.

    Posts made after the first page are on none, so that what arrives meanwhile neither moves anything nor comes twice.
    """
    found, placed = FoundPosts(Timeline()), dict[int, int]()
    asked = replace(_on_page(query, scope, page), sort="relevance", ascending=False)
    asked = replace(asked, before=min(mark.pin, asked.before if asked.before is not None else mark.pin))

    async def skeleton(part: Page) -> Sequence[tuple[int, int]]:
        await session.commit()
        # Places count down, as ids do: `max_id` is the last place looked at.
        place = MOST_RANKED - part.max_id if part.max_id is not None else mark.place
        start = max(0, place - _SHIFT) if mark.last and not placed else place
        size = part.limit + (place - start) + (_SHIFT if start < place else 0)
        hits = await index.search_posts(replace(asked, offset=start, limit=min(size, MOST_RANKED - start)))
        found.degraded |= hits.degraded
        ranked = [*enumerate(hits.ids, start)]
        # Where the page before ended, even if deleted or late posts have moved it a little.
        ended = next((at for at, id in ranked if id == mark.last), place - 1) if not placed else place - 1
        following = [(at, id) for at, id in ranked if at > ended][: part.limit]
        placed.update(following)
        return [(MOST_RANKED - at - 1, id) for at, id in following]

    if mark.place < MOST_RANKED:
        found.timeline = await read_marked(
            hydrated_by(session),
            skeleton=skeleton,
            page=Page(limit=page.limit),
            rule=scope.rule,
            viewer_id=viewer_id,
        )
    found.highlights = _highlights(found.timeline, query)
    ended = found.timeline.older_than
    if ended is None or ended <= 0:
        return found, None
    place = MOST_RANKED - ended
    return found, Mark(mark.pin, place, placed[place - 1])


def _highlights(timeline: Timeline, query: PostQuery) -> dict[int, str]:
    return {item.post.id: highlight(item.post.text, query.text) for item, _ in timeline.items}


def _on_page(query: PostQuery, scope: Scope, page: Page) -> PostQuery:
    """`query` narrowed to `scope` and to the part of the timeline that `page` asks for."""
    uppers = [bound for bound in (query.before, page.max_id) if bound is not None]
    lowers = [bound for bound in (query.after, page.min_id, page.since_id) if bound is not None]
    return replace(
        query,
        limit=page.limit,
        author_ids=scope.author_ids,
        post_ids=scope.post_ids,
        visibilities=_ALL_VISIBILITIES,
        before=min(uppers, default=None),
        after=max(lowers, default=None),
        ascending=page.ascending,
    )
