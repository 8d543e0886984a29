"""A bounded map for caches: the least recently used entries go, by halves, so that a hit costs one look."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Holds at most `most` of weight, and what was used lately: when the young half is full, the old one is dropped."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._weight = 0

    def get(self, key: K) -> V | None:
        """The value, which counts as used now; None when there is none."""
        if young := self._young.get(key):
            return young[0]
        if old := self._old.pop(key, None):
            self.put(key, *old)
            return old[0]
        return None

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value in place of any earlier one."""
        self._old.pop(key, None)
        if earlier := self._young.pop(key, None):
            self._weight -= earlier[1]
        if self._weight + weight > self._half:
            self.shrink()
        self._young[key] = (value, weight)
        self._weight += weight

    def shrink(self) -> None:
        """Let go of what was not used lately."""
        self._old, self._young, self._weight = self._young, {}, 0
