"""What one reader is shown of one post, kept: a page that changed is mostly made of posts that did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kit.generations import Generations
from app.reading.fragments import Fragments
from app.reading.held import Held
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.rules import Rule
from app.reading.viewer import Viewer


@dataclass(slots=True)
class _Row:
    """True as long as `Shelf` gives these same objects: the viewer, the post, and what that refers to, by id."""

    viewer: Viewer
    item: HydratedPost
    refers: tuple[tuple[int, HydratedPost | None], ...]
    welcome: bool
    body: bytes = b""


class Rows:
    """The rows of one process."""

    def __init__(self, fragments: Fragments, *, most_bytes: int) -> None:
        self._fragments = fragments
        self._kept: Generations[tuple[int | None, Rule, int], _Row] = Generations(most_bytes)

    def rule(self, rule: Rule) -> Rule:
        """`rule`, asked once for each row."""

        def ask(item: HydratedPost, hydrated: Hydrated) -> bool:
            return self._row(rule, item, hydrated).welcome

        return ask

    def page(
        self, rule: Rule, items: Sequence[tuple[HydratedPost, Hydrated]], held: Mapping[int, Held] | None = None
    ) -> bytes:
        """A JSON array of posts that `rule` welcomed, with what is held back for some."""
        if not held:
            return b"[%b]" % b",".join([self._body(rule, item, hydrated) for item, hydrated in items])
        parts = []
        for item, hydrated in items:
            told = held.get(item.id)
            parts.append(self._fragments.status(item, hydrated, told) if told else self._body(rule, item, hydrated))
        return b"[%b]" % b",".join(parts)

    def _body(self, rule: Rule, item: HydratedPost, hydrated: Hydrated) -> bytes:
        row = self._row(rule, item, hydrated)
        if row.body:
            return row.body
        body = self._fragments.status(item, hydrated)
        # How a poll stands depends on the time as well.
        if not hydrated.polls:
            row.body = body
        return body

    def _row(self, rule: Rule, item: HydratedPost, hydrated: Hydrated) -> _Row:
        viewer = hydrated.viewer
        key = (viewer.id, rule, item.id)
        kept = self._kept.get(key)
        if kept is not None and kept.item is item and kept.viewer is viewer:
            posts = hydrated.posts
            for id, other in kept.refers:
                if posts.get(id) is not other:
                    break
            else:
                return kept
        row = _Row(viewer, item, _refers(item, hydrated), rule(item, hydrated))
        self._kept.put(key, row, 3000)
        return row


def _refers(item: HydratedPost, hydrated: Hydrated) -> tuple[tuple[int, HydratedPost | None], ...]:
    """What a post shows besides itself, step by step: a repost's original, what that quotes."""
    found: list[tuple[int, HydratedPost | None]] = []
    step: HydratedPost | None = item
    while step is not None and (id := step.post.repost_of_id or step.post.quote_of_id) and len(found) < 3:
        step = hydrated.posts.get(id)
        found.append((id, step))
    return tuple(found)
