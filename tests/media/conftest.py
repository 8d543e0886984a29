"""What media's tests share: uploading, and reading a file back."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.people import Person

Upload = Callable[..., Awaitable[Any]]


@pytest.fixture
def upload() -> Upload:
    async def do(
        person: Person,
        data: bytes,
        *,
        version: int = 2,
        expect: int = 200,
        thumbnail: bytes | None = None,
        name: str = "picture.bin",
        kind: str = "application/octet-stream",
        **fields: str,
    ) -> Any:
        files = {"file": (name, data, kind)} | ({"thumbnail": ("t.bin", thumbnail, kind)} if thumbnail else {})
        response = await person.request(
            "POST", f"/api/v{version}/media", expect=expect, files=files, data=fields, timeout=120
        )
        return response.json()

    return do


@pytest.fixture
def fetch(client: httpx2.AsyncClient) -> Callable[[str], Awaitable[bytes]]:
    """The bytes at one of our addresses."""

    async def do(url: str) -> bytes:
        response = await client.get(url)
        assert response.status_code == 200, response.text
        return response.content

    return do
