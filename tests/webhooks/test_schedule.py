"""When messages are tried again, and when webhooks rest or are given up: by virtual time."""

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.bootstrap import Resources
from app.kit.retry_after import parse_retry_after
from app.webhooks import rules
from app.webhooks.rules import PAUSES, Outcome, gives_up, next_pause, rest
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


class TestRules:
    def test_have_ten_attempts_over_75_hours(self) -> None:
        assert len(PAUSES) == 10
        assert timedelta(seconds=sum(PAUSES)) == timedelta(hours=75, minutes=35, seconds=5)

    def test_spread_pauses_by_a_tenth(self) -> None:
        failed = Outcome(1, status=500)
        # Upwards alone: all of them together never take less than the schedule's 75 hours.
        assert next_pause(4, failed, chance=0.0) == 7200
        assert next_pause(4, failed, chance=1.0) == pytest.approx(1.1 * 7200)
        assert next_pause(10, failed, chance=0.5) is None

    def test_keep_what_the_receiver_asks_for_up_to_an_hour(self) -> None:
        assert next_pause(1, Outcome(1, status=503, retry_after=120), chance=0.5) == 120
        assert next_pause(1, Outcome(1, status=503, retry_after=2), chance=0.0) == 5
        assert next_pause(1, Outcome(1, status=503, retry_after=1e9), chance=0.5) == 3600
        assert next_pause(9, Outcome(1, status=503, retry_after=120), chance=0.0) == 86_400

    def test_give_up_who_failed_for_five_days_and_fails_on(self) -> None:
        long, lately = NOW - timedelta(days=5), NOW - timedelta(days=4, hours=23)
        assert [gives_up(tries, failing_since=long, now=NOW) for tries in (1, 3, 4, 10)] == [False, False, True, True]
        assert not gives_up(10, failing_since=lately, now=NOW)
        assert not gives_up(10, failing_since=None, now=NOW)

    def test_let_a_receiver_rest_that_does_badly_as_a_whole(self) -> None:
        hung = Outcome(1, error="timeout")
        assert [rest(n, hung) for n in (1, 2, 3, 9, 10, 1000)] == [1, 2, 4, 256, 300, 300]
        assert rest(1, Outcome(1, status=502)) == 5
        assert rest(1, Outcome(1, status=429, retry_after=90)) == 90
        assert rest(1, Outcome(1, status=429, retry_after=1e9)) == 3600
        assert (
            rest(1, Outcome(1, status=200)) == rest(1, Outcome(1, status=404)) == rest(1, Outcome(1, status=302)) == 0
        )

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            *(
                ("120", 120),
                (" 5 ", 5),
                ("0", None),
                ("-5", None),
                ("1.5", None),
                ("soon", None),
                ("", None),
                (None, None),
            ),
            *(
                ("9" * 400, 999_999_999_999.0),
                ("１２０", None),
                (format_datetime(NOW + timedelta(hours=1), True), 3600),
            ),
            *((format_datetime(NOW - timedelta(hours=1), True), None), ("Thu, 32 Dec 2026 00:00:00 GMT", None)),
            *(("Thu, 26 Nov 2026 09:00:00 +9999", None), ("Thu, 26 Nov 2026 09:00:00", 3600), ("0x10", None)),
        ],
    )
    def test_read_any_retry_after(self, value: str | None, seconds: float | None) -> None:
        told = parse_retry_after(value, NOW)
        assert told == (min(seconds, 1e9) if seconds else None)

    def test_keep_answers_as_text_that_can_be_shown(self) -> None:
        assert rules.excerpt(b"ok \x00\xff\xe4\xbd\xa0\x1b[31m\n") == "ok \ufffd\ufffd你\ufffd[31m\n"
        assert len(rules.excerpt("你".encode() * 5000)) == 500


