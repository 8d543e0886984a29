"""Pure decisions about credit: who on a path counts, and what each is given of a hire."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.credits.schemas import Policy

WHOLE = 10_000
MOST_HOPS = 8


@dataclass(frozen=True, slots=True)
class Step:
    """A repost or quote on the way to the applicant. `confidence`: of the way from the applicant up to it.

    It does not `stand` when it was deleted or taken out of the tree, or its author is suspended.
    """

    post_id: int
    account_id: int
    stands: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Share:
    """What one account is given, as the `hop`th from the applicant."""

    account_id: int
    post_id: int
    hop: int
    basis_points: int
    confidence: float


def introducers(steps: Sequence[Step], *, barred: Collection[int]) -> list[Step]:
    """Who counts of a path given root first: nearest the applicant first, each account once, eight at most.

    Who is barred (the applicant, the employer's own people), and what does not stand, is left out as if the others
    had met without it.
    """
    seen = set(barred)
    found: list[Step] = []
    for step in reversed(steps):
        if step.stands and step.account_id not in seen:
            seen.add(step.account_id)
            found.append(step)
    return found[:MOST_HOPS]


def points(policy: Policy, count: int) -> list[int]:
    """What each of `count` introducers is given, the nearest first: whole basis points, never more than 10,000 in all.

    What rounding or the policy leaves over is nobody's.
    """
    if policy == "none" or count == 0:
        return []
    if policy == "last_touch":
        return [WHOLE]
    if policy == "equal":
        return [WHOLE // count] * count
    return [WHOLE >> hop for hop in range(1, count + 1)]


def share_out(policy: Policy, steps: Sequence[Step], *, barred: Collection[int]) -> list[Share]:
    """The shares of a path's introducers."""
    found = introducers(steps, barred=barred)
    return [
        Share(step.account_id, step.post_id, hop, given, step.confidence)
        for hop, (step, given) in enumerate(zip(found, points(policy, len(found)), strict=False), start=1)
    ]
