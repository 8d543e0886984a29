"""From registering to a confirmed address."""

import re
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.db import Database
from app.limits.valkey_limits import ValkeyLimits
from app.mail.no_mailer import NoMailer
from app.settings import Settings
from tests.people import Person, World
from tests.service import service

pytestmark = pytest.mark.anyio

AGAIN = "/api/v1/emails/confirmations"


async def mailed_links(client: httpx2.AsyncClient) -> list[str]:
    """The links in the mails that the development page shows, the last first."""
    names = re.findall(r'href="(/dev/mail/[^"]+)"', (await client.get("/dev/mail")).text)
    texts = [(await client.get(name)).text for name in names]
    return [found[0] for body in texts if (found := re.findall(r"http://weizhi\.test(/confirm/\S+)", body))]


async def confirmed(db: Database, person: Person) -> bool:
    async with db.reading() as session:
        query = text("SELECT email_confirmed_at IS NOT NULL FROM accounts WHERE id = :id")
        return bool(await session.scalar(query, {"id": int(person.id)}))


class TestConfirm:
    async def test_follows_the_link_that_registering_mails(self, world: World, db: Database) -> None:
        (anna,) = await world.people("anna")
        await world.settle()
        assert not await confirmed(db, anna)

        (link,) = await mailed_links(world.client)
        page = await world.client.get(link)

        assert (page.status_code, "邮箱已确认" in page.text) == (200, True)
        assert await confirmed(db, anna)
        assert (await world.client.get(link)).status_code == 404

    async def test_refuses_links_that_are_unknown_or_old(self, world: World, db: Database) -> None:
        (anna,) = await world.people("anna")
        await world.settle()
        async with db.transaction() as session:
            await session.execute(text("UPDATE confirmations SET created_at = now() - interval '8 days'"))

        for link in [*await mailed_links(world.client), "/confirm/x"]:
            page = await world.client.get(link)
            assert (page.status_code, "链接无效" in page.text) == (404, True)
        assert not await confirmed(db, anna)

    async def test_refuses_a_link_to_an_address_given_up_since(self, world: World, db: Database) -> None:
        (anna,) = await world.people("anna")
        await world.settle()
        async with db.transaction() as session:
            await session.execute(text("UPDATE accounts SET email = 'other@example.com'"))

        (link,) = await mailed_links(world.client)

        assert (await world.client.get(link)).status_code == 404
        assert not await confirmed(db, anna)


class TestAskAgain:
    async def test_mails_a_new_link_and_the_old_one_works_too(self, world: World, db: Database) -> None:
        (anna,) = await world.people("anna")
        await world.settle()
        (first,) = await mailed_links(world.client)

        assert await anna.post(AGAIN, {"email": "Anna@example.com"}) == {}
        await world.settle()

        (second,) = await mailed_links(world.client)
        assert second != first
        await world.client.get(first)
        assert await confirmed(db, anna)
        # One is enough: the others go.
        assert (await world.client.get(second)).status_code == 404
        assert (await anna.post(AGAIN, expect=403))["code"] == "already_confirmed"

    async def test_takes_no_other_address(self, world: World) -> None:
        (anna,) = await world.people("anna")

        assert "email" in (await anna.post(AGAIN, {"email": "eve@example.com"}, expect=422))["details"]

    async def test_mails_five_times_an_hour_at_most(self, world: World, resources: Resources, redis_url: str) -> None:
        (anna,) = await world.people("anna")
        limits = ValkeyLimits(redis_url)
        transport = httpx2.ASGITransport(app=service(replace(resources, limits=limits)))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            headers = {"Authorization": f"Bearer {anna.token}"}
            statuses = [(await client.post(AGAIN, headers=headers)).status_code for _ in range(6)]
        await limits.close()

        assert statuses == [200] * 5 + [429]


class TestDevelopmentPage:
    async def test_is_not_there_in_production(self, world: World, resources: Resources, settings: Settings) -> None:
        await world.people("anna")
        await world.settle()
        strict = replace(resources, settings=settings.model_copy(update={"env": "production"}))
        name = re.findall(r'href="(/dev/mail/[^"]+)"', (await world.client.get("/dev/mail")).text)[0]
        transport = httpx2.ASGITransport(app=service(strict))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            for path in ("/dev/mail", name):
                assert (await client.get(path)).status_code == 404


def test_production_sends_no_mail_unless_a_folder_is_named(settings: Settings) -> None:
    production = settings.model_copy(update={"env": "production", "mail": None})

    assert production.mail_folder is None
    assert settings.mail_folder is not None


async def test_without_mail_registering_still_works() -> None:
    assert await NoMailer().list_names() == []
