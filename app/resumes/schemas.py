"""The wire of résumés."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.kit.wire import IdOut, OneLine, RequestModel, Time, WireModel
from app.resumes import limits


class ResumeCreate(RequestModel):
    """What to call an uploaded file; its ending follows from what it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "张伟-后端"}]})

    name: Annotated[str, Field(max_length=limits.NAME), OneLine] = ""


class ResumeOut(WireModel):
    """A résumé of your own. Nobody else sees it until you apply with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "117680834534375440",
                    "name": "张伟-后端.pdf",
                    "content_type": "application/pdf",
                    "size": 182044,
                    "created_at": "2026-11-26T04:20:00.000Z",
                }
            ]
        }
    )

    id: IdOut
    name: str
    content_type: str
    size: int
    created_at: Time


class NothingOut(WireModel):
    """Done, and there is nothing to tell."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
