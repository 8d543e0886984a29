"""The kinds of sources that push: the module of each, and its secrets."""

import base64
import secrets
from collections.abc import Mapping

from app.inbound.ashby import AshbySource
from app.inbound.greenhouse import GreenhouseSource
from app.inbound.smartrecruiters import SmartRecruitersSource
from app.inbound.source import Source
from app.inbound.standard import StandardSource

SOURCES: Mapping[str, Source] = {
    "standard": StandardSource(),
    "greenhouse": GreenhouseSource(),
    "ashby": AshbySource(),
    "smartrecruiters": SmartRecruitersSource(),
}


def new_secret(kind: str) -> str:
    """A signing secret in the form that systems of this kind take."""
    if kind == "standard":
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(32)
