"""Lists, groups, policy and requests, as apps ask for them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.clock import now
from app.notifications.service import forget
from tests.meter import Meter
from tests.people import Person, World

pytestmark = pytest.mark.anyio

_V1, _V2 = "/api/v1/notifications", "/api/v2/notifications"


@pytest.fixture
async def anna(world: World) -> Person:
    return await world.person("anna")


async def mentions(world: World, anna: Person, count: int) -> list[str]:
    """`count` mentions of anna by bo; the notifications' ids, newest first."""
    bo = await world.person("bo")
    for number in range(count):
        await bo.says(f"@anna 第 {number} 条")
    await world.settle()
    return [one["id"] for one in await anna.get(_V1)]


class TestList:
    async def test_pages_by_id(self, world: World, anna: Person) -> None:
        ids = await mentions(world, anna, 5)
        first = await anna.request("GET", _V1, params={"limit": 2})
        assert [one["id"] for one in first.json()] == ids[:2]
        links = dict(re.findall(r'<([^>]+)>; rel="(\w+)"', first.headers["link"])[::-1])
        older = next(url for url, rel in links.items() if rel == "next")

        second = await anna.request("GET", older)
        assert [one["id"] for one in second.json()] == ids[2:4]
        assert [one["id"] for one in await anna.get(_V1, min_id=ids[4], limit=2)] == ids[2:4]
        assert [one["id"] for one in await anna.get(_V1, since_id=ids[2], limit=5)] == ids[:2]

    async def test_chooses_by_type_and_account(self, world: World, anna: Person) -> None:
        await mentions(world, anna, 1)
        cy = await world.person("cy")
        await cy.follows(anna)
        await world.settle()

        for params in (
            {"types[]": "follow"},
            {"exclude_types[]": "mention"},
            {"types": "follow"},
            {"account_id": cy.id},
        ):
            assert [one["type"] for one in await anna.get(_V1, **params)] == ["follow"], params
        assert await anna.get(_V1, **{"types[]": "annual_report"}) == []
        assert await cy.get(_V1) == []

    async def test_shows_one(self, world: World, anna: Person) -> None:
        (id,) = await mentions(world, anna, 1)
        bo = await world.person("cy")

        one = await anna.get(f"{_V1}/{id}")
        assert (one["id"], one["type"], one["group_key"]) == (id, "mention", f"ungrouped-{id}")
        await bo.get(f"{_V1}/{id}", expect=404)
        await anna.get(f"{_V1}/nonsense", expect=404)

    @pytest.mark.parametrize("count", [1, 9])
    async def test_costs_the_same_for_any_page(self, world: World, anna: Person, meter: Meter, count: int) -> None:
        await mentions(world, anna, count)
        await anna.get(_V1)
        meter.reset()
        await anna.get(_V1)
        # The rows; their posts; the reader's standing; the senders.
        assert meter.cost[0] == 4, "\n\n".join(meter.statements)


class TestDismiss:
    async def test_forgets_one_or_all(self, world: World, anna: Person) -> None:
        ids = await mentions(world, anna, 4)
        cy = await world.person("cy")

        await cy.post(f"{_V1}/{ids[0]}/dismiss", expect=404)
        await anna.post(f"{_V1}/{ids[0]}/dismiss")
        await anna.post(f"{_V1}/dismiss", {"id": ids[1]})
        assert [one["id"] for one in await anna.get(_V1)] == ids[2:]
        await anna.post(f"{_V1}/clear")
        assert await anna.get(_V1) == []

    async def test_of_all_forgets_what_waits_in_requests_as_well(self, world: World, anna: Person) -> None:
        await TestRequests().asked(world, anna)
        await anna.post(f"{_V1}/clear")
        assert await anna.get(_V1, include_filtered=True) == []
        assert await anna.get(f"{_V1}/requests") == []
        summary = (await anna.get(f"{_V2}/policy"))["summary"]
        assert summary == {"pending_requests_count": 0, "pending_notifications_count": 0}


class TestUnreadCount:
    async def test_counts_from_the_marker_to_the_limit(self, world: World, anna: Person) -> None:
        ids = await mentions(world, anna, 4)
        assert await anna.get(f"{_V1}/unread_count") == {"count": 4}
        assert await anna.get(f"{_V1}/unread_count", limit=3) == {"count": 3}

        await anna.post("/api/v1/markers", {"notifications": {"last_read_id": ids[1]}})
        assert await anna.get(f"{_V1}/unread_count") == {"count": 1}

    async def test_counts_nothing_that_is_not_shown(self, world: World, anna: Person, resources: Resources) -> None:
        bo = await world.person("bo")
        post = await bo.says("@anna 看看")
        await world.settle()
        assert await anna.get(f"{_V1}/unread_count") == {"count": 1}

        await bo.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)
        assert await anna.get(f"{_V1}/unread_count") == {"count": 0}


