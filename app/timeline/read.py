"""Reading a page of any timeline, in the order it is read in, with a session or from memory."""

from app.kit.pagination import Page
from app.reading.pipeline import Hydrate, Timeline, read_timeline
from app.timeline.calm import Calm, Origins
from app.timeline.skeletons import Reading
from app.timeline.sources import Source


async def read_source(
    source: Source,
    load: Hydrate,
    *,
    reading: Reading,
    origins: Origins,
    page: Page,
    viewer_id: int | None,
) -> Timeline:
    """A page of `source`."""
    skeleton, rule = source.skeleton(reading), source.rule
    if source.calm is None or viewer_id is None:
        return await read_timeline(load, skeleton=skeleton, page=page, rule=rule, viewer_id=viewer_id)
    calm = Calm(source.calm, skeleton=skeleton, load=load, rule=rule, origins=origins, viewer_id=viewer_id)
    return await read_timeline(load, skeleton=calm.skeleton, page=page, rule=rule, viewer_id=viewer_id, sift=calm)
