"""Every judged query, asked of the service as a client asks, and what its answers were worth."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

from tests.bench_search.judging import Judged
from tests.bench_search.measures import DEEPEST, ndcg, recall, reciprocal_rank
from tests.bench_search.world import World


@dataclass(frozen=True, slots=True)
class Answered:
    """A query with the keys it found, in order, and how good that is. `ms` is how long the answer took."""

    query: Judged
    found: Sequence[str]
    ndcg: float
    rank: float
    recall: float
    ms: float
    degraded: bool


async def ask(client: httpx2.AsyncClient, world: World, query: Judged, grades: Mapping[str, int]) -> Answered:
    """One query's answer, measured by `grades`."""
    path, parameters = _request(query)
    began = time.perf_counter()
    response = await client.get(path, params=parameters, headers={"Authorization": f"Bearer {world.token}"})
    took = time.perf_counter() - began
    assert response.status_code == 200, f"{query.name}: {response.text}"
    answer = response.json()
    found = [key for id in _ids(query, answer) if (key := _key(query, world, id))]
    earned, possible = [grades.get(key, 0) for key in found], [*grades.values()]
    return Answered(
        query,
        found,
        ndcg(earned, possible),
        reciprocal_rank(earned),
        recall(earned, possible),
        took * 1000,
        answer.get("degraded", False),
    )


def _request(query: Judged) -> tuple[str, list[tuple[str, str]]]:
    asked = [("q", query.q), ("limit", str(DEEPEST))]
    if query.kind == "job":
        several = ("city", "skills", "workplace_type", "employment_type")
        named = [(f"{name}[]" if name in several else name, value) for name, value in query.filters]
        return "/api/weizhi/v1/jobs", asked + named
    if query.kind == "post":
        return "/api/weizhi/v1/search/timeline", [*asked, ("sort", "relevance"), ("kind", "post")]
    return "/api/v2/search", [*asked, ("type", "accounts")]


def _ids(query: Judged, answer: dict[str, list[dict[str, str]]]) -> list[str]:
    named = {"job": "jobs", "post": "statuses", "person": "accounts"}
    return [item["id"] for item in answer[named[query.kind]]]


def _key(query: Judged, world: World, id: str) -> str:
    return {"job": world.jobs, "post": world.posts, "person": world.people}[query.kind].get(id, "")
