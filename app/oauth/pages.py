"""The login, consent, code and error pages as HTML, and the headers that go with them."""

import base64
import hashlib
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.kit.site import Site
from app.oauth.words import say, scope_meaning

_FOLDER = Path(__file__).parent / "templates"
_templates = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_STYLE = (_FOLDER / "style.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def render(template: str, *, language: str, site: Site, **values: Any) -> str:
    """One page, in `language`."""
    return _templates.get_template(template).render(
        site=site,
        language=language,
        # Ours, and not a word of it from outside: it must arrive as the policy's hash knows it.
        style=Markup(_STYLE),
        say=partial(say, language),
        meaning=partial(scope_meaning, language),
        **values,
    )


def headers(*, redirect_uri: str | None = None) -> dict[str, str]:
    """Nothing may run, be framed, be kept or be told onwards.

    A form's answer may send the browser to `redirect_uri`, and whatever is behind it may send it on:
    browsers hold the form's page to account for the whole way.
    """
    targets = "'self'"
    if redirect_uri:
        targets = f"'self' https: {urlsplit(redirect_uri).scheme}:"
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