class TestGate:
    """What one may no longer see is told no more; where it is asked makes no difference."""

    @pytest.mark.parametrize(
        "row",
        [
            "blocks (account_id, target_id) VALUES (:anna, :bo)",
            "blocks (account_id, target_id) VALUES (:bo, :anna)",
            "mutes (account_id, target_id) VALUES (:anna, :bo)",
        ],
    )
    async def test_hides_whom_one_blocks_or_mutes(
        self, world: World, anna: Person, resources: Resources, row: str
    ) -> None:
        (id,) = await mentions(world, anna, 1)
        bo = (await anna.get(_V1))[0]["account"]["id"]
        async with resources.db.transaction() as session:
            await session.execute(text(f"INSERT INTO {row}"), {"anna": int(anna.id), "bo": int(bo)})

        await self._shows_nothing(anna, id)

    async def test_hides_the_suspended(self, world: World, anna: Person, resources: Resources) -> None:
        (id,) = await mentions(world, anna, 1)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE accounts SET suspended_at = now() WHERE username = 'bo'"))

        await self._shows_nothing(anna, id)

    async def test_hides_private_posts_of_those_one_left(self, world: World, anna: Person) -> None:
        bo = await world.person("bo")
        await anna.post(f"/api/v1/accounts/{bo.id}/follow", {"notify": True})
        await bo.says("只给关注者", visibility="private")
        await world.settle()
        (one,) = await anna.get(_V1)
        await anna.post(f"/api/v1/accounts/{bo.id}/unfollow")

        await self._shows_nothing(anna, one["id"])

    @pytest.mark.parametrize(
        "row",
        [
            "blocks (account_id, target_id) VALUES (:anna, :bo)",
            "blocks (account_id, target_id) VALUES (:bo, :anna)",
            "mutes (account_id, target_id) VALUES (:anna, :bo)",
        ],
    )
    async def test_tells_nothing_of_whom_one_blocks_or_mutes(
        self, world: World, anna: Person, resources: Resources, row: str
    ) -> None:
        bo = await world.person("bo")
        post = await bo.says("@anna 看看")
        async with resources.db.transaction() as session:
            await session.execute(text(f"INSERT INTO {row}"), {"anna": int(anna.id), "bo": int(bo.id)})
        await world.settle()
        async with resources.db.transaction() as session:
            await session.execute(text("DELETE FROM blocks"))
            await session.execute(text("DELETE FROM mutes"))

        assert post["mentions"]
        assert await anna.get(_V1) == []

    async def test_tells_nothing_of_muted_threads(self, world: World, anna: Person, resources: Resources) -> None:
        bo = await world.person("bo")
        post = await anna.says("招聘")
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO conversation_mutes VALUES (:anna, :post)"),
                {"anna": int(anna.id), "post": int(post["id"])},
            )
        await bo.says("@anna 还招吗", in_reply_to_id=post["id"])
        await bo.reposts(post)
        await world.settle()

        assert await anna.get(_V1) == []

    async def _shows_nothing(self, anna: Person, id: str) -> None:
        assert await anna.get(_V1) == []
        assert (await anna.get(_V2))["notification_groups"] == []
        assert await anna.get(f"{_V1}/unread_count") == {"count": 0}
        assert await anna.get(f"{_V2}/unread_count") == {"count": 0}
        await anna.get(f"{_V1}/{id}", expect=404)
        await anna.get(f"{_V2}/ungrouped-{id}", expect=404)


