"""Webhooks as recruiters keep them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.clock import now
from app.webhooks import service
from app.webhooks.service import MOST_WEBHOOKS
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = pytest.mark.anyio

LONG_AGO = "2020-01-01T00:00:00Z"


class TestCreate:
    async def test_answers_with_what_was_asked_for(self, employer: Employer) -> None:
        webhook = await employer.listens(event_types=["job.closed"], description="招聘系统", rate=3, cloudevents=True)
        shown = await employer.webhook(webhook)
        assert {**shown, "secret": webhook["secret"]} == webhook
        assert shown["event_types"] == ["job.closed"]
        assert (shown["description"], shown["rate"], shown["cloudevents"]) == ("招聘系统", 3, True)
        assert (shown["enabled"], shown["disabled_reason"]) == (True, None)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("event_types", ["job.exploded"]), ("event_types", []), ("event_types", "job.closed,job.closed")),
            *(("rate", 0), ("rate", 101), ("description", "长" * 201), ("description", "a\nb"), ("url", "")),
            *(
                ("url", f"https://example.com/{'a' * 2048}"),
                ("url", "ftp://example.com/"),
                ("url", "https://a@b.example/"),
            ),
            *(
                ("url", "https://10.0.0.1/"),
                ("url", "https://[::1]/"),
                ("url", "https://2130706433/"),
                ("url", "nonsense"),
            ),
            *(("url", "https://例え.jp/"), ("url", "https://example.com:22/"), ("url", "https://exa\x00mple.com/")),
            *(("organization_id", "x"), ("cloudevents", "perhaps")),
        ],
    )
    async def test_refuses_by_the_field_s_name(self, employer: Employer, field: str, value: Any) -> None:
        body = {"organization_id": employer.organization["id"], "url": "https://example.com/", field: value}
        refused = await employer.person.post(f"{SCOPE}/webhooks", body, expect=422)
        assert refused["code"] == "validation_failed"
        assert any(name.startswith(field) for name in refused["details"]) or "body" in refused["details"]

    async def test_refuses_more_than_there_is_room_for(self, employer: Employer) -> None:
        for _ in range(MOST_WEBHOOKS):
            await employer.listens()
        body = {"organization_id": employer.organization["id"], "url": "https://example.com/"}
        refused = await employer.person.post(f"{SCOPE}/webhooks", body, expect=422)
        assert refused["code"] == "too_many_webhooks"
        assert len(await employer.person.get(f"{SCOPE}/webhooks")) == MOST_WEBHOOKS


class TestChange:
    async def test_keeps_what_is_not_named(self, employer: Employer) -> None:
        webhook = await employer.listens(event_types=["job.closed"], rate=7)
        path = f"{SCOPE}/webhooks/{webhook['id']}"
        changed = (await employer.person.request("PATCH", path, expect=200, json={"description": "新"})).json()
        assert (changed["description"], changed["rate"], changed["event_types"]) == ("新", 7, ["job.closed"])
        changed = (await employer.person.request("PATCH", path, expect=200, json={"event_types": None})).json()
        assert changed["event_types"] is None
        refused = await employer.person.request("PATCH", path, json={"url": "https://127.0.0.2.example@10.0.0.1/"})
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")

    async def test_turned_off_cancels_what_waits(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_500")
        await employer.pings(webhook)
        path = f"{SCOPE}/webhooks/{webhook['id']}"
        off = (await employer.person.request("PATCH", path, expect=200, json={"enabled": False})).json()
        assert (off["enabled"], off["disabled_reason"]) == (False, "manual")
        (delivery,) = await employer.deliveries(webhook)
        assert (delivery["state"], delivery["next_attempt_at"]) == ("cancelled", None)
        employer.courier.ahead = 3600
        await employer.courier.run_until_idle()
        assert len(employer.receiver.heard) == 1

    @pytest.mark.parametrize(
        ("behaviour", "state"), [("hangs_before_head", "cancelled"), ("hangs_in_body", "succeeded")]
    )
    async def test_turned_off_while_it_is_being_sent_keeps_what_came_of_it(
        self, employer: Employer, behaviour: str, state: str
    ) -> None:
        webhook = await employer.listens(f"/{behaviour}")
        path = f"{SCOPE}/webhooks/{webhook['id']}"
        await employer.person.post(f"{path}/test")
        sending = asyncio.create_task(employer.courier.run_until_idle())
        while not employer.receiver.heard:
            await asyncio.sleep(0.005)
        await employer.person.request("PATCH", path, expect=200, json={"enabled": False})
        assert [one["state"] for one in await employer.deliveries(webhook)] == ["cancelled"]
        employer.receiver.over.set()
        await sending
        (delivery,) = await employer.deliveries(webhook)
        assert (delivery["state"], delivery["attempts"]) == (state, 1)
        assert delivery["finished_at"] is not None
        assert [attempt["number"] for attempt in await employer.attempts(delivery)] == [1]


class TestDelete:
    async def test_forgets_everything(self, employer: Employer, resources: Resources) -> None:
        webhook = await employer.listens()
        delivery = await employer.pings(webhook)
        await employer.person.request("DELETE", f"{SCOPE}/webhooks/{webhook['id']}", expect=200)
        for path in (
            f"webhooks/{webhook['id']}",
            f"webhooks/{webhook['id']}/deliveries",
            f"deliveries/{delivery['id']}/attempts",
        ):
            await employer.person.get(f"{SCOPE}/{path}", expect=404)
        await employer.world.settle()
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM webhook_attempts")) == 0


class TestReplay:
    async def test_recovers_what_was_missed(self, employer: Employer) -> None:
        early = await employer.listens("/early", event_types=["job.published"])
        path = f"{SCOPE}/webhooks/{early['id']}"
        await employer.person.publishes_job(employer.organization)
        await employer.settles()
        await employer.person.request("PATCH", path, expect=200, json={"enabled": False})
        await employer.person.publishes_job(employer.organization, title="产品经理")
        await employer.settles()
        await employer.person.request("PATCH", path, expect=200, json={"enabled": True})
        late = await employer.listens("/late")
        employer.receiver.heard.clear()

        assert await employer.person.post(f"{path}/replay", {"since": LONG_AGO}) == {"deliveries": 1, "more": False}
        await employer.courier.run_until_idle()
        assert [message["data"]["job"]["title"] for message in employer.heard()] == ["产品经理"]
        # What was taken comes again only when that is asked for, under the id it had.
        assert (await employer.person.post(f"{path}/replay", {"since": LONG_AGO}))["deliveries"] == 0
        assert (await employer.person.post(f"{path}/replay", {"since": LONG_AGO, "all": True}))["deliveries"] == 2
        await employer.courier.run_until_idle()
        ids = [headers["webhook-id"] for _, headers, _ in employer.receiver.heard]
        assert len(ids) == 3
        assert len(set(ids)) == 2

        # A webhook made later hears of what was before it; filters hold, and pings of others are not for it.
        await employer.pings(early)
        employer.receiver.heard.clear()
        path = f"{SCOPE}/webhooks/{late['id']}/replay"
        assert (await employer.person.post(path, {"since": LONG_AGO, "event_types": ["job.closed"]}))["deliveries"] == 0
        until = {"since": LONG_AGO, "until": "2020-02-01T00:00:00Z"}
        assert (await employer.person.post(path, until))["deliveries"] == 0
        assert (await employer.person.post(path, {"since": LONG_AGO}))["deliveries"] == 2
        await employer.courier.run_until_idle()
        assert employer.receiver.paths() == ["/late"] * 2

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"since": "yesterday"},
            {"since": "2026-01-01T00:00:00"},
            {"since": LONG_AGO, "until": LONG_AGO},
            {"since": LONG_AGO, "event_types": ["x"]},
        ],
    )
    async def test_refuses_what_is_no_period(self, employer: Employer, body: dict[str, Any]) -> None:
        webhook = await employer.listens()
        await employer.person.post(f"{SCOPE}/webhooks/{webhook['id']}/replay", body, expect=422)


class TestDeliveries:
    async def test_are_paged_and_picked(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_200")
        for _ in range(3):
            await employer.pings(webhook)
        path = f"{SCOPE}/webhooks/{webhook['id']}"
        url = {"url": f"{employer.receiver.origin}/status_404"}
        await employer.person.request("PATCH", path, expect=200, json=url)
        await employer.pings(webhook)

        first = await employer.person.request("GET", f"{path}/deliveries", params={"limit": 3})
        assert [one["state"] for one in first.json()] == ["waiting", "succeeded", "succeeded"]
        following = first.links["next"]["url"]
        second = (await employer.person.request("GET", following)).json()
        assert len(second) == 1
        assert len(await employer.deliveries(webhook, state="succeeded")) == 3
        assert await employer.deliveries(webhook, event_type="job.closed") == []
        await employer.person.get(f"{path}/deliveries", state="lost", expect=422)

    async def test_show_their_attempts(self, employer: Employer) -> None:
        webhook = await employer.listens("/words_that_are_no_text")
        delivery = await employer.pings(webhook)
        (attempt,) = await employer.attempts(delivery)
        assert (attempt["number"], attempt["status"], attempt["error"]) == (1, 500, None)
        assert attempt["excerpt"] == "\ufffd\ufffd\ufffd\ufffd\ufffd("
        refused = await employer.person.post(
            f"{SCOPE}/webhooks", {"organization_id": "1", "url": "https://a.example"}, expect=404
        )
        assert refused["code"] == "not_found"

    async def test_on_their_way_are_not_sent_twice(self, employer: Employer) -> None:
        webhook = await employer.listens()
        delivery = await employer.person.post(f"{SCOPE}/webhooks/{webhook['id']}/test")
        refused = await employer.person.post(f"{SCOPE}/deliveries/{delivery['id']}/retry", expect=409)
        assert refused["code"] == "delivery_waiting"

    async def test_are_forgotten_after_their_time_unless_they_wait(
        self, employer: Employer, resources: Resources
    ) -> None:
        done, waiting = await employer.listens(), await employer.listens("/status_500")
        await employer.pings(done)
        await employer.pings(waiting)
        for days, left in ((29, 1), (31, 0)):
            async with resources.db.transaction() as session:
                await service.forget(session, now=now() + timedelta(days=days), days=30)
            assert len(await employer.deliveries(done)) == left
        assert len(await employer.deliveries(waiting)) == 1
