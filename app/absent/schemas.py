"""Answers with nothing in them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.kit.wire import RequestModel, WireModel


class CollectionsOut(WireModel):
    """Collections of accounts: there are none."""

    collections: list[Any] = []


class AnnualReportsOut(WireModel):
    """Reviews of a year: there are none."""

    annual_reports: list[Any] = []
    accounts: list[Any] = []
    statuses: list[Any] = []


class AnnualReportStateOut(WireModel):
    """Whether a review of the year can be had."""

    state: Literal["ineligible"] = "ineligible"


class TranslationCreate(RequestModel):
    """Which language a post should be translated into."""

    lang: Annotated[str, Field(max_length=12)] | None = None


class CollectionCreate(RequestModel):
    """A collection of accounts that somebody would like to make."""

    name: Annotated[str, Field(max_length=500)] | None = None