class TestGroups:
    @pytest.fixture
    async def busy(self, world: World, anna: Person) -> dict[str, Any]:
        """A post of anna's that three people reposted, who follow her too; one mentions her."""
        post = await anna.says("招聘")
        others = await world.people("bo", "cy", "di")
        for other in others:
            await other.reposts(post)
        await others[0].says("@anna 看到了")
        for other in others:
            await other.follows(anna)
        await world.settle()
        return post

    async def test_tells_many_as_one(self, anna: Person, busy: dict[str, Any]) -> None:
        found = await anna.get(_V2)

        told = {(one["type"], one["notifications_count"]) for one in found["notification_groups"]}
        assert told == {("follow", 3), ("mention", 1), ("reblog", 3)}
        assert sorted(account["username"] for account in found["accounts"]) == ["bo", "cy", "di"]
        assert {status["id"] for status in found["statuses"]} == {
            one["status_id"] for one in found["notification_groups"] if one["type"] != "follow"
        }
        reposts = next(one for one in found["notification_groups"] if one["type"] == "reblog")
        assert re.fullmatch(rf"reblog-{busy['id']}-\d+", reposts["group_key"])
        assert len(reposts["sample_account_ids"]) == 3
        assert isinstance(reposts["most_recent_notification_id"], int)
        assert str(reposts["most_recent_notification_id"]) == reposts["page_max_id"]

    async def test_keeps_apart_what_is_not_to_be_grouped(self, anna: Person, busy: dict[str, Any]) -> None:
        found = (await anna.get(_V2, **{"grouped_types[]": "follow"}))["notification_groups"]

        assert [one["notifications_count"] for one in found if one["type"] == "reblog"] == [1, 1, 1]
        assert [one["notifications_count"] for one in found if one["type"] == "follow"] == [3]
        assert (await anna.get(f"{_V2}/unread_count"))["count"] == 3
        assert (await anna.get(f"{_V2}/unread_count", **{"grouped_types[]": "follow"}))["count"] == 5

    async def test_can_tell_most_accounts_in_part(self, anna: Person, busy: dict[str, Any]) -> None:
        found = await anna.get(_V2, expand_accounts="partial_avatars", **{"types[]": "follow"})

        assert len(found["accounts"]) == 1
        assert found["accounts"][0]["id"] == found["notification_groups"][0]["sample_account_ids"][0]
        assert len(found["partial_accounts"]) == 2
        assert set(found["partial_accounts"][0]) >= {"id", "acct", "url", "avatar", "avatar_static", "locked", "bot"}

    async def test_pages_through_every_group_once(self, anna: Person, busy: dict[str, Any]) -> None:
        keys, max_id = [], None
        for _ in range(10):
            page = await anna.get(_V2, limit=1, **({"max_id": max_id} if max_id else {}))
            if not page["notification_groups"]:
                break
            keys.append(page["notification_groups"][0]["group_key"])
            max_id = page["notification_groups"][0]["page_min_id"]

        assert len(set(keys)) == 3

    async def test_shows_and_dismisses_a_group(self, anna: Person, busy: dict[str, Any]) -> None:
        key = next(one["group_key"] for one in (await anna.get(_V2))["notification_groups"] if one["type"] == "reblog")
        assert (await anna.get(f"{_V2}/{key}"))["notification_groups"][0]["notifications_count"] == 3
        accounts = await anna.get(f"{_V2}/{key}/accounts")
        assert sorted(account["username"] for account in accounts) == ["bo", "cy", "di"]

        await anna.post(f"{_V2}/{key}/dismiss")
        await anna.get(f"{_V2}/{key}", expect=404)
        assert {one["type"] for one in await anna.get(_V1)} == {"mention", "follow"}

    async def test_costs_the_same_for_any_page(self, anna: Person, busy: dict[str, Any], meter: Meter) -> None:
        await anna.get(_V2)
        meter.reset()
        await anna.get(_V2)
        # Besides those of the list, how large each group is.
        assert meter.cost[0] == 5, "\n\n".join(meter.statements)


class TestPolicy:
    async def test_starts_like_mastodons(self, anna: Person) -> None:
        assert await anna.get(f"{_V2}/policy") == {
            "for_not_following": "accept",
            "for_not_followers": "accept",
            "for_new_accounts": "accept",
            "for_private_mentions": "filter",
            "for_limited_accounts": "filter",
            "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
        }

    async def test_keeps_what_is_not_named(self, anna: Person) -> None:
        await anna.request("PATCH", f"{_V2}/policy", json={"for_new_accounts": "drop"}, expect=200)
        answer = await anna.request("PATCH", f"{_V2}/policy", json={"for_not_following": "filter"}, expect=200)

        chosen = {key: value for key, value in answer.json().items() if key != "summary"}
        assert set(chosen.items()) >= {("for_new_accounts", "drop"), ("for_not_following", "filter")}
        await anna.request("PATCH", f"{_V2}/policy", json={"for_new_accounts": "maybe"}, expect=422)

    async def test_is_told_in_its_old_form_too(self, anna: Person) -> None:
        answer = await anna.request("PUT", f"{_V1}/policy", json={"filter_not_followers": True}, expect=200)

        assert answer.json()["filter_not_followers"] is True
        assert (await anna.get(f"{_V2}/policy"))["for_not_followers"] == "filter"

    @pytest.mark.parametrize("word", ["for_not_following", "for_not_followers", "for_new_accounts"])
    async def test_drops_strangers(self, world: World, anna: Person, word: str) -> None:
        bo = await world.person("bo")
        await anna.request("PATCH", f"{_V2}/policy", json={word: "drop"}, expect=200)
        await bo.says("@anna 你好")
        await world.settle()

        assert await anna.get(_V1, include_filtered=True) == []

    async def test_lets_those_one_follows_pass(self, world: World, anna: Person) -> None:
        bo = await world.person("bo")
        policy = {"for_not_following": "drop", "for_new_accounts": "drop", "for_private_mentions": "drop"}
        await anna.request("PATCH", f"{_V2}/policy", json=policy, expect=200)
        await anna.follows(bo)
        await bo.says("@anna 你好", visibility="direct")
        await world.settle()

        assert [one["type"] for one in await anna.get(_V1)] == ["mention"]


