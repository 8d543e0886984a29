"""A bounded map for caches: the least recently used entries go, by halves, so that a hit costs one look."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Holds between `most` / 2 and `most` of weight: when the young half is full, the old half is dropped."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._weight = 0

    def get(self, key: K) -> V | None:
        """The value, which counts as used now; None when there is none."""
        value = self._young.get(key)
        if value is None and (value := self._old.pop(key, None)) is not None:
            self.put(key, value)
        return value

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value in place of any earlier one."""
        if self._weight + weight > self._half:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = value
        self._weight += weight

    def clear(self) -> None:
        """Drop everything."""
        self._young, self._old, self._weight = {}, {}, 0
