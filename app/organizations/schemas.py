"""The wire of organisations."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from app.kit.wire import IdOut, OneLine, RequestModel, Time, WireModel


class OrganizationCreate(RequestModel):
    """A new employer; whoever creates it holds its first seat, as owner."""

    name: Annotated[str, Field(min_length=1, max_length=100), OneLine]
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None


class OrganizationOut(WireModel):
    """An employer. `label` is what must stand beside an unverified one's name."""

    id: IdOut
    name: str
    url: str | None
    verified: bool
    verified_at: Time | None
    label: str | None
    created_at: Time


class SeatOut(WireModel):
    """What an account may do for an organisation."""

    organization: OrganizationOut
    role: Literal["owner", "recruiter", "viewer"]
