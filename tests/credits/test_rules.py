"""Who is given what: laws that hold of any path."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.credits.rules import MOST_HOPS, WHOLE, Step, points, share_out
from app.credits.schemas import Policy

_ACCOUNTS = st.integers(1, 12)
_STEPS = st.lists(st.builds(Step, st.integers(1, 10**6), _ACCOUNTS, st.booleans(), st.floats(0, 1)), max_size=30)
_POLICIES: st.SearchStrategy[Policy] = st.sampled_from(["path_geometric", "last_touch", "equal", "none"])


class TestShareOut:
    @settings(max_examples=300)
    @given(policy=_POLICIES, steps=_STEPS, barred=st.frozensets(_ACCOUNTS, max_size=5))
    def test_holds_to_its_bounds(self, policy: Policy, steps: list[Step], barred: frozenset[int]) -> None:
        shares = share_out(policy, steps, barred=barred)
        accounts = [share.account_id for share in shares]
        assert sum(share.basis_points for share in shares) <= WHOLE
        assert all(share.basis_points > 0 for share in shares)
        assert len(set(accounts)) == len(accounts) <= MOST_HOPS
        assert barred.isdisjoint(accounts)
        assert [share.hop for share in shares] == list(range(1, len(shares) + 1))
        # Nobody further away is given more.
        given_points = [share.basis_points for share in shares]
        assert given_points == sorted(given_points, reverse=True)
        standing = {step.post_id for step in steps if step.stands}
        assert {share.post_id for share in shares} <= standing
        assert share_out(policy, steps, barred=barred) == shares
        # Someone creditable on the path is always given something, but by the policy that gives nothing.
        creditable = {step.account_id for step in steps if step.stands} - barred
        assert bool(shares) == (bool(creditable) and policy != "none")

    @given(steps=_STEPS, barred=st.frozensets(_ACCOUNTS, max_size=5))
    def test_gives_the_nearest_half(self, steps: list[Step], barred: frozenset[int]) -> None:
        counted = [step for step in reversed(steps) if step.stands and step.account_id not in barred]
        shares = share_out("path_geometric", steps, barred=barred)
        assert [share.account_id for share in shares[:1]] == [step.account_id for step in counted[:1]]
        assert [share.basis_points for share in shares[:1]] == [5000 for _ in counted[:1]]


def test_points_by_hand() -> None:
    assert points("path_geometric", 3) == [5000, 2500, 1250]
    assert points("path_geometric", 8) == [5000, 2500, 1250, 625, 312, 156, 78, 39]
    assert points("equal", 3) == [3333, 3333, 3333]
    assert points("last_touch", 3) == [10000]
    assert points("none", 3) == []
