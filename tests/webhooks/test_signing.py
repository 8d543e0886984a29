"""Standard Webhooks 1.0, as its own library reads it; CloudEvents on request."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.webhooks import signing
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = pytest.mark.anyio


class TestMessage:
    async def test_is_verified_by_the_library(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_200?a=b")
        delivery = await employer.pings(webhook)

        ((path, headers, body),) = employer.receiver.heard
        assert Webhook(webhook["secret"]).verify(body, headers) == {
            "type": "webhook.ping",
            "timestamp": employer.heard()[0]["timestamp"],
            "data": {"organization_id": employer.organization["id"], "webhook_id": webhook["id"]},
        }
        assert path == "/status_200?a=b"
        assert headers["webhook-id"] == delivery["message_id"]
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("Weizhi")
        assert not [name for name in headers if name.startswith("ce-")]

    async def test_is_not_verified_when_a_byte_differs(self, employer: Employer) -> None:
        webhook = await employer.listens()
        await employer.pings(webhook)
        ((_, headers, body),) = employer.receiver.heard
        for changed in (
            (webhook["secret"], headers, body.replace(b"ping", b"pong")),
            (webhook["secret"], headers | {"webhook-id": "msg_1"}, body),
            (webhook["secret"], headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
            ("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body),
        ):
            with pytest.raises(WebhookVerificationError):
                Webhook(changed[0]).verify(changed[2], changed[1])

    async def test_is_a_cloud_event_where_that_is_asked_for(self, employer: Employer) -> None:
        webhook = await employer.listens(cloudevents=True)
        await employer.pings(webhook)
        ((_, headers, body),) = employer.receiver.heard
        Webhook(webhook["secret"]).verify(body, headers)
        assert headers["ce-specversion"] == "1.0"
        assert headers["ce-id"] == headers["webhook-id"]
        assert headers["ce-type"] == "webhook.ping"
        source = f"http://weizhi.test{SCOPE}/organizations/{employer.organization['id']}"
        assert headers["ce-source"] == source
        assert headers["ce-time"].endswith("Z")


class TestSignature:
    def test_is_that_of_the_specification_s_own_example(self) -> None:
        now = datetime.fromtimestamp(1614265330, UTC)
        key, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}'
        assert signing.headers(key, body, keys=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], now=now) == {
            "webhook-id": key,
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }


class TestSecret:
    async def test_is_of_the_form_and_told_once(self, employer: Employer) -> None:
        webhook = await employer.listens()
        prefix, _, encoded = webhook["secret"].partition("_")
        assert prefix == "whsec"
        assert 24 <= len(base64.b64decode(encoded, validate=True)) <= 64
        assert "secret" not in await employer.webhook(webhook)
        assert "secret" not in (await employer.person.get(f"{SCOPE}/webhooks"))[0]

    async def test_signs_beside_the_next_one_for_a_day(self, employer: Employer) -> None:
        webhook = await employer.listens()
        rotated = await employer.person.post(f"{SCOPE}/webhooks/{webhook['id']}/rotate")
        assert rotated["secret"] != webhook["secret"]
        await employer.pings(webhook)
        employer.courier.ahead = 24 * 3600 + 60
        await employer.pings(webhook)

        (_, during, body), (_, after, later) = employer.receiver.heard
        assert len(during["webhook-signature"].split(" ")) == 2
        assert Webhook(webhook["secret"]).verify(body, during)
        assert Webhook(rotated["secret"]).verify(body, during)
        assert Webhook(rotated["secret"]).verify(later, after)
        with pytest.raises(WebhookVerificationError):
            Webhook(webhook["secret"]).verify(later, after)
