"""Pushes as they arrive: a real HTTP server receives them, and reads them with keys it made."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from app.bootstrap import Resources
from app.push.schemas import decoded
from app.push.service import forget
from tests.people import Person, World
from tests.push.receiver import Receiver

pytestmark = pytest.mark.anyio

_PATH = "/api/v1/push/subscription"
_ALL = {"mention": True, "favourite": True, "reblog": True, "follow": True, "poll": True, "status": True}


@pytest.fixture
async def anna(world: World, receiver: Receiver) -> Person:
    """Someone who has everything pushed."""
    anna = await world.person("anna")
    await anna.post(_PATH, receiver.subscription(**_ALL))
    return anna


@pytest.fixture
async def bo(world: World) -> Person:
    return await world.person("bo")


class TestSend:
    async def test_says_what_happened(self, world: World, anna: Person, bo: Person, receiver: Receiver) -> None:
        await bo.says("@anna   这个职位\n合适吗？" + "长" * 300)
        await world.settle()

        (request,) = receiver.received
        (notification,) = await anna.get("/api/v1/notifications")
        said = receiver.read()
        body = said.pop("body")
        assert said == {
            "access_token": anna.token,
            "preferred_locale": "zh-CN",
            "notification_id": int(notification["id"]),
            "notification_type": "mention",
            "icon": notification["account"]["avatar_static"],
            "title": "bo 提到了你",
        }
        assert body.startswith("@anna 这个职位 合适吗？长长")
        assert len(body) == 140
        assert request.path == "/push/1"
        assert request.headers["content-encoding"] == "aes128gcm"
        assert request.headers["ttl"] == str(2 * 24 * 3600)
        assert request.headers["urgency"] == "high"
        assert len(request.body) <= 4096

    async def test_is_signed_by_the_key_apps_were_told(
        self, world: World, anna: Person, bo: Person, receiver: Receiver
    ) -> None:
        await bo.follows(anna)
        await world.settle()

        scheme, _, rest = receiver.received[0].headers["authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = (await anna.get(_PATH))["server_key"]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
        claims = jwt.decode(parts["t"], public, algorithms=["ES256"], audience=receiver.origin)
        assert (scheme, parts["k"]) == ("vapid", key)
        assert claims["sub"] == "mailto:admin@weizhi.test"

    async def test_speaks_the_readers_language(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, resources: Resources
    ) -> None:
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE accounts SET language = 'en' WHERE username = 'anna'"))
        await bo.follows(anna)
        await world.settle()

        said = receiver.read()
        assert (said["title"], said["preferred_locale"]) == ("bo followed you", "en")

    async def test_sends_what_was_asked_for_only(
        self, world: World, anna: Person, bo: Person, receiver: Receiver
    ) -> None:
        await anna.request("PUT", _PATH, json={"data": {"alerts": {"follow": True}}}, expect=200)
        await bo.says("@anna 你好")
        await bo.follows(anna)
        await world.settle()

        assert [receiver.read(number)["notification_type"] for number in range(len(receiver.received))] == ["follow"]

    @pytest.mark.parametrize(
        ("policy", "anna_follows", "bo_follows", "sent"),
        [
            ("none", True, True, False),
            ("followed", False, True, False),
            ("followed", True, False, True),
            ("follower", True, False, False),
            ("follower", False, True, True),
        ],
    )
    async def test_keeps_to_the_policy(
        self,
        world: World,
        anna: Person,
        bo: Person,
        receiver: Receiver,
        policy: str,
        anna_follows: bool,
        bo_follows: bool,
        sent: bool,
    ) -> None:
        body: dict[str, Any] = {"data": {"alerts": {"mention": True}, "policy": policy}}
        await anna.request("PUT", _PATH, json=body, expect=200)
        if anna_follows:
            await anna.follows(bo)
        if bo_follows:
            await bo.follows(anna)
        await bo.says("@anna 你好")
        await world.settle()

        assert bool(receiver.received) is sent

    async def test_sends_nothing_that_a_policy_filters(
        self, world: World, anna: Person, bo: Person, receiver: Receiver
    ) -> None:
        await bo.says("@anna 私信", visibility="direct")
        await world.settle()

        assert len(await anna.get("/api/v1/notifications/requests")) == 1
        assert receiver.received == []

    async def test_sends_nothing_that_was_taken_back(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, resources: Resources
    ) -> None:
        receiver.statuses = [503] * 10
        post = await bo.says("@anna 你好")
        await world.settle()
        tried = len(receiver.received)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE posts SET deleted_at = now() WHERE id = :id"), {"id": int(post["id"])})
            await session.execute(text("UPDATE tasks SET state = 'waiting', starts = 0, run_at = now()"))
        await world.settle()

        assert (tried, len(receiver.received)) == (4, 4)

    @pytest.mark.parametrize("status", [404, 410])
    async def test_forgets_subscriptions_that_are_gone(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, status: int
    ) -> None:
        receiver.statuses = [status]
        await bo.follows(anna)
        await world.settle()

        assert len(receiver.received) == 1
        await anna.get(_PATH, expect=404)

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_tries_again_later(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, status: int
    ) -> None:
        receiver.statuses = [status]
        await bo.follows(anna)
        await world.settle()

        assert len(receiver.received) == 2
        assert receiver.read(1)["notification_type"] == "follow"
        await anna.get(_PATH)

    @pytest.mark.parametrize("status", [400, 413])
    async def test_does_not_repeat_what_was_refused(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, status: int
    ) -> None:
        receiver.statuses = [status]
        await bo.follows(anna)
        await world.settle()

        assert len(receiver.received) == 1
        await anna.get(_PATH)

    async def test_follows_no_redirect(self, world: World, anna: Person, bo: Person, receiver: Receiver) -> None:
        receiver.statuses = [307]
        await bo.follows(anna)
        await world.settle()

        assert [request.path for request in receiver.received] == ["/push/1"]

    async def test_gives_up_after_an_hour(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, resources: Resources
    ) -> None:
        receiver.statuses = [503] * 10
        await bo.follows(anna)
        await world.settle()
        tried = len(receiver.received)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE notifications SET created_at = now() - interval '61 minutes'"))
            await session.execute(text("UPDATE tasks SET state = 'waiting', starts = 0, run_at = now()"))
        await world.settle()

        assert (tried, len(receiver.received)) == (4, 5)
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM tasks")) == 0


class TestToken:
    async def test_takes_its_subscription_along(
        self, world: World, anna: Person, bo: Person, receiver: Receiver, resources: Resources
    ) -> None:
        revoked = {
            "token": anna.token,
            "client_id": world.app["client_id"],
            "client_secret": world.app["client_secret"],
        }
        answer = await world.client.post("/oauth/revoke", json=revoked)
        assert answer.status_code == 200
        await bo.follows(anna)
        await world.settle()
        assert receiver.received == []

        async with resources.db.transaction() as session:
            await forget(session)
            assert await session.scalar(text("SELECT count(*) FROM push_subscriptions")) == 0

    async def test_is_kept_so_that_the_database_alone_does_not_tell_it(
        self, anna: Person, resources: Resources
    ) -> None:
        async with resources.db.reading() as session:
            sealed = await session.scalar(text("SELECT sealed_token FROM push_subscriptions"))

        assert sealed
        assert anna.token.encode() not in bytes(sealed)
