"""Messages as recruiters' systems sign them."""

import hashlib
import hmac
import json
from typing import Any

import httpx2
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import Person, World

SOURCES = "/api/weizhi/v1/inbound_sources"


async def source_of(recruiter: Person, kind: str, organization: dict[str, Any] | None = None, **fields: Any) -> Any:
    """A new source of a kind, as its maker sees it."""
    organization = organization or await recruiter.organization()
    return await recruiter.post(SOURCES, {"kind": kind, "organization_id": organization["id"], **fields})


def hex_of(secret: str, signed: bytes) -> str:
    """An HMAC as most systems write it."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def ashby(
    world: World, source: dict[str, Any], action: str, data: Any, *, secret: str | None = None, **headers: str
) -> httpx2.Response:
    """A message of Ashby's."""
    body = json.dumps({"action": action, "data": data}, ensure_ascii=False).encode()
    signature = f"sha256={hex_of(secret or source['secret'], body)}"
    head = {"content-type": "application/json", "ashby-signature": signature, **headers}
    return await world.client.post(source["url"], content=body, headers=head)


async def receipts_of(recruiter: Person, source: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    """A source's receipts, newest first."""
    found: list[dict[str, Any]] = await recruiter.get(f"{SOURCES}/{source['id']}/receipts", **params)
    return found


async def job_of(recruiter: Person, answer: httpx2.Response) -> dict[str, Any]:
    """The job that an answer is about."""
    found: dict[str, Any] = await recruiter.get(f"/api/weizhi/v1/jobs/{answer.json()['job_id']}")
    return found


async def verified(resources: Resources, source: dict[str, Any]) -> dict[str, Any]:
    """A source whose organisation is verified: it may keep as many jobs open as it likes."""
    async with resources.db.transaction() as session:
        await session.execute(
            text("UPDATE organizations SET verified_at = now() WHERE id = :id"), {"id": int(source["organization_id"])}
        )
    return source
