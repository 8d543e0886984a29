"""Pages of a search for jobs: where the next one begins, whatever was published or closed meanwhile."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from app.kit.errors import field_error
from app.kit.ids import LARGEST

FURTHEST = 10_000
LONGEST_CURSOR = 200
_ANCHORS = 5


@dataclass(frozen=True, slots=True)
class JobCursor:
    """The end of a page: how many jobs came up to it, and which were the last ones.

    `post_until` keeps out what was published after the first page was asked for. `any_word` repeats how that one
    was found.
    """

    position: int
    post_until: int
    any_word: bool = False
    anchors: tuple[int, ...] = ()

    @property
    def start(self) -> int:
        """From where to look for the anchors: jobs that closed since then have let the others move up."""
        return max(0, self.position - 4 * _ANCHORS)

    def follow(self, ids: Sequence[int]) -> int | None:
        """Of `ids`, how many belong to earlier pages; None if no anchor is among them."""
        for anchor in reversed(self.anchors):
            if anchor in ids:
                return ids.index(anchor) + 1
        return None

    def moved(self, position: int, passed: Sequence[int]) -> "JobCursor":
        """The cursor at `position`, once `passed` came by."""
        return JobCursor(position, self.post_until, self.any_word, (*self.anchors, *passed)[-_ANCHORS:])


def encode(cursor: JobCursor) -> str:
    """The cursor as clients carry it."""
    numbers = (cursor.position, cursor.post_until, int(cursor.any_word), *cursor.anchors)
    return base64.urlsafe_b64encode(",".join(map(str, numbers)).encode()).decode().rstrip("=")


def decode(value: str) -> JobCursor:
    """What `encode` wrote; a 422 for anything else."""
    try:
        numbers = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii").split(",")
        position, post_until, any_word, *anchors = (int(number) for number in numbers)
    except (ValueError, binascii.Error) as error:
        raise field_error("cursor", "ERR_INVALID", "is not one of ours") from error
    if (
        not 0 <= position < FURTHEST
        or len(anchors) > _ANCHORS
        or not all(0 <= n <= LARGEST for n in (post_until, *anchors))
    ):
        raise field_error("cursor", "ERR_INVALID", "is not one of ours")
    return JobCursor(position, post_until, bool(any_word), tuple(anchors))
