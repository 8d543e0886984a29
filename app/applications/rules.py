"""Pure decisions about applications: which stage may follow which."""

from collections.abc import Mapping

# In the order of a pipeline: from each a seat may go on, over some too, or back, for a slip of the hand.
_ACTIVE = ("applied", "screen", "interview", "offer")

# From each stage, those to which a seat may move an application. Nobody but the applicant withdraws.
MOVES: Mapping[str, frozenset[str]] = {
    **{stage: frozenset({*_ACTIVE, "hired", "rejected"} - {stage}) for stage in _ACTIVE},
    # A hire that came to nothing: what followed from it is taken back.
    "hired": frozenset({"offer", "rejected"}),
    # Reopened; to be hired, it passes the pipeline again.
    "rejected": frozenset(_ACTIVE),
    "withdrawn": frozenset(),
}

# Who was refused has nothing to withdraw, and would apply again the same moment.
WITHDRAWABLE = frozenset({*_ACTIVE, "hired"})


def may_move(stage: str, to: str) -> bool:
    """Whether a seat may move an application from `stage` to `to`."""
    return to in MOVES[stage]
