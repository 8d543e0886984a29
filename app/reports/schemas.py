"""The wire of reports."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut

Category = Literal["spam", "legal", "violation", "other"]


def _listed(value: object) -> object:
    # Apps send null, or one id by itself.
    if value is None:
        return []
    return [value] if isinstance(value, str | int) else value


class ReportCreate(RequestModel):
    """A complaint. `forward` is taken and ignored: there is no other server to forward to."""

    account_id: IdIn
    status_ids: Annotated[list[IdIn], Field(max_length=100), BeforeValidator(_listed)] = []
    comment: Annotated[str, Field(max_length=1000)] | None = None
    category: Category | None = None
    rule_ids: Annotated[list[IdIn], Field(max_length=50), BeforeValidator(_listed)] = []
    forward: bool | None = None


class ReportOut(WireModel):
    """Mastodon's Report."""

    id: IdOut
    action_taken: bool
    action_taken_at: Time | None
    category: Category
    comment: str
    forwarded: bool = False
    created_at: Time
    status_ids: list[IdOut]
    rule_ids: list[IdOut]
    target_account: AccountOut
