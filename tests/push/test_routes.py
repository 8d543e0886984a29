"""Subscribing to pushes."""

from typing import Any

import pytest

from tests.people import Person, World
from tests.push.receiver import Receiver

pytestmark = pytest.mark.anyio

_PATH = "/api/v1/push/subscription"


@pytest.fixture
async def anna(world: World) -> Person:
    return await world.person("anna")


class TestSubscribe:
    async def test_keeps_what_was_asked(self, anna: Person, receiver: Receiver) -> None:
        made = await anna.post(_PATH, receiver.subscription(mention=True, follow=False))

        assert made["endpoint"] == f"{receiver.origin}/push/1"
        assert {type for type, wanted in made["alerts"].items() if wanted} == {"mention"}
        assert {"admin.sign_up", "admin.report", "quote"} <= set(made["alerts"])
        assert (made["policy"], made["standard"]) == ("all", True)
        assert await anna.get(_PATH) == made

    async def test_takes_forms_as_apps_send_them(self, anna: Person, receiver: Receiver) -> None:
        asked = receiver.subscription()["subscription"]
        form = {
            "subscription[endpoint]": asked["endpoint"],
            "subscription[keys][p256dh]": asked["keys"]["p256dh"] + "=",
            "subscription[keys][auth]": asked["keys"]["auth"] + "==",
            "data[alerts][favourite]": "true",
            "data[alerts][poll]": "0",
            "data[policy]": "followed",
        }
        made = (await anna.request("POST", _PATH, data=form, expect=200)).json()

        assert (made["alerts"]["favourite"], made["alerts"]["poll"], made["policy"]) == (True, False, "followed")

    async def test_again_replaces_the_tokens_earlier_one(self, anna: Person, receiver: Receiver) -> None:
        first = await anna.post(_PATH, receiver.subscription(mention=True))
        second = await anna.post(_PATH, receiver.subscription(poll=True))

        assert first["id"] != second["id"]
        assert await anna.get(_PATH) == second

    async def test_tells_the_same_key_everywhere(self, world: World, anna: Person, receiver: Receiver) -> None:
        key = (await anna.post(_PATH, receiver.subscription()))["server_key"]

        assert len(key) == 87
        assert (await anna.get("/api/v2/instance"))["configuration"]["vapid"]["public_key"] == key
        assert world.app["vapid_key"] == key
        assert (await anna.get("/api/v1/apps/verify_credentials"))["vapid_key"] == key

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("endpoint", "ftp://push.example/1"),
            ("endpoint", "https://user:secret@push.example/1"),
            ("endpoint", "https://push.example:99999/1"),
            ("endpoint", "nonsense"),
            ("endpoint", "https://push.example/" + "x" * 3000),
            ("p256dh", "AAAA"),
            ("p256dh", "not base64 at all!"),
            ("auth", "AAAA"),
        ],
    )
    async def test_refuses_what_cannot_be_sent_to(
        self, anna: Person, receiver: Receiver, field: str, value: str
    ) -> None:
        body: dict[str, Any] = receiver.subscription()
        (body["subscription"] if field == "endpoint" else body["subscription"]["keys"])[field] = value

        problem = await anna.post(_PATH, body, expect=422)
        assert any(name.endswith(field) for name in problem["details"])
        await anna.get(_PATH, expect=404)

    async def test_needs_the_scope(self, world: World, receiver: Receiver) -> None:
        answer = await world.client.post(_PATH, json=receiver.subscription())
        assert answer.status_code == 401


class TestChange:
    async def test_changes_what_is_sent(self, anna: Person, receiver: Receiver) -> None:
        made = await anna.post(_PATH, receiver.subscription(mention=True))
        body = {"data": {"alerts": {"poll": True}}, "policy": "follower"}
        changed = (await anna.request("PUT", _PATH, json=body, expect=200)).json()

        assert changed["id"] == made["id"]
        assert {type for type, wanted in changed["alerts"].items() if wanted} == {"poll"}
        assert changed["policy"] == "follower"
        await anna.request("PUT", _PATH, json={"data": {"policy": "friends"}}, expect=422)

    async def test_needs_a_subscription(self, anna: Person) -> None:
        await anna.request("PUT", _PATH, json={"data": {}}, expect=404)


class TestUnsubscribe:
    async def test_ends_it(self, anna: Person, receiver: Receiver) -> None:
        await anna.post(_PATH, receiver.subscription())
        for _ in range(2):
            await anna.request("DELETE", _PATH, expect=200)
        await anna.get(_PATH, expect=404)
