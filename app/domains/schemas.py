"""The wire of blocked domains."""

from typing import Annotated

from pydantic import Field

from app.kit.wire import RequestModel


class DomainIn(RequestModel):
    """A domain, such as `a.example` or 例子.中国."""

    domain: Annotated[str, Field(min_length=1, max_length=253)]


class MaybeDomain(RequestModel):
    """The same, where apps may name it in the address instead."""

    domain: Annotated[str, Field(min_length=1, max_length=253)] | None = None
