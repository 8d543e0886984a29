"""A browser without scripts: follows links and forms of our pages, keeps cookies, stops at other sites."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from app.bootstrap import Resources
from tests.service import service

HERE = "http://weizhi.test"


@dataclass
class Form:
    """A form of a page: where it goes and what it would send."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            assert given["method"] == "post"
            self.forms.append(Form(given["action"]))
        elif tag == "input":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and given.get("name"):
            self.forms[-1].buttons[given["value"]] = given["name"]


class Browser:
    """One person's browser. `page` is what it shows; `away` is the address it was sent to outside."""

    def __init__(self, resources: Resources, base: str = HERE, **headers: str) -> None:
        self.base = base
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=service(resources)), base_url=base, headers=headers
        )
        self.page: httpx2.Response
        self.away: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def authorize(self, app: dict[str, Any], **query: str | None) -> Self:
        """Open the address an app sends people to."""
        asked = {
            "client_id": app["client_id"],
            "redirect_uri": app["redirect_uris"][0],
            "response_type": "code",
            "scope": " ".join(app["scopes"]),
            "state": "s-1",
            **query,
        }
        kept = {name: value for name, value in asked.items() if value is not None}
        return await self.open(f"/oauth/authorize?{urlencode(kept)}")

    async def open(self, url: str) -> Self:
        """Open an address here."""
        return await self._show(await self.client.get(url))

    async def log_in(self, username: str = "anna", password: str = "correct horse") -> Self:
        """Fill in the login form."""
        return await self.submit("/oauth/login", username=username, password=password)

    async def submit(self, action: str, press: str | None = None, **fields: str) -> Self:
        """Send the page's form that goes to `action`, by the button with the value `press`."""
        form = self.form(action)
        data = {**form.fields, **fields}
        if press:
            data[form.buttons[press]] = press
        return await self._show(await self.client.post(form.action, data=data))

    def form(self, action: str) -> Form:
        """The page's form that goes to `action`."""
        (form,) = [form for form in self.forms if form.action == action]
        return form

    @property
    def forms(self) -> list[Form]:
        return _Reader(self.page.text).forms

    @property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        return _Reader(self.page.text).tags

    @property
    def back(self) -> dict[str, str]:
        """What the app is told by the address the browser was sent to."""
        assert self.away is not None, self.page.text
        return {name: values[0] for name, values in parse_qs(urlsplit(self.away).query).items()}

    async def _show(self, answer: httpx2.Response) -> Self:
        self.away = None
        while answer.status_code in (301, 302, 303, 307, 308):
            location = answer.headers["location"]
            if not location.startswith(("/", f"{self.base}/")):
                self.away = location
                break
            answer = await self.client.get(location)
        self.page = answer
        return self
