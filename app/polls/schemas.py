"""What clients send about polls."""

from typing import Annotated

from pydantic import Field

from app.kit.wire import RequestModel


class VoteIn(RequestModel):
    """The places of the options chosen, from 0."""

    choices: Annotated[list[int], Field(min_length=1, max_length=40)]
