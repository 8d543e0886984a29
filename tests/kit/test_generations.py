"""The bounded map of caches."""

from app.kit.generations import Generations


def held(kept: Generations[int, str], numbers: range) -> int:
    """How many of `numbers` are held, without using them."""
    return sum(number in kept._young or number in kept._old for number in numbers)


class TestGenerations:
    def test_gives_what_was_put_last(self) -> None:
        kept: Generations[int, str] = Generations(10)
        kept.put(1, "a")
        kept.put(1, "b")
        assert (kept.get(1), kept.get(2)) == ("b", None)

    def test_lets_go_of_what_nobody_used(self) -> None:
        kept: Generations[int, str] = Generations(10)
        for number in range(100):
            kept.put(number, "x")
            kept.get(0)
        assert kept.get(0) == "x"
        assert kept.get(50) is None
        assert held(kept, range(100)) <= 10

    def test_weighs_what_is_used_again_as_when_it_was_put(self) -> None:
        kept: Generations[int, str] = Generations(100)
        for number in range(1000):
            kept.put(number, "x", weight=10)
            for earlier in range(number):
                kept.get(earlier)
        assert held(kept, range(1000)) <= 10

    def test_weighs_what_is_put_anew_once(self) -> None:
        kept: Generations[int, str] = Generations(100)
        kept.put(0, "x", weight=10)
        for _ in range(100):
            kept.put(1, "y", weight=10)
        assert kept.get(0) == "x"
