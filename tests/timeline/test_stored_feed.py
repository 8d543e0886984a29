"""Pages of a stored feed that is known in part: exactly those of the whole, or none."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, FeedPage
from app.timeline.stored_feed import StoredFeed, parse

ids = st.integers(1, 40)
cursor = st.none() | st.integers(0, 41)
pages = st.builds(Page, limit=st.integers(1, 12), max_id=cursor, since_id=cursor, min_id=cursor)


def plainly(known: list[int], whole: bool, page: Page) -> FeedPage:
    """What the port promises, said without any skill."""
    wanted = [id for id in known if id > page.floor and (page.max_id is None or id < page.max_id)]
    reaches = whole or any(id <= page.floor for id in known)
    if page.ascending:
        return FeedPage(wanted[-page.limit :] if reaches else [], complete=reaches)
    found = wanted[: page.limit]
    return FeedPage(found, complete=reaches or len(found) == page.limit)


class TestPage:
    @given(st.sets(ids), st.booleans(), pages, st.integers(0, 45))
    def test_is_that_of_the_whole_feed_or_unknown(self, held: set[int], whole: bool, page: Page, head: int) -> None:
        known = sorted(held, reverse=True)
        whole = whole or not known
        expected = plainly(known, whole, page)
        assert StoredFeed(array("q", known), ended=True, whole=whole).page(page) == expected
        items = [str(id).encode() for id in known] + [b"!whole"] * whole + [b"!open:1"]
        feed = parse(items[: head + 1], all=False)
        assert feed is not None
        assert feed.page(page) in (expected, None)

    @given(st.integers(1, 20))
    def test_of_the_head_is_known_from_the_head(self, limit: int) -> None:
        feed = StoredFeed(array("q", range(100, 80, -1)), ended=False, whole=False)
        assert feed.page(Page(limit=limit)) is not None
        assert feed.page(Page(limit=limit, min_id=90)) is not None
        assert feed.page(Page(limit=limit, since_id=81)) is not None


class TestParse:
    def test_shows_no_more_than_the_capacity(self) -> None:
        items = [str(id).encode() for id in range(2 * CAPACITY, CAPACITY - 5, -1)] + [b"!whole"]
        feed = parse(items, all=True)
        assert feed is not None
        assert (len(feed.ids), feed.whole) == (CAPACITY, False)

    def test_knows_feeds_that_are_missing_building_and_empty(self) -> None:
        assert parse([], all=True) is None
        assert parse([b"!open:1", b"7"], all=True) is None
        assert parse([b"!whole"], all=True) == StoredFeed([], ended=True, whole=True)
        assert parse([b"7", b"!open:1"], all=True) == StoredFeed([7], ended=True, whole=False)
