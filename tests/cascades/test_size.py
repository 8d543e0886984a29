"""What a cascade costs as it grows: one more repost as much as ever, a look as many rows as it has.

Counted, not timed: tests/bench/cascade.py takes the time.
"""

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest

from app.bootstrap import Resources
from tests.by_index import going_by_index
from tests.cascades.grown import Grown
from tests.meter import Meter
from tests.people import Person, World

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]

SIZES = (10, 1_000, 50_000)


@pytest.fixture
async def db_url(db_url: str, anyio_backend: object) -> AsyncIterator[str]:
    """A database that goes by its indexes although its tables are small, as it will when they are large."""
    async with going_by_index(db_url):
        yield db_url


async def cost(meter: Meter, person: Person, method: str, path: str, **options: Any) -> tuple[int, int, bytes]:
    """Statements, rows touched, and the answer."""
    before = await meter.rows()
    meter.reset()
    answer = await person.request(method, path, expect=200, **options)
    statements = len(meter.statements)
    return statements, await meter.rows() - before, answer.content


async def test_grows_as_it_should(world: World, resources: Resources, meter: Meter, db_url: str) -> None:
    recruiter, followed, *people = await world.people("recruiter", "followed", *(f"p{n}" for n in range(9)))
    job = await recruiter.publishes_job()
    repost = f"/api/v1/statuses/{job['status_id']}/reblog"
    for person in people:
        await person.follows(followed)
    await followed.post(repost)
    grown = Grown(db_url, int(job["status_id"]))
    looks = {
        "page": f"/api/weizhi/v1/jobs/{job['id']}/cascade?breadth=5&limit=100",
        "branch": f"/api/weizhi/v1/jobs/{job['id']}/cascade?depth=1&limit=100&parent={grown.id_of(1)}",
        "reposters": f"/api/weizhi/v1/jobs/{job['id']}/reposters?sort=reposts",
        "picture": f"/api/weizhi/v1/jobs/{job['id']}/cascade.svg",
    }
    writes: dict[str, list[tuple[int, int]]] = {"plain": [], "via": [], "wrapper": []}
    reads: dict[str, list[tuple[int, int]]] = {name: [] for name in looks}
    pictures = []
    for number, size in enumerate(SIZES):
        await grown.grow(size)
        # One who follows a reposter and says nothing, one who says by which, one who was given a repost's id.
        plain, explicit, wrapped = people[3 * number : 3 * number + 3]
        latest = str(grown.id_of(size - 1))
        for name, person, path, body in (
            ("plain", plain, repost, {}),
            ("via", explicit, repost, {"via": latest}),
            ("wrapper", wrapped, f"/api/v1/statuses/{latest}/reblog", {}),
        ):
            writes[name].append((await cost(meter, person, "POST", path, json=body))[:2])
        for name, path in looks.items():
            *counted, answer = await cost(meter, recruiter, "GET", path)
            reads[name].append((counted[0], counted[1]))
            if name == "picture":
                pictures.append(answer)
    for name, costs in writes.items():
        statements, rows = zip(*costs, strict=True)
        assert len(set(statements)) == 1, f"{name}: {costs}"
        # As many, but for the few that are read at times of their own, or on one more page of an index.
        assert max(rows) - min(rows) <= 8, f"{name}: {costs}"
    for name, costs in reads.items():
        assert costs[0][0] == costs[1][0] == costs[2][0], f"{name}: statements {costs}"
        # Nodes and their posts, each found by an index; of reposters the accounts besides.
        assert costs[2][1] <= (6 if name == "reposters" else 4) * SIZES[-1] + 5_000, f"{name}: {costs}"
    assert all(len(picture) < 600_000 for picture in pictures)
    assert ElementTree.fromstring(pictures[-1])
