"""The generated world, without a database: it repeats itself, and its cascades look like real ones."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from app.demo.cascades import parent_delay
from app.demo.plan import Plan
from app.demo.world import World

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def digest(plan: Plan) -> str:
    """A fingerprint of every row of every table."""
    hashed = hashlib.sha256()
    for table in World(plan).tables():
        for row in table.rows():
            hashed.update(repr(row).encode())
    return hashed.hexdigest()


@pytest.fixture(scope="module")
def world() -> World:
    return World(Plan(people=2000, now=NOW))


class TestPlan:
    def test_refuses_worlds_too_small_to_be_one(self) -> None:
        with pytest.raises(ValueError, match="at least 50 people"):
            Plan(people=49, now=NOW)

    @pytest.mark.parametrize("people", [50, 51, 123])
    def test_smallest_worlds_hold_together(self, people: int) -> None:
        plan = Plan(people=people, now=NOW)
        for table in World(plan).tables():
            assert sum(1 for _ in table.rows()) == table.count, table.name

    @pytest.mark.parametrize("seed", range(2, 8))
    def test_any_seed_makes_a_world(self, seed: int) -> None:
        world = World(Plan(people=200, seed=seed, now=NOW))
        assert len(world.posts) == 2000


class TestDeterminism:
    def test_same_plan_makes_the_same_rows_in_another_process(self) -> None:
        code = (
            "from tests.demo.test_world import digest, NOW\nfrom app.demo.plan import Plan\n"
            "print(digest(Plan(people=120, seed=5, now=NOW)))"
        )
        said = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout.strip() == digest(Plan(people=120, seed=5, now=NOW))

    def test_another_seed_makes_other_rows(self) -> None:
        assert digest(Plan(people=60, seed=1, now=NOW)) != digest(Plan(people=60, seed=2, now=NOW))


class TestFollows:
    def test_are_heavy_tailed_and_partly_mutual(self, world: World) -> None:
        followers = sorted((len(group) for group in world.graph.followers), reverse=True)
        assert 0.30 <= followers[0] / 2000 <= 0.55
        assert followers[0] > 8 * followers[1000]
        assert 55 <= world.follows_count / 2000 <= 85
        edges = {(u, v) for u, followees in enumerate(world.graph.following) for v in followees}
        assert all(u != v for u, v in edges)
        assert 0.2 <= sum((v, u) in edges for u, v in edges) / len(edges) <= 0.45


class TestCascades:
    def test_have_the_measured_shape(self, world: World) -> None:
        posts = world.posts
        nodes = [index for index in range(len(posts)) if posts.root[index] >= 0]
        assert len(nodes) == 6400
        assert 0.25 <= sum(posts.parent[node] != posts.root[node] for node in nodes) / len(nodes) <= 0.45
        depths = Counter(posts.depth[node] for node in nodes)
        assert [depths[depth] for depth in range(1, 7)] == sorted((depths[d] for d in range(1, 7)), reverse=True)
        assert 4 <= max(depths) <= 8
        sizes = sorted(Counter(posts.root[node] for node in nodes).values())
        assert sizes[len(sizes) // 2] <= 3
        assert sizes[-1] >= 60

    def test_are_mostly_seen_through_someone_followed(self, world: World) -> None:
        posts = world.posts
        nodes = [index for index in range(len(posts)) if posts.root[index] >= 0]
        followed = sum(world.graph.follows(posts.author[node], posts.author[posts.parent[node]]) for node in nodes)
        assert followed / len(nodes) > 0.85

    def test_parents_delays_follow_the_measured_quantiles(self) -> None:
        rng = Random(3)
        delays = sorted(parent_delay(rng) / 1000 for _ in range(20_000))
        assert delays[5_000] == pytest.approx(620, rel=0.2)
        assert delays[10_000] == pytest.approx(2_994, rel=0.2)
        assert delays[15_000] == pytest.approx(27_803, rel=0.2)


class TestWords:
    def test_posts_rarely_repeat(self, world: World) -> None:
        rows = next(table for table in world.tables() if table.name == "posts").rows()
        texts = [row[3] for row in rows if row[2] == "post" and row[6] is None]
        assert len(set(texts)) / len(texts) > 0.93
        assert not [text for text in texts if "{" in text or text != text.strip() or "  " in text]
