"""The VAPID key: from the setting, or made once for all processes."""

import asyncio

import pytest
from sqlalchemy import text

from app.kit.db import Database
from app.push.vapid import ServerKey, ServerKeys
from app.settings import Settings
from tests.push.conftest import PRIVATE_KEY

pytestmark = pytest.mark.anyio


async def test_is_made_once_for_all_processes(db: Database) -> None:
    async def of_a_process() -> ServerKey:
        async with db.transaction() as session:
            return await ServerKeys(None, subject="mailto:a@b.example").get(session)

    keys = await asyncio.gather(*(of_a_process() for _ in range(5)))

    assert len({key.public for key in keys}) == 1
    async with db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM push_keys")) == 1


async def test_kept_in_the_database_seals_nothing(db: Database) -> None:
    async with db.transaction() as session:
        key = await ServerKeys(None, subject="mailto:a@b.example").get(session)

    assert key.seal("token", subscription="s") is None
    assert key.unseal(b"x" * 40, subscription="s") == ""


def test_of_the_setting_opens_only_what_it_sealed() -> None:
    key = ServerKey(PRIVATE_KEY, apart=True, subject="mailto:a@b.example")
    other = ServerKey(PRIVATE_KEY.replace("A", "B"), apart=True, subject="mailto:a@b.example")
    sealed = key.seal("token", subscription="one")

    assert key.unseal(sealed, subscription="one") == "token"
    assert key.unseal(sealed, subscription="another") == ""
    assert other.unseal(sealed, subscription="one") == ""


@pytest.mark.parametrize("value", ["short", "=" * 43, "ä" * 43])
def test_refuses_a_setting_that_is_no_key(value: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64url"):
        Settings(vapid_private_key=value, _env_file=None)


def test_production_refuses_to_push_anywhere() -> None:
    with pytest.raises(ValueError, match="WEIZHI_ENV=production"):
        Settings(env="production", push_anywhere=True, _env_file=None)
