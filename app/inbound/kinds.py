"""The kinds of sources that push, and the module of each."""

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
