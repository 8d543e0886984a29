"""/api/v1/markers."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from app.kit.clock import now
from app.kit.http import Reading, Transaction
from app.markers import queries, service
from app.markers.models import Marker
from app.markers.schemas import MarkerOut, MarkersUpdate
from app.oauth.actor import Actor, requires

router = APIRouter(prefix="/api/v1/markers", tags=["markers"])

# More than there are timelines: apps may ask for ones we do not know, and get none.
_Names = Annotated[str, Query(max_length=32)]


@router.get("", response_model=dict[str, MarkerOut])
async def list_markers(
    actor: Annotated[Actor, requires("read:statuses")],
    session: Reading,
    timeline: Annotated[list[_Names], Query(max_length=8)] = [],  # noqa: B006 (FastAPI copies it)
) -> dict[str, MarkerOut]:
    """How far you have read the timelines you name: `home`, `notifications`."""
    found = await queries.load_markers(session, account_id=actor.account_id, timelines=set(timeline))
    return _shown(found.values())


@router.post("", response_model=dict[str, MarkerOut])
async def move_markers(
    body: MarkersUpdate, actor: Annotated[Actor, requires("write:statuses")], session: Transaction
) -> dict[str, MarkerOut]:
    """Say how far you have read. The answer holds the markers that were moved."""
    moved = await service.move(session, account_id=actor.account_id, positions=body.positions, now=now())
    return _shown(moved)


def _shown(markers: Iterable[Marker]) -> dict[str, MarkerOut]:
    return {
        marker.timeline: MarkerOut(
            last_read_id=marker.last_read_id, version=marker.version, updated_at=marker.updated_at
        )
        for marker in markers
    }
