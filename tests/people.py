"""People for tests, who do everything through HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import httpx2
from sqlalchemy import text

from app.bootstrap import Resources
from app.exposures.noting import Exposures
from app.outbox.relay import Relay
from app.timeline.feeds import Feeds

SCOPES = "read write follow push"
A_JOB: dict[str, Any] = {
    "title": "后端工程师",
    "description_html": "<p>和我们一起做推荐系统的后端服务，用 Python 与 PostgreSQL。</p>",
    "headcount": 2,
    "locations": [{"city": "杭州", "region": "浙江", "country": "CN"}],
    "workplace_type": "remote",
    "employment_type": "FULL_TIME",
    "salary": {"currency": "CNY", "min": 25000, "max": 40000, "interval": "MONTH", "months": 14},
    "requirements": ["三年以上后端经验"],
    "skills": ["Python", "PostgreSQL"],
    "valid_through": "2099-01-31",
    "language": "zh",
}


@dataclass
class Person:
    """Someone with an account."""

    world: World
    id: str
    username: str
    token: str

    async def get(self, path: str, *, expect: int = 200, **params: Any) -> Any:
        """GET, expecting a status; the decoded answer."""
        # None: with an empty mapping the query that stands in a path would be dropped.
        return (await self.request("GET", path, expect=expect, params=params or None)).json()

    async def post(self, path: str, json: dict[str, Any] | None = None, *, expect: int = 200, **headers: str) -> Any:
        """POST JSON, expecting a status; the decoded answer."""
        return (await self.request("POST", path, expect=expect, json=json or {}, headers=headers)).json()

    async def request(self, method: str, path: str, *, expect: int | None = None, **options: Any) -> httpx2.Response:
        """Any request, as this person."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        response = await self.world.client.request(method, path, headers=headers, **options)
        assert expect is None or response.status_code == expect, f"{response.status_code}: {response.text}"
        return response

    async def says(self, text: str, **fields: Any) -> dict[str, Any]:
        """Publish a post."""
        return await self.post("/api/v1/statuses", {"status": text, **fields})

    async def follows(self, other: Person) -> None:
        """Follow someone."""
        await self.post(f"/api/v1/accounts/{other.id}/follow")

    async def reposts(self, status: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Repost a post."""
        return await self.post(f"/api/v1/statuses/{status['id']}/reblog", fields)

    async def home(self, **params: Any) -> list[dict[str, Any]]:
        """The home timeline's first page."""
        return await self.get("/api/v1/timelines/home", **params)

    async def organization(self, name: str = "云杉科技") -> dict[str, Any]:
        """A new organisation of one's own."""
        return await self.post(
            "/api/weizhi/v1/organizations",
            {"name": name, "url": "https://yunshan.example", "profile": "做推荐系统的公司，80 人。"},
        )

    async def publishes_job(self, organization: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A published job."""
        organization = organization or await self.organization()
        draft = await self.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": organization["id"], **fields})
        return await self.post(f"/api/weizhi/v1/jobs/{draft['id']}/publish")


@dataclass
class World:
    """A service with an app registered, through which people come."""

    client: httpx2.AsyncClient
    relay: Relay
    app_token: str
    app: dict[str, Any]
    feeds: Feeds | None = None
    exposures: Exposures | None = None

    @classmethod
    async def open(cls, client: httpx2.AsyncClient, relay: Relay, *, app_name: str = "tests") -> Self:
        """Register an app and get its own token."""
        app = (
            await client.post(
                "/api/v1/apps",
                json={"client_name": app_name, "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": SCOPES},
            )
        ).json()
        token = await client.post(
            "/oauth/token",
            json={
                "grant_type": "client_credentials",
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
                "scope": SCOPES,
            },
        )
        assert token.status_code == 200, token.text
        return cls(client, relay, token.json()["access_token"], app)

    async def person(self, username: str) -> Person:
        """Someone registers."""
        response = await self.client.post(
            "/api/v1/accounts",
            headers={"Authorization": f"Bearer {self.app_token}"},
            json={
                "username": username,
                "email": f"{username}@example.com",
                "password": "correct horse",
                "agreement": True,
                "locale": "zh-CN",
            },
        )
        assert response.status_code == 200, response.text
        person = Person(self, "", username, response.json()["access_token"])
        person.id = (await person.get("/api/v1/accounts/verify_credentials"))["id"]
        return person

    async def people(self, *usernames: str) -> list[Person]:
        """Several people register."""
        return [await self.person(username) for username in usernames]

    async def settle(self) -> None:
        """Let the worker do all that is to be done, and the service hear of it."""
        await self.relay.run_until_idle()
        if self.feeds:
            await self.feeds.ping()
        if self.exposures:
            await self.exposures.flush()


async def pass_time(world: World, resources: Resources) -> None:
    """Let what waits for its time be due, and be done."""
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE tasks SET run_at = now()"))
    await world.settle()
