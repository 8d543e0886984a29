"""An app, and a browser to log in with."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.bootstrap import Resources
from tests.oauth.apps import register
from tests.oauth.browser import Browser
from tests.people import World


@pytest.fixture
async def app(world: World) -> dict[str, Any]:
    """A registered app, and anna, who has an account."""
    await world.person("anna")
    return await register(world.client)


@pytest.fixture
async def browser(resources: Resources) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    async with Browser(resources) as opened:
        yield opened
