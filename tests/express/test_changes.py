"""The ledger of changes: what may be taken from memory, and when not."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from app.bootstrap import Resources
from app.coherence.redis_channel import RedisChannel
from app.kit import changes as ledger
from app.kit.changes import ALL, Changes
from app.kit.db import touch

pytestmark = pytest.mark.anyio


@pytest.fixture
def changes() -> Changes:
    made = Changes()
    made.trust()
    return made


class TestChanges:
    def test_nothing_is_fresh_before_anything_is_heard(self) -> None:
        changes = Changes()
        assert not changes.fresh(changes.mark(), ("post:1",))
        assert not changes.fresh(changes.verified, ("post:1",))

    def test_what_was_read_before_a_change_is_stale_and_after_it_fresh(self, changes: Changes) -> None:
        before = changes.mark()
        changes.tell(["post:1"])
        assert not changes.fresh(before, ("account:2", "post:1"))
        assert changes.fresh(before, ("account:2", "post:2"))
        assert changes.fresh(changes.mark(), ("post:1",))

    def test_what_is_read_while_something_is_about_to_change_is_never_fresh(self, changes: Changes) -> None:
        changes.warn(["post:1"])
        during = changes.mark()
        assert not changes.fresh(during, ("post:1",))
        changes.tell(["post:1"])
        assert not changes.fresh(during, ("post:1",))
        assert changes.fresh(changes.mark(), ("post:1",))

    @pytest.mark.parametrize("key", ["post:1", ALL])
    def test_what_was_verified_is_stale_with_the_next_warning(self, changes: Changes, key: str) -> None:
        verified = changes.verified
        assert changes.fresh(verified, ("post:1",))
        changes.warn([key])
        assert not changes.fresh(verified, ("post:1",))

    @pytest.mark.parametrize("key", ["post:1", ALL])
    def test_what_two_are_about_to_change_has_changed_when_both_have_told(self, changes: Changes, key: str) -> None:
        changes.warn([key], "a")
        changes.warn([key], "b")
        changes.tell([key], "a")
        assert not changes.fresh(changes.mark(), ("post:1",))
        # Who never warned takes no warning back.
        changes.tell([key], "c")
        assert not changes.fresh(changes.mark(), ("post:1",))
        changes.tell([key], "b")
        assert changes.fresh(changes.mark(), ("post:1",))

    def test_of_several_warnings_each_ends_in_its_time(self, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
        changes.warn(["post:1"], "living")
        monkeypatch.setattr(ledger, "_WARNING_SECONDS", -1.0)
        changes.warn(["post:1"], "dead")
        changes.settle()
        assert not changes.fresh(changes.mark(), ("post:1",))
        changes.tell(["post:1"], "living")
        assert changes.fresh(changes.mark(), ("post:1",))

    async def test_who_waits_goes_on_when_all_of_it_is_told(self, changes: Changes) -> None:
        await changes.settled(["post:1"], seconds=10)
        changes.warn(["post:1", "post:2"])
        waiting = asyncio.create_task(changes.settled(["post:1", "post:2", "post:3"], seconds=10))
        for key in ("post:4", "post:1"):
            await asyncio.sleep(0)
            changes.tell([key])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not waiting.done()
        changes.tell(["post:2"])
        async with asyncio.timeout(5):
            await waiting

    async def test_nobody_waits_longer_than_they_want(self, changes: Changes) -> None:
        changes.warn(["post:1"])
        async with asyncio.timeout(5):
            await changes.settled(["post:1"], seconds=0.01)
        assert not changes._waiting
        changes.tell(["post:1"])

    def test_a_warning_that_nobody_takes_back_ends(self, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
        changes.warn(["post:1"])
        changes.settle()
        assert not changes.fresh(changes.mark(), ("post:1",))
        monkeypatch.setattr(ledger, "_WARNING_SECONDS", -1.0)
        changes.warn(["post:1"])
        before = changes.mark()
        changes.settle()
        assert changes.fresh(changes.mark(), ("post:1",))
        # Who gave it died, and whatever else they had to tell is lost.
        assert not changes.fresh(before, ("post:2",))

    def test_everything_may_change_at_once(self, changes: Changes) -> None:
        before = changes.mark()
        changes.warn([ALL])
        assert not changes.fresh(changes.mark(), ("post:1",))
        changes.tell([ALL])
        assert not changes.fresh(before, ("post:1",))
        assert changes.fresh(changes.mark(), ("post:1",))

    def test_doubt_ends_all_that_was_kept(self, changes: Changes) -> None:
        before, verified = changes.mark(), changes.verified
        changes.doubt()
        assert not changes.fresh(before, ())
        changes.trust()
        assert not changes.fresh(before, ())
        assert not changes.fresh(verified, ())

    def test_forgetting_keys_only_makes_more_stale(self, changes: Changes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger, "_MOST_KEYS", 10)
        changes.tell(["post:0"])
        before = changes.mark()
        changes.warn(["post:99"])
        for number in range(1, 12):
            changes.tell([f"post:{number}"])
        assert not changes.fresh(before, ("post:1000",))
        assert changes.fresh(changes.mark(), ("post:1",))
        assert not changes.fresh(changes.mark(), ("post:99",))


@pytest.fixture
async def other(resources: Resources, redis_url: str) -> AsyncIterator[Changes]:
    """What another process knows."""
    changes = Changes()
    channel = RedisChannel(redis_url, changes)
    channel.start()
    await until(lambda: changes.trusted)
    yield changes
    await channel.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


class TestChannel:
    async def test_tells_others_before_and_after_a_commit(self, resources: Resources, other: Changes) -> None:
        before = other.mark()
        async with resources.db.transaction() as session:
            touch(session, "post:1")
        await until(lambda: not other.fresh(before, ("post:1",)))
        await until(lambda: other.fresh(other.mark(), ("post:1",)))

    async def test_a_commit_that_is_never_told_of_leaves_no_lie(self, resources: Resources, other: Changes) -> None:
        # As when the process dies between the two.
        await resources.channel.warn(["post:1"], 0)
        await until(lambda: not other.fresh(other.mark(), ("post:1",)))

    async def test_what_others_change_too_has_changed_when_they_have_told_as_well(
        self, resources: Resources, other: Changes
    ) -> None:
        await resources.channel.warn(["post:1"], -1)
        async with resources.db.transaction() as session:
            touch(session, "post:1", "post:2")
        await until(lambda: other.fresh(other.mark(), ("post:2",)))
        assert not other.fresh(other.mark(), ("post:1",))
        assert not resources.changes.fresh(resources.changes.mark(), ("post:1",))
        await resources.channel.tell(["post:1"], -1)
        await until(lambda: other.fresh(other.mark(), ("post:1",)))

    async def test_a_rollback_is_told_too(self, resources: Resources) -> None:
        before = resources.changes.mark()
        with pytest.raises(ZeroDivisionError):
            await self._fail(resources)
        assert resources.changes.fresh(resources.changes.mark(), ("post:1",))
        assert not resources.changes.fresh(before, ("post:1",))

    async def _fail(self, resources: Resources) -> None:
        async with resources.db.transaction() as session:
            touch(session, "post:1")
            raise ZeroDivisionError

    async def test_a_lost_connection_is_doubt_until_it_is_back(self, resources: Resources, other: Changes) -> None:
        mark = other.mark()
        await resources.feeds._writes.everywhere("CLIENT", "KILL", "TYPE", "PUBSUB")  # type: ignore[attr-defined]
        await until(lambda: not other.trusted)
        assert not other.fresh(mark, ())
        await until(lambda: other.trusted)
        assert not other.fresh(mark, ())
