"""Posts of one kind are one question: who welcomes one of them at home welcomes all, and may quote all or none."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from app.posts.models import Post
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present import may_be_quoted
from app.reading.rules import at_home, kind_of
from app.reading.viewer import Followed, Viewer

READER, AUTHOR, OTHER = 1, 2, 3
PEOPLE = st.sets(st.sampled_from((AUTHOR, OTHER)), max_size=1).map(frozenset)
VIEWERS = st.builds(
    Viewer,
    id=st.just(READER),
    follows=st.builds(
        Followed, reposts=st.booleans(), languages=st.none() | st.sampled_from([("zh",), ("zh", "en")])
    ).map(lambda how: {AUTHOR: how}),
    blocks=PEOPLE,
    blocked_by=PEOPLE,
    mutes=PEOPLE,
    exclusive=PEOPLE,
    tags=st.sets(st.just("招聘")).map(frozenset),
)
USUAL: dict[str, Any] = {
    "kind": "post",
    "visibility": "public",
    "language": "zh",
    "quote_policy": "public",
    "repost_of_id": None,
    "quote_of_id": None,
    "poll_id": None,
    "in_reply_to_id": None,
    "in_reply_to_account_id": None,
    "mentions": [],
    "tags": [],
}
# Mostly as usual, or hardly any two would be of one kind.
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(("repost", "quote", "job")),
        "visibility": st.sampled_from(("unlisted", "private", "direct")),
        "language": st.sampled_from((None, "en")),
        "quote_policy": st.sampled_from(("followers", "nobody")),
        "in_reply_to_account_id": st.sampled_from((AUTHOR, OTHER)),
        "mentions": st.sampled_from(([{"id": READER}], [{"id": OTHER}])),
        "tags": st.just(["招聘"]),
    },
)


def post(id: int, changes: dict[str, Any]) -> HydratedPost:
    nobody: Any = None
    return HydratedPost(Post(id=id, author_id=AUTHOR, **(USUAL | changes)), nobody, None, None)


@given(viewer=VIEWERS, one=CHANGES, other=CHANGES)
def test_all_of_a_kind_are_welcome_or_none_is(viewer: Viewer, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = post(11, one), post(12, other)
    assume(kind_of(first) is not None and kind_of(first) == kind_of(second))
    hydrated = Hydrated({11: first, 12: second}, {}, viewer)
    assert at_home(first, hydrated) == at_home(second, hydrated)
    assert may_be_quoted(first, viewer) == may_be_quoted(second, viewer)


def test_most_posts_are_of_some_kind() -> None:
    assert kind_of(post(11, {})) == kind_of(post(12, {"tags": ["招聘"]})) is not None
