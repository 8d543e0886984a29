"""Organisations that listen: a receiver on this machine, and a courier that lives when the test says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from app.bootstrap import Resources
from app.settings import Settings
from app.webhooks.courier import Courier
from app.worker import make_courier
from tests.kit.hostile import Hostile, hostile
from tests.people import Person, World

SCOPE = "/api/weizhi/v1"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Webhooks may lead to this machine."""
    changed = {**dict(settings), "outbound_allow_networks": "127.0.0.0/8", "PORT": settings.port}
    return Settings.model_validate(changed)


@pytest.fixture
async def receiver(anyio_backend: object) -> AsyncIterator[Hostile]:
    """Somebody's system; what a path ends in says how it behaves."""
    async with hostile() as opened:
        yield opened


@pytest.fixture
async def courier(resources: Resources) -> AsyncIterator[Courier]:
    """Delivers when told to; `ahead` moves its clock."""
    opened = make_courier(resources)
    yield opened
    opened.stop()


@dataclass
class Employer:
    """A recruiter with an organisation and its webhooks."""

    world: World
    courier: Courier
    receiver: Hostile
    person: Person
    organization: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)

    async def listens(self, path: str = "/status_200", **fields: Any) -> dict[str, Any]:
        """A new webhook to a path of the receiver."""
        body = {"organization_id": self.organization["id"], "url": f"{self.receiver.origin}{path}", "rate": 100}
        webhook = await self.person.post(f"{SCOPE}/webhooks", {**body, **fields})
        self.secrets[webhook["id"]] = webhook["secret"]
        return webhook

    async def pings(self, webhook: dict[str, Any]) -> dict[str, Any]:
        """Ask for a test, and have it delivered."""
        delivery = await self.person.post(f"{SCOPE}/webhooks/{webhook['id']}/test")
        await self.courier.run_until_idle()
        return delivery

    async def settles(self) -> None:
        """Let the worker and the courier do all that is to be done."""
        await self.world.settle()
        await self.courier.run_until_idle()

    async def webhook(self, webhook: dict[str, Any]) -> dict[str, Any]:
        """A webhook as it is now."""
        return await self.person.get(f"{SCOPE}/webhooks/{webhook['id']}")

    async def deliveries(self, webhook: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        """Its deliveries, newest first."""
        return await self.person.get(f"{SCOPE}/webhooks/{webhook['id']}/deliveries", **params)

    async def attempts(self, delivery: dict[str, Any]) -> list[dict[str, Any]]:
        """Attempts of a delivery, the last one first."""
        return await self.person.get(f"{SCOPE}/deliveries/{delivery['id']}/attempts")

    def heard(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """What the receiver was told, in order; of one type, if asked."""
        said = [orjson.loads(body) for _, _, body in self.receiver.heard]
        return [message for message in said if event_type in (None, message["type"])]


@pytest.fixture
async def employer(world: World, courier: Courier, receiver: Hostile) -> Employer:
    """A recruiter with an organisation, and no webhook yet."""
    person = await world.person("recruiter")
    return Employer(world, courier, receiver, person, await person.organization())
