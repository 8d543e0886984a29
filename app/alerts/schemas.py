"""The wire of saved searches."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, PlainSerializer, model_validator

from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, Time, WireModel
from app.search.schemas import JobFilters

Name = Annotated[str, Field(min_length=1, max_length=100, description="What you call it."), OneLine]
Words = Annotated[str, Field(max_length=200, description='Words; "a phrase"; -not; a or b.')]
Cadence = Annotated[
    Literal["instant", "none"], Field(description="Whether you are told of each new job at once, or never.")
]
_FILTERS: dict[str, JsonValue] = {
    "city": ["杭州"],
    "salary_min": 25000,
    "salary_max": None,
    "salary_period": "month",
    "negotiable": None,
    "workplace_type": [],
    "employment_type": [],
    "experience_min": None,
    "experience_max": None,
    "education": None,
    "skills": ["Python"],
    "org": None,
    "posted_within": None,
    "reposted_by_following": False,
}
_SAVED_SEARCH: dict[str, JsonValue] = {
    "id": "117681300100200301",
    "name": "杭州后端",
    "q": "后端",
    "filters": _FILTERS,
    "cadence": "instant",
    "created_at": "2026-11-26T08:00:00.000Z",
    "updated_at": "2026-11-26T08:00:00.000Z",
}
_NEW_SEARCH: dict[str, JsonValue] = {
    "name": "杭州后端",
    "q": "后端",
    "filters": {"city": ["杭州"], "salary_min": 25000, "skills": ["Python"]},
    "cadence": "instant",
}


class SavedFilters(JobFilters):
    """The filters of `GET /api/weizhi/v1/jobs`, but for `reposted_by_following`: no job is reposted when it is new."""

    org: Annotated[IdIn, PlainSerializer(str, return_type=str), Field(description="The organisation's id.")] | None = (
        None
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.reposted_by_following:
            raise ValueError("reposted_by_following cannot be saved: no job is reposted when it is new")
        return self


class SavedSearchCreate(RequestModel):
    """A search to save. It must ask for words, a place, a skill or an employer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW_SEARCH]})

    name: Name
    q: Words = ""
    filters: SavedFilters = SavedFilters()
    cadence: Cadence = "instant"


class SavedSearchUpdate(RequestModel):
    """What to change; what is absent stays. `filters` are replaced as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cadence": "none"}]})

    name: Name | None = None
    q: Words | None = None
    filters: SavedFilters | None = None
    cadence: Cadence | None = None


class SavedSearchOut(WireModel):
    """A saved search."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAVED_SEARCH]})

    id: IdOut
    name: str
    q: str
    filters: SavedFilters
    cadence: Cadence
    created_at: Time
    updated_at: Time
