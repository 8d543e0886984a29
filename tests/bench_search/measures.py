"""How good an order of results is, from the grades (0 to 3) of what was found and of all there is."""

from collections.abc import Sequence
from math import log2

# Of what is found, so many are looked at for recall: a page.
DEEPEST = 40
RELEVANT = 2


def ndcg(found: Sequence[int], all_grades: Sequence[int], *, at: int = 10) -> float:
    """The gain (2^grade - 1, less further down) of the first `at` found, over that of the best order of all."""
    best = _gain(sorted(all_grades, reverse=True)[:at])
    return _gain(found[:at]) / best if best else 0.0


def reciprocal_rank(found: Sequence[int], *, least: int = RELEVANT) -> float:
    """One over the place of the first that has grade `least`; 0 where none has."""
    return next((1 / place for place, grade in enumerate(found, 1) if grade >= least), 0.0)


def recall(found: Sequence[int], all_grades: Sequence[int], *, at: int = DEEPEST, least: int = RELEVANT) -> float:
    """Of those with grade `least`, or of `at` of them where they are more, how many are among the first `at` found."""
    wanted = min(at, sum(grade >= least for grade in all_grades))
    return sum(grade >= least for grade in found[:at]) / wanted if wanted else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / log2(place + 1) for place, grade in enumerate(grades, 1))
