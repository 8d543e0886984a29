"""Real answers against Mastodon's own schema, and against our own list of what every entity must have."""

from typing import Any

import httpx2
import jsonschema_rs
import pytest

from tests.contract import watch
from tests.people import World

pytestmark = pytest.mark.anyio

SCHEMA = watch.SCHEMA
needs_schema = pytest.mark.skipif(not watch.SCHEMA.exists(), reason=watch.ABSENT)

# What clients read, whatever the schema file says: product.md §1.
ACCOUNT = """acct avatar avatar_static bot created_at discoverable display_name emojis fields followers_count
    following_count group header header_static id indexable last_status_at locked note roles statuses_count uri url
    username weizhi"""
STATUS = """account application bookmarked card content created_at edited_at emojis favourited favourites_count filtered
    id in_reply_to_account_id in_reply_to_id language media_attachments mentions muted pinned poll quote quote_approval
    quotes_count reblog reblogged reblogs_count replies_count sensitive spoiler_text tags uri url visibility weizhi"""
KEYS = {
    "Account": ACCOUNT,
    "CredentialAccount": f"{ACCOUNT} source role",
    "Relationship": """blocked_by blocking domain_blocking endorsed followed_by following id languages muting
        muting_notifications note notifying requested requested_by showing_reblogs""",
    "Status": STATUS,
    "Token": "access_token created_at scope token_type",
    "CredentialApplication": """client_id client_secret client_secret_expires_at id name redirect_uri redirect_uris
        scopes vapid_key website""",
}


def validator(entity: str) -> jsonschema_rs.Draft202012Validator:
    """Mastodon's schema of one entity."""
    mastodons = watch.mastodons()
    assert mastodons
    return mastodons.validator(f"/components/schemas/{entity}")


def problems(entity: str, answer: Any) -> list[str]:
    """What Mastodon's schema of an entity holds against an answer."""
    mastodons = watch.mastodons()
    assert mastodons
    return mastodons.problems(f"/components/schemas/{entity}", answer)


async def examples(world: World) -> list[tuple[str, Any]]:
    """Every entity, as the service answers it."""
    anna, bo = await world.people("anna", "bo")
    update = {
        "headline": "工程师",
        "note": "你好 #话题# https://a.example/",
        "fields_attributes": [{"name": "站", "value": "https://a.example"}],
    }
    credentials = (await anna.request("PATCH", "/api/v1/accounts/update_credentials", json=update, expect=200)).json()
    post = await anna.says("@bo #远程 工作# https://a.example/", spoiler_text="注意", language="zh")
    reply = await bo.says("答", in_reply_to_id=post["id"], visibility="unlisted")
    repost = await bo.reposts(post)
    quote = await bo.says("引用", quoted_status_id=post["id"])
    of_quote = await anna.says("引用引用", quoted_status_id=quote["id"])
    job = await anna.publishes_job()
    edited = await anna.request("PATCH", f"/api/weizhi/v1/jobs/{job['id']}", json={"headcount": 9}, expect=200)
    lost = await anna.says("会删的")
    orphan = await bo.says("引用会删的", quoted_status_id=lost["id"])
    deleted = (await anna.request("DELETE", f"/api/v1/statuses/{lost['id']}", expect=200)).json()
    token = await world.client.post(
        "/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": world.app["client_id"],
            "client_secret": world.app["client_secret"],
        },
    )
    await world.settle()
    return [
        ("Account", await bo.get(f"/api/v1/accounts/{anna.id}")),
        ("Account", (await world.client.get("/api/v1/accounts/lookup", params={"acct": "bo"})).json()),
        ("CredentialAccount", credentials),
        ("CredentialAccount", await bo.get("/api/v1/accounts/verify_credentials")),
        ("Relationship", await anna.post(f"/api/v1/accounts/{bo.id}/follow", {"notify": True})),
        *(("Relationship", one) for one in await bo.get("/api/v1/accounts/relationships", **{"id[]": anna.id})),
        *(("Status", status) for status in (post, reply, repost, quote, of_quote, deleted)),
        ("Status", await bo.get(f"/api/v1/statuses/{edited.json()['status_id']}")),
        ("Status", await anna.get(f"/api/v1/statuses/{orphan['id']}")),
        *(("Status", status) for status in await anna.home()),
        *(("Status", status) for status in (await world.client.get("/api/v1/timelines/public")).json()),
        ("Token", token.json()),
        ("CredentialApplication", world.app),
    ]


class TestEntities:
    @needs_schema
    async def test_are_what_mastodons_schema_says(self, world: World) -> None:
        seen = await examples(world)
        assert {entity for entity, _ in seen} == set(KEYS)
        kinds = {answer["weizhi"]["kind"] for entity, answer in seen if entity == "Status"}
        assert kinds == {"post", "repost", "quote", "job"}
        for entity, answer in seen:
            assert problems(entity, answer) == [], (entity, answer)

    @needs_schema
    @pytest.mark.parametrize("entity", sorted(KEYS))
    def test_are_refused_by_that_schema_when_something_is_missing(self, entity: str) -> None:
        required = {problem.split('"')[1] for problem in problems(entity, {})}
        assert required
        assert required <= set(KEYS[entity].split())

    async def test_have_every_key_that_clients_read(self, world: World) -> None:
        for entity, answer in await examples(world):
            assert set(KEYS[entity].split()) <= set(answer), entity
            if entity == "Status":
                assert set(ACCOUNT.split()) <= set(answer["account"])
                for inner in (answer["reblog"], (answer["quote"] or {}).get("quoted_status")):
                    assert inner is None or set(STATUS.split()) <= set(inner)
                assert set(answer["weizhi"]) >= {"kind", "via", "job"}

    async def test_tell_ids_as_digits_and_times_in_utc(self, world: World) -> None:
        def check(value: Any, key: str = "") -> None:
            if isinstance(value, dict):
                for name, inner in value.items():
                    check(inner, name)
            elif isinstance(value, list):
                for inner in value:
                    check(inner, key)
            elif value is not None and key != "role" and (key == "id" or key.endswith("_id")) and key != "client_id":
                assert isinstance(value, str), key
                assert value.isdigit() or value == "-99", key
            elif isinstance(value, str) and key.endswith("_at") and key != "last_status_at":
                assert len(value) == 24, (key, value)
                assert value.endswith("Z"), (key, value)

        for entity, answer in await examples(world):
            if entity != "CredentialApplication":
                check({key: value for key, value in answer.items() if key != "weizhi"})


class TestDocument:
    async def test_of_the_service_names_each_operation_once(self, client: httpx2.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
        assert len(names) == len(set(names)) >= 35
