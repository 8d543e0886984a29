"""The wire of cascades."""

from typing import Literal

from app.kit.wire import IdOut, Time, WireModel
from app.reading.schemas import AccountOut


class RootOut(WireModel):
    """The job's own post, from which the tree grows."""

    status_id: IdOut
    account: AccountOut | None
    created_at: Time


class NodeOut(WireModel):
    """A branch or leaf. `parent_id` is the `id` of the node it hangs on, or the root's `status_id`.

    `account` is null where the post is private or `removed`: gone, or a quote that the quoted author revoked. Such a
    node keeps its place, because others came through it. `inference` says how the parent is known
    (explicit, wrapper, follow, direct), `confidence` (0..1) how surely.
    """

    id: IdOut
    kind: Literal["repost", "quote", "application"]
    status_id: IdOut | None
    application_id: IdOut | None
    parent_id: IdOut
    depth: int
    account: AccountOut | None
    inference: str
    confidence: float
    removed: bool
    stage: str | None
    children_count: int
    applications_count: int
    created_at: Time


class TotalsOut(WireModel):
    """The cascade in numbers; what was deleted or revoked does not count."""

    reposts: int
    quotes: int
    applications: int
    accounts: int
    depth: int


class CascadeOut(WireModel):
    """The tree a job travelled along, level by level; `next` is the cursor of the next page."""

    job_id: IdOut
    root: RootOut
    totals: TotalsOut
    nodes: list[NodeOut]
    next: str | None