class TestDelivery:
    async def test_is_tried_ten_times_with_one_id_and_then_exhausted(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_500")
        delivery = await employer.pings(webhook)
        moments = []
        for _ in range(12):
            (told,) = await employer.deliveries(webhook)
            if told["state"] != "waiting":
                break
            moments.append(datetime.fromisoformat(told["next_attempt_at"]))
            employer.courier.ahead = (moments[-1] - datetime.now(UTC)).total_seconds() - 0.5
            await employer.courier.run_until_idle()
            assert (await employer.deliveries(webhook))[0]["attempts"] == told["attempts"], "tried before its time"
            employer.courier.ahead += 1.5
            await employer.courier.run_until_idle()

        assert (told["state"], told["attempts"], told["last_status"]) == ("exhausted", 10, 500)
        pauses = [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]
        for pause, planned in zip(pauses, PAUSES[2:], strict=True):
            assert 0.99 * planned < pause < 1.12 * planned + 3
        ids = {headers["webhook-id"] for _, headers, _ in employer.receiver.heard}
        assert ids == {delivery["message_id"]}
        assert len(employer.receiver.heard) == 10
        assert len({body for _, _, body in employer.receiver.heard}) == 1
        attempts = await employer.attempts(delivery)
        assert [attempt["number"] for attempt in attempts] == list(range(10, 0, -1))

        again = await employer.person.post(f"{SCOPE}/deliveries/{delivery['id']}/retry")
        assert (again["state"], again["attempts"]) == ("waiting", 10)
        await employer.courier.run_until_idle()
        assert (await employer.deliveries(webhook))[0]["attempts"] == 11

    async def test_waits_as_long_as_the_receiver_asks(self, employer: Employer) -> None:
        webhook = await employer.listens("/retry_after_seconds")
        await employer.pings(webhook)
        (told,) = await employer.deliveries(webhook)
        asked = datetime.fromisoformat(told["next_attempt_at"]) - datetime.now(UTC)
        assert 100 < asked.total_seconds() < 125
        employer.courier.ahead = 100
        await employer.courier.run_until_idle()
        assert len(employer.receiver.heard) == 1
        employer.courier.ahead = 130
        await employer.courier.run_until_idle()
        assert len(employer.receiver.heard) == 2

    @pytest.mark.parametrize(
        ("behaviour", "succeeds"),
        [
            ("status_201", True),
            ("status_204", True),
            ("redirect_307", False),
            ("status_404", False),
            ("hangs_in_body", True),
        ],
    )
    async def test_succeeds_with_2xx_alone(self, employer: Employer, behaviour: str, succeeds: bool) -> None:
        employer.courier._deadline_seconds = 0.5
        webhook = await employer.listens(f"/{behaviour}")
        await employer.pings(webhook)
        (told,) = await employer.deliveries(webhook)
        assert told["state"] == ("succeeded" if succeeds else "waiting")
        assert employer.receiver.paths() == [f"/{behaviour}"]


class TestWebhook:
    async def test_is_turned_off_by_410_and_its_owners_are_mailed(
        self, employer: Employer, resources: Resources
    ) -> None:
        webhook = await employer.listens("/status_410")
        delivery = await employer.pings(webhook)
        await employer.world.settle()

        now = await employer.webhook(webhook)
        assert (now["enabled"], now["disabled_reason"]) == (False, "gone")
        assert (await employer.deliveries(webhook))[0]["state"] == "exhausted"
        mails = [await resources.mailer.find(name) for name in await resources.mailer.list_names()]
        (mail,) = [mail for mail in mails if mail and "Webhook" in mail]
        assert "recruiter@example.com" in mail
        assert webhook["url"] in mail
        for path in (f"webhooks/{webhook['id']}/test", f"deliveries/{delivery['id']}/retry"):
            refused = await employer.person.post(f"{SCOPE}/{path}", expect=409)
            assert refused["code"] == "webhook_disabled"

    async def test_is_turned_off_after_five_days_of_failures_and_not_before(
        self, employer: Employer, resources: Resources
    ) -> None:
        webhook = await employer.listens("/status_404")
        day = 24 * 3600
        # The last but one: told nothing for days, it may fail again some times.
        for passed in (0, 300, 3000, 12_000, 5 * day - 60, 5 * day + 300, 5 * day + 700, 5 * day + 3000):
            employer.courier.ahead = passed
            await employer.pings(webhook)
            assert (await employer.webhook(webhook))["enabled"] == (passed < 5 * day + 3000), passed
        now = await employer.webhook(webhook)
        assert (now["enabled"], now["disabled_reason"]) == (False, "failing")
        states = {told["state"] for told in await employer.deliveries(webhook)}
        assert states == {"cancelled"}
        await employer.world.settle()
        mails = [await resources.mailer.find(name) for name in await resources.mailer.list_names()]
        assert len([mail for mail in mails if mail and "For five days not one message was taken" in mail]) == 1

        changes = {"enabled": True, "url": f"{employer.receiver.origin}/status_200"}
        on = await employer.person.request("PATCH", f"{SCOPE}/webhooks/{webhook['id']}", expect=200, json=changes)
        assert (on.json()["enabled"], on.json()["failing_since"]) == (True, None)

    async def test_stays_when_anything_succeeded_between(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_500")
        day = 24 * 3600
        path = f"{SCOPE}/webhooks/{webhook['id']}"
        for passed, behaviour in ((0, "status_500"), (3 * day, "status_200"), (6 * day, "status_500")):
            employer.courier.ahead = passed
            url = {"url": f"{employer.receiver.origin}/{behaviour}"}
            await employer.person.request("PATCH", path, expect=200, json=url)
            await employer.pings(webhook)
        assert (await employer.webhook(webhook))["enabled"]

    async def test_rests_after_it_failed_as_a_whole(self, employer: Employer) -> None:
        webhook = await employer.listens("/status_503")
        for _ in range(3):
            await employer.person.post(f"{SCOPE}/webhooks/{webhook['id']}/test")
        await employer.courier.run_until_idle()
        assert len(employer.receiver.heard) == 1, "the others wait until its rest is over"
        employer.courier.ahead = 5.5
        await employer.courier.run_until_idle()
        assert len(employer.receiver.heard) == 2
