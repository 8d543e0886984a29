"""A service that may push to this machine, and somebody to push to."""

from collections.abc import AsyncIterator

import pytest

from app.settings import Settings
from tests.push.receiver import Receiver, receiving, unpadded

PRIVATE_KEY = unpadded(b"\x01" * 32)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a key of its own, kept apart from the database; pushes may go to this machine."""
    return Settings.model_validate(
        {**dict(settings), "push_anywhere": True, "vapid_private_key": PRIVATE_KEY, "PORT": settings.port}
    )


@pytest.fixture
async def receiver(anyio_backend: object) -> AsyncIterator[Receiver]:
    """A push service with one browser."""
    async with receiving() as opened:
        yield opened
