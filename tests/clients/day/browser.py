"""As much of a browser as a log-in page needs: it fills in forms and presses buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    """A form: where it goes, what it holds, which buttons it has."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A page's forms and its words."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self.url = response.url
        self.forms: list[Form] = []
        self.outputs: list[str] = []
        self._in_output = False
        assert response.status_code == 200, f"{response.status_code}: {response.text[:500]}"
        assert response.headers["content-type"].startswith("text/html"), response.headers
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["method"].lower() == "post"
            self.forms.append(Form(urljoin(self.url, given["action"])))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
            self.forms[-1].types[given["name"]] = given.get("type", "text")
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", "")))
        elif tag == "output":
            self._in_output = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "output":
            self._in_output = False

    def handle_data(self, data: str) -> None:
        if self._in_output:
            self.outputs.append(data.strip())


def code_for(address: str, *, username: str, password: str) -> str:
    """Log in and allow, as a person does; the code that the page shows at the end."""
    session = requests.Session()
    login = Page(session.get(address, timeout=20))
    (form,) = (form for form in login.forms if "password" in form.types.values())
    for name, kind in form.types.items():
        if kind != "hidden":
            form.fields[name] = password if kind == "password" else username
    consent = Page(session.post(form.action, form.fields, timeout=20))
    (form,) = (form for form in consent.forms if ("decision", "allow") in form.buttons)
    shown = Page(session.post(form.action, {**form.fields, "decision": "allow"}, timeout=20))
    (code,) = shown.outputs
    return code
