"""What an app does: register, exchange a code, use a token."""

from typing import Any

import httpx2

from tests.oauth.browser import Browser

REDIRECT = "https://app.example/back"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


async def register(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Register an app with a web address, one of its own, and the one to copy from."""
    body = {
        "client_name": "象牙 Ivory",
        "redirect_uris": [REDIRECT, "ivory://callback?x=1", OUT_OF_BAND],
        "scopes": "read write follow push",
        "website": "https://app.example",
        **fields,
    }
    answer = await client.post("/api/v1/apps", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def exchange(client: httpx2.AsyncClient, app: dict[str, Any], code: str | None, **fields: Any) -> httpx2.Response:
    """Bring a code to the token endpoint, as a form."""
    body = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": REDIRECT,
        "code": code,
        **fields,
    }
    return await client.post("/oauth/token", data={name: value for name, value in body.items() if value is not None})


async def consented(browser: Browser, app: dict[str, Any], **query: str | None) -> str:
    """The code after a whole walk."""
    await browser.authorize(app, **query)
    if any(form.action == "/oauth/login" for form in browser.forms):
        await browser.log_in()
    await browser.submit("/oauth/authorize", press="allow")
    return browser.back["code"]


async def who(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    """Ask who a token belongs to."""
    return await client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"})
