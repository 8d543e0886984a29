"""The wire of confirmations."""

from typing import Annotated

from pydantic import Field

from app.kit.wire import RequestModel


class ConfirmationCreate(RequestModel):
    """A wish for the link. `email` must be the account's own address, if given: it cannot be changed here."""

    email: Annotated[str, Field(max_length=254)] | None = None
