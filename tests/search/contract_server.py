"""A Meilisearch to ask directly: the fake, or the real one that WEIZHI_TEST_MEILI_URL names."""

import asyncio
import os
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx2

REAL_URL, REAL_KEY = os.environ.get("WEIZHI_TEST_MEILI_URL"), os.environ.get("WEIZHI_TEST_MEILI_KEY")
# Of the real one, unless it was started with another --http-payload-size-limit.
REAL_LIMIT = int(os.environ.get("WEIZHI_TEST_MEILI_PAYLOAD_LIMIT", 100 * 1024 * 1024))


@dataclass
class Server:
    """Requests with the master key; indexes with names of their own, which are deleted at the end."""

    client: httpx2.AsyncClient
    payload_limit: int
    made: list[str] = field(default_factory=list)
    task_seconds: float = 60.0

    async def ask(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        """One request; the decoded answer of the status expected."""
        content = {} if body is None else {"json": body}
        response = await self.client.request(method, path, headers=headers, **content)
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text[:300]}"
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, body: Any = None, *, status: int, **options: Any) -> str:
        """A request that is refused: the error's code."""
        answer = await self.ask(method, path, body, expect=status, **options)
        assert {"message", "code", "type", "link"} <= answer.keys()
        return str(answer["code"])

    async def enqueue(self, method: str, path: str, body: Any = None) -> int:
        """A request that makes a task: its number."""
        summary = await self.ask(method, path, body, expect=202)
        assert {"taskUid", "indexUid", "status", "type", "enqueuedAt"} <= summary.keys()
        return int(summary["taskUid"])

    async def outcome(self, task: int) -> dict[str, Any]:
        """A task once it is over."""
        async with asyncio.timeout(self.task_seconds):
            while True:
                found: dict[str, Any] = await self.ask("GET", f"/tasks/{task}")
                if found["status"] not in ("enqueued", "processing"):
                    return found
                await asyncio.sleep(0.01)

    async def do(self, method: str, path: str, body: Any = None) -> None:
        """A request that makes a task, which succeeds."""
        found = await self.outcome(await self.enqueue(method, path, body))
        assert found["status"] == "succeeded", found["error"]

    async def failure(self, method: str, path: str, body: Any = None) -> str:
        """A request that makes a task, which fails: the error's code."""
        found = await self.outcome(await self.enqueue(method, path, body))
        assert found["status"] == "failed", found
        return str(found["error"]["code"])

    def name(self) -> str:
        """The name of an index that will be deleted at the end."""
        self.made.append(f"contract_{secrets.token_hex(6)}")
        return self.made[-1]

    async def index(self, documents: list[dict[str, Any]] | None = None, **settings: Any) -> str:
        """A new index with settings, then documents."""
        uid = self.name()
        await self.do("POST", "/indexes", {"uid": uid, "primaryKey": "id"})
        if settings:
            await self.do("PATCH", f"/indexes/{uid}/settings", settings)
        if documents:
            await self.do("POST", f"/indexes/{uid}/documents", documents)
        return uid

    async def search(self, uid: str, q: str = "", **body: Any) -> list[str]:
        """Ids found, in order."""
        answer = await self.ask("POST", f"/indexes/{uid}/search", {"q": q, "limit": 1000, **body})
        return [str(hit["id"]) for hit in answer["hits"]]

    async def held(self, uid: str) -> dict[str, dict[str, Any]]:
        """All documents by id."""
        answer = await self.ask("POST", f"/indexes/{uid}/documents/fetch", {"limit": 1000})
        return {str(document["id"]): document for document in answer["results"]}

    async def clean(self) -> None:
        """Delete what was made."""
        for uid in self.made:
            await self.client.request("DELETE", f"/indexes/{uid}")
