"""The wire of cascades."""

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from app.applications.schemas import PathStepOut
from app.cascades.funnel_schemas import FEW
from app.kit.wire import IdOut, Time, WireModel
from app.reading.examples import HAN_MEIMEI, LI_LEI
from app.reading.schemas import CONFIDENCE, INFERENCE, AccountOut

_COUNTS: dict[str, JsonValue] = {
    "children_count": 2,
    "subtree_count": 13,
    "applications_count": 0,
    "subtree_applications_count": 3,
    "subtree_hires_count": 1,
}
# One whose repost is for followers only: it has a place, and no name.
_NODE: dict[str, JsonValue] = {
    "id": "117680981179498600",
    "kind": "repost",
    "status_id": "117680981179498600",
    "application_id": None,
    "parent_id": "117680981179498537",
    "depth": 1,
    "account": None,
    "inference": "wrapper",
    "confidence": 0.95,
    "removed": False,
    "stage": None,
    **_COUNTS,
    "created_at": "2026-11-26T08:00:00.000Z",
}
_TOTALS: dict[str, JsonValue] = {
    "reposts": 50,
    "quotes": 14,
    "applications": 17,
    "interviews": 6,
    "hires": 1,
    "accounts": 64,
    "depth": 7,
}
_BROUGHT: dict[str, JsonValue] = {
    "own_count": 1,
    "reach": 240,
    "reposts_count": 13,
    "applications_count": 3,
    "interviews_count": 2,
    "hires_count": 1,
}

_PATH: dict[str, JsonValue] = {
    "status_id": "117680981179498537",
    "steps": [
        {
            "status_id": "117680981179498537",
            "account": None,
            "kind": "job",
            "depth": 0,
            "inference": None,
            "confidence": None,
            "text": None,
            "spoiler_text": None,
            "created_at": "2026-11-26T08:00:00.000Z",
        }
    ],
    "inference": "exposure",
    "confidence": 0.75,
}
_CASCADE: dict[str, JsonValue] = {
    "job_id": "117680863014092813",
    "root": {
        "status_id": "117680981179498537",
        "account": HAN_MEIMEI,
        "children_count": 9,
        "subtree_count": 64,
        "applications_count": 5,
        "subtree_applications_count": 17,
        "subtree_hires_count": 1,
        "created_at": "2026-11-26T08:00:00.000Z",
    },
    "totals": _TOTALS,
    "parent_id": "117680981179498537",
    "nodes": [{**_NODE, "account": LI_LEI}],
    "next": None,
}
_REPOSTERS: dict[str, JsonValue] = {
    "job_id": "117680863014092813",
    "reposters": [{**_BROUGHT, "account": LI_LEI}],
    "private": {"people": 5, **_BROUGHT},
    "next": None,
}


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
    node keeps its place, because others came through it. `inference` says how the parent is known.
    `depth` is told up to 8 (of an application, 9); deeper ones hang on where they came through all the same.

    `children_count` reposts and quotes, and `applications_count` applications, came straight through it;
    `subtree_count`, `subtree_applications_count` and `subtree_hires_count` through it or through any node beneath it.
    What was removed is counted: it keeps its place.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_NODE]})

    id: IdOut
    kind: Literal["repost", "quote", "application"]
    status_id: IdOut | None
    application_id: IdOut | None
    parent_id: IdOut
    depth: int
    account: AccountOut | None
    inference: str = INFERENCE
    confidence: float = CONFIDENCE
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

    model_config = ConfigDict(json_schema_extra={"examples": [_TOTALS]})

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
    next page, which shows the tree as it had grown when the first was asked for: nothing comes twice or is left out.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_CASCADE]})

    job_id: IdOut
    root: RootOut
    totals: TotalsOut
    parent_id: IdOut
    nodes: list[NodeOut]
    next: str | None


class BroughtOut(WireModel):
    """What came through someone's posts: `reposts_count` reposts and quotes beneath them, who applied through them or
    through what is beneath them, and how many of those were interviewed and hired. `own_count` posts are theirs."""

    own_count: int
    reach: int | None = Field(description=FEW)
    reposts_count: int
    applications_count: int
    interviews_count: int
    hires_count: int


class ReposterOut(BroughtOut):
    """One who passed a job on in public."""

    account: AccountOut


class PrivateOut(BroughtOut):
    """All others together, without their names: `people` whose repost is private or gone, or who keep away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"people": 5, **_BROUGHT}]})

    people: int


class RepostersOut(WireModel):
    """Who passed a job on, who brought most first. `reach` is how many readers were shown the job by their posts, each
    counted once a day. Pages after the first count what had come when that was asked for; `reach` is of now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPOSTERS]})

    job_id: IdOut
    reposters: list[ReposterOut]
    private: PrivateOut | None
    next: str | None


class HopOut(PathStepOut):
    """One post on the way, with what it says where the reader may see it: the text, and the warning before it."""

    text: str | None
    spoiler_text: str | None


class PathOut(WireModel):
    """How a post reached the reader: its root, each repost or quote it passed, and last the one it came by.

    `inference` says how that last one is known, `confidence` (0..1) how surely; both are null for strangers and for
    one's own posts. Each step says how the one before it is known.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_PATH]})

    status_id: IdOut
    steps: list[HopOut]
    inference: str | None
    confidence: float | None
