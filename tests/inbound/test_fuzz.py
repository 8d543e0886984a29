"""Anything signed is answered, never with a 5xx, and done wholly or not at all."""

import json
import random
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.inbound.signing import ashby, source_of, verified
from tests.inbound.test_ashby import POSTING
from tests.people import World

pytestmark = pytest.mark.anyio

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**70, 1e308, "", " ", "\x00", "x" * 300, "😀" * 200, "\u202e", [], {}, [[]], {"a": []}),
    *("<script>x</script>", "2026-13-45", "javascript:alert(1)", "NaN", ["x"] * 30, {"postalAddress": 7}, "\ud800"),
)


def mutated(value: Any, chance: random.Random) -> Any:
    """`value` with something in it replaced."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(sorted(value))
        return {**value, key: mutated(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [*value[:place], mutated(value[place], chance), *value[place + 1 :]]
    return chance.choice(VALUES)


async def test_a_message_with_anything_in_it_is_answered_and_never_half_done(
    world: World, resources: Resources
) -> None:
    recruiter = await world.person("recruiter")
    source = await verified(resources, await source_of(recruiter, "ashby"))
    seen: dict[str, int] = {}
    for seed in range(60):
        chance = random.Random(seed)
        posting = {**POSTING, "id": f"job-{seed % 7}", "updatedAt": None}
        data = mutated(mutated({"jobPosting": posting, "n": seed}, chance), chance)
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            continue
        answer = await ashby(world, source, "jobPostingUpdate", data)
        assert answer.status_code in (200, 202, 400, 422), f"{seed}: {answer.status_code} {answer.text}"
        seen[answer.json()["status"]] = seen.get(answer.json()["status"], 0) + 1
        async with resources.db.reading() as session:
            # A job that a message made is whole: it is open and has a post, or it is a draft or paused as told.
            half = "SELECT count(*) FROM jobs WHERE state = 'open' AND post_id IS NULL OR title = ''"
            assert await session.scalar(text(half)) == 0
            orphans = """SELECT count(*) FROM receipts WHERE status IN ('created', 'updated') AND job_id IS NULL
                OR status = 'rejected' AND (error IS NULL OR job_id IS NOT NULL)"""
            assert await session.scalar(text(orphans)) == 0
            posts = "SELECT count(*) - (SELECT count(*) FROM jobs WHERE post_id IS NOT NULL) FROM posts"
            assert await session.scalar(text(posts)) == 0
    assert {"created", "rejected"} <= seen.keys()
