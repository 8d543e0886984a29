"""The wire of funnels."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from app.kit.wire import IdOut, WireModel
from app.reading.schemas import AccountOut

FEW = "Null where fewer than five were shown it: so few could be told apart. 少于 5 人时不显示。"
_WHOLE: dict[str, JsonValue] = {
    "shown": 1200,
    "opened": 310,
    "reposted": 42,
    "applied": 9,
    "interviewed": 4,
    "hired": 1,
    "readers": 980,
}


class StepsOut(WireModel):
    """How far a job came. What came through a post is counted at that post.

    By which post somebody came is mostly inferred, see `inference` of each node: likely, never certain.
    经由哪一条帖子而来多为推断：可能，但并不确定。
    """

    shown: int | None = Field(description=f"Readers a day who were shown the job, by post. {FEW}")
    opened: int | None = Field(description=f"Of these, who opened it. {FEW}")
    reposted: int = Field(description="Reposts and quotes that still stand.")
    applied: int = Field(description="Applications, withdrawn ones too.")
    interviewed: int = Field(description="Of these, how many came to an interview or further.")
    hired: int
    readers: int | None = Field(
        None,
        description="About how many different signed-in people were shown it (to about one in a hundred); by hop and"
        f" for the whole only, without `from` and `to`. {FEW}",
    )


class PartOut(StepsOut):
    """One hop (`depth` of the post that was come through, 0 the job's own), account or day (the newest first).

    A last one without any of these holds whoever is not named, and what is beyond `limit`.
    """

    depth: int | None = None
    account: AccountOut | None = Field(
        None, description="Who reposted in public; null for all others together, and those beyond `limit`."
    )
    day: date | None = Field(None, description="In China.")


class FunnelOut(WireModel):
    """The funnel of a job, and its parts, which add up to the whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": "117680863014092813",
                    "group_by": "hop",
                    "from": None,
                    "to": None,
                    "whole": _WHOLE,
                    "parts": [{**_WHOLE, "depth": 0, "account": None, "day": None}],
                }
            ]
        }
    )

    job_id: IdOut
    group_by: Literal["hop", "account", "day"]
    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    whole: StepsOut
    parts: list[PartOut]
