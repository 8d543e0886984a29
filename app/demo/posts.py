"""The posts' skeleton: who posted what kind of thing when, in columns, so that a million fit in little memory."""

from array import array
from random import Random

from app.demo.facts import HOURS
from app.demo.plan import DAY, Plan

POST, REPLY, REPOST, QUOTE, JOB = range(5)
KINDS = ("post", "post", "repost", "quote", "job")
PUBLIC, UNLISTED, PRIVATE = range(3)
VISIBILITIES = ("public", "unlisted", "private")
EXPLICIT, FOLLOW, DIRECT = range(3)
INFERENCES = (("explicit", 1.0), ("follow", 0.6), ("direct", 0.5))

_HOUR = DAY // 24
_BEIJING = 8 * _HOUR


class Posts:
    """Columns of every post by index. `ref` is what a reply, repost or quote points at, -1 for none."""

    def __init__(self) -> None:
        self.author = array("i")
        self.at = array("q")
        self.kind = bytearray()
        self.genre = bytearray()
        self.visibility = bytearray()
        self.ref = array("i")
        self.root = array("i")
        self.parent = array("i")
        self.depth = bytearray()
        self.inference = bytearray()

    def __len__(self) -> int:
        return len(self.author)

    def add(self, author: int, at: int, kind: int, *, genre: int = 0, visibility: int = PUBLIC, ref: int = -1) -> int:
        """Add a post outside any cascade; its index."""
        self._add(author, at, kind, genre, visibility, ref)
        self.root.append(-1)
        self.parent.append(-1)
        self.depth.append(0)
        self.inference.append(0)
        return len(self.author) - 1

    def add_node(self, author: int, at: int, kind: int, *, ref: int, root: int, parent: int, inference: int) -> int:
        """Add a repost or quote that hangs at `parent` in the cascade of `root`; its index."""
        self._add(author, at, kind, self.genre[root], PUBLIC, ref)
        self.root.append(root)
        self.parent.append(parent)
        self.depth.append(self.depth[parent] + 1)
        self.inference.append(inference)
        return len(self.author) - 1

    def _add(self, author: int, at: int, kind: int, genre: int, visibility: int, ref: int) -> None:
        self.author.append(author)
        self.at.append(at)
        self.kind.append(kind)
        self.genre.append(genre)
        self.visibility.append(visibility)
        self.ref.append(ref)


class Hours:
    """Times of day as people in China post: more at noon and in the evening, few at night."""

    def __init__(self, plan: Plan) -> None:
        self._last = plan.end - 60_000
        self._hours = [hour for hour, weight in enumerate(HOURS) for _ in range(weight)]

    def draw(self, rng: Random, earliest: int) -> int:
        """A time after `earliest` and before the end of the world."""
        for _ in range(6):
            day = (earliest + int(rng.random() * (self._last - earliest)) + _BEIJING) // DAY * DAY - _BEIJING
            hour = self._hours[int(rng.random() * len(self._hours))]
            at = day + hour * _HOUR + int(rng.random() * _HOUR)
            if earliest < at < self._last:
                return at
        return earliest + 1 + int(rng.random() * (self._last - earliest - 1))