class TestRequests:
    async def asked(self, world: World, anna: Person) -> tuple[Person, dict[str, Any], dict[str, Any]]:
        """Someone whom anna does not know writes to her: the stranger, the post, the request."""
        bo = await world.person("bo")
        post = await bo.says("@anna 有个机会", visibility="direct")
        await world.settle()
        (request,) = await anna.get(f"{_V1}/requests")
        return bo, post, request

    async def test_hold_private_mentions_of_strangers(self, world: World, anna: Person) -> None:
        bo, post, request = await self.asked(world, anna)

        assert (request["account"]["id"], request["last_status"]["id"]) == (bo.id, post["id"])
        assert request["notifications_count"] == "1"
        assert await anna.get(f"{_V1}/requests/{request['id']}") == request
        assert await anna.get(_V1) == []
        assert [one["filtered"] for one in await anna.get(_V1, include_filtered=True)] == [True]
        summary = (await anna.get(f"{_V2}/policy"))["summary"]
        assert summary == {"pending_requests_count": 1, "pending_notifications_count": 1}
        await bo.get(f"{_V1}/requests/{request['id']}", expect=404)
        await bo.post(f"{_V1}/requests/{request['id']}/accept", expect=404)

    async def test_accepted_let_the_sender_in_for_good(self, world: World, anna: Person) -> None:
        bo, _, request = await self.asked(world, anna)
        await anna.post(f"{_V1}/requests/{request['id']}/accept")
        await bo.says("@anna 还有一个", visibility="direct")
        await world.settle()

        assert len(await anna.get(_V1)) == 2
        assert await anna.get(f"{_V1}/requests") == []
        assert await anna.get(f"{_V1}/requests/merged") == {"merged": True}

    async def test_dismissed_are_forgotten_but_may_come_again(self, world: World, anna: Person) -> None:
        bo, _, request = await self.asked(world, anna)
        await anna.post(f"{_V1}/requests/{request['id']}/dismiss")
        assert await anna.get(_V1, include_filtered=True) == []

        await bo.says("@anna 再问一次", visibility="direct")
        await world.settle()
        assert len(await anna.get(f"{_V1}/requests")) == 1

    async def test_can_be_answered_together(self, world: World, anna: Person) -> None:
        _, _, request = await self.asked(world, anna)
        await anna.post(f"{_V1}/requests/dismiss", {"id": ["1"]})
        assert len(await anna.get(f"{_V1}/requests")) == 1

        await anna.post(f"{_V1}/requests/accept", {"id": [request["id"]]})
        assert len(await anna.get(_V1)) == 1

    async def test_are_not_needed_for_an_answer(self, world: World, anna: Person) -> None:
        bo = await world.person("bo")
        post = await anna.says("@bo 请教", visibility="direct")
        await bo.says("@anna 请说", visibility="direct", in_reply_to_id=post["id"])
        await world.settle()

        assert [one["type"] for one in await anna.get(_V1)] == ["mention"]

    async def test_go_when_the_sender_takes_back_what_they_wrote(self, world: World, anna: Person) -> None:
        bo, post, _ = await self.asked(world, anna)
        await bo.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)

        assert await anna.get(f"{_V1}/requests") == []


class TestRetention:
    async def test_forgets_after_half_a_year(self, world: World, anna: Person, resources: Resources) -> None:
        await mentions(world, anna, 2)
        async with resources.db.transaction() as session:
            await forget(session, now=now() + timedelta(days=179))
        assert len(await anna.get(_V1)) == 2
        async with resources.db.transaction() as session:
            await forget(session, now=now() + timedelta(days=181))
        assert await anna.get(_V1) == []
