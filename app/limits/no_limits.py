"""Limits for test programs: everybody is always at their first use."""

from collections.abc import Sequence

from app.limits.limits import Rule, Standing


class NoLimits:
    """`Limits` that limit nothing and ask nobody."""

    async def hit(self, uses: Sequence[tuple[Rule, str]], *, times: int = 1) -> list[Standing]:
        return [Standing(rule, used=1, resets_in=rule.seconds) for rule, _ in uses]

    async def close(self) -> None:
        pass
