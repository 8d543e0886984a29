"""The wire of cascades."""

from typing import Literal

from app.kit.wire import IdOut, Time, WireModel
from app.reading.schemas import AccountOut


class RootOut(WireModel):
    """The job's own post, from which the tree grows. Counts as in a node."""

    status_id: IdOut
    account: AccountOut | None
    children_count: int
    subtree_count: int
    applications_count: int
    subtree_applications_count: int
    subtree_hires_count: int
    created_at: Time


class NodeOut(WireModel):
    """A branch or leaf. `parent_id` is the `id` of the node it hangs on, or the root's `status_id`.

    `account` is null where the post is private or `removed`: gone, or a quote that the quoted author revoked. Such a
    node keeps its place, because others came through it. `inference` says how the parent is known
    (explicit, wrapper, follow, direct), `confidence` (0..1) how surely. `depth` is told up to 8 (of an application,
    9); deeper ones hang on where they came through all the same.

    `children_count` reposts and quotes, and `applications_count` applications, came straight through it;
    `subtree_count`, `subtree_applications_count` and `subtree_hires_count` through it or through any node beneath it.
    What was removed is counted: it keeps its place.
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
    subtree_count: int
    applications_count: int
    subtree_applications_count: int
    subtree_hires_count: int
    created_at: Time


class TotalsOut(WireModel):
    """The cascade in numbers; what was deleted or revoked does not count."""

    reposts: int
    quotes: int
    applications: int
    interviews: int
    hires: int
    accounts: int
    depth: int


class CascadeOut(WireModel):
    """The tree a job travelled along, level by level, on each the heaviest first: what most came through.

    `parent_id` is where it starts: the root's `status_id`, or the node that was asked for. `next` is the cursor of the
    next page.
    """

    job_id: IdOut
    root: RootOut
    totals: TotalsOut
    parent_id: IdOut
    nodes: list[NodeOut]
    next: str | None
