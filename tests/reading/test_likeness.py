"""Posts that are alike are one question: who welcomes one of them at home welcomes all, and may quote all or none."""

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.posts.models import Post
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present import may_be_quoted
from app.reading.rules import at_home, likeness_of
from app.reading.viewer import Followed, Viewer

READER, AUTHOR, OTHER = 1, 2, 3
# Mostly nobody, or hardly anything would be welcome.
PEOPLE = st.sampled_from([*[frozenset[int]()] * 8, frozenset((AUTHOR,)), frozenset((OTHER,))])
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
    "in_reply_to_account_id": None,
    "conversation_id": None,
    "mentions": [],
    "tags": [],
}
FIELDS: dict[str, list[Any]] = {
    "kind": ["repost", "quote", "job"],
    "visibility": ["unlisted", "private", "direct"],
    "language": [None, "en"],
    "quote_policy": ["followers", "nobody"],
    "in_reply_to_account_id": [AUTHOR, OTHER],
    "conversation_id": [5],
    "mentions": [[{"id": READER}], [{"id": OTHER}]],
    "tags": [["招聘"]],
}
CHANGES = [{}, *({name: value} for name, values in FIELDS.items() for value in values)]


def post(id: int, changes: dict[str, Any]) -> HydratedPost:
    nobody: Any = None
    return HydratedPost(Post(id=id, author_id=AUTHOR, **(USUAL | changes)), nobody, None, None)


POSTS = [post(number, one | other) for number, (one, other) in enumerate(product(CHANGES, CHANGES), start=10)]


@given(viewer=VIEWERS)
def test_all_that_are_alike_are_welcome_or_none_is(viewer: Viewer) -> None:
    hydrated = Hydrated({item.id: item for item in POSTS}, {}, viewer)
    answers: dict[tuple[object, ...], set[tuple[bool, bool]]] = {}
    for item in POSTS:
        if likeness := likeness_of(item):
            answers.setdefault(likeness, set()).add((at_home(item, hydrated), may_be_quoted(item, viewer)))
    assert {len(found) for found in answers.values()} == {1}


def test_most_posts_are_like_others() -> None:
    assert likeness_of(post(11, {})) == likeness_of(post(12, {"tags": ["招聘"]})) is not None
