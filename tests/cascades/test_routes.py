"""Cascades and paths, through HTTP."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import apply
from tests.organizations.test_routes import seat
from tests.people import Person, World

pytestmark = pytest.mark.anyio

NOT_YET = {"interviews": 0, "hires": 0}


async def cascade(person: Person, job: dict[str, Any], expect: int = 200, **params: Any) -> dict[str, Any]:
    return await person.get(f"/api/weizhi/v1/jobs/{job['id']}/cascade", expect=expect, **params)


async def grow(resources: Resources, job: dict[str, Any], width: int) -> None:
    """Reposts by `width` people, each by way of one before it: more than a test can register by HTTP."""
    async with resources.db.transaction() as session:
        # Neither foreign keys nor triggers: their checks would take most of the time.
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(
            text(
                """
                WITH person AS (
                    INSERT INTO accounts (username, handle) SELECT 'w' || n, 'w' || n FROM generate_series(1, :width) n
                    RETURNING id
                ), stats AS (INSERT INTO account_stats (account_id) SELECT id FROM person
                ), made AS (
                    INSERT INTO posts (author_id, kind, repost_of_id)
                    SELECT id, 'repost', :root FROM person RETURNING id, author_id
                ), numbered AS (SELECT id, author_id, row_number() OVER (ORDER BY id) AS n FROM made)
                INSERT INTO cascade_nodes (post_id, root_id, parent_id, account_id, depth, inference, confidence)
                SELECT one.id, :root, coalesce(parent.id, :root), one.author_id,
                    CASE WHEN one.n = 1 THEN 1 ELSE least(8, 1 + floor(log(2, one.n))) END, 'explicit', 1
                FROM numbered AS one LEFT JOIN numbered AS parent ON parent.n = one.n / 2 AND one.n > 1
                """
            ),
            {"width": width, "root": int(job["status_id"])},
        )


async def reposts_at_root(resources: Resources, job: dict[str, Any], count: int) -> None:
    """Reposts from which nobody took it on, older than what comes later."""
    async with resources.db.transaction() as session:
        await session.execute(
            text(
                """
                WITH person AS (
                    INSERT INTO accounts (username, handle) SELECT 'r' || n, 'r' || n FROM generate_series(1, :count) n
                    RETURNING id
                ), stats AS (INSERT INTO account_stats (account_id) SELECT id FROM person
                ), made AS (
                    INSERT INTO posts (author_id, kind, repost_of_id) SELECT id, 'repost', :root FROM person
                    RETURNING id, author_id
                )
                INSERT INTO cascade_nodes (post_id, root_id, parent_id, account_id, depth, inference, confidence)
                SELECT id, :root, :root, author_id, 1, 'direct', 0.5 FROM made
                """
            ),
            {"count": count, "root": int(job["status_id"])},
        )


async def all_pages(person: Person, job: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    """The entries of every page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await cascade(person, job, **params, **cursor)
        found += page["nodes"]
        assert len(found) <= 1000, "the same nodes again"
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


class TestCascade:
    async def test_shows_the_tree_with_applications_as_leaves(self, world: World) -> None:
        recruiter, a, b, c, d = await world.people("recruiter", "anna", "bo", "cy", "di")
        job = await recruiter.publishes_job()
        by_a = await a.reposts({"id": job["status_id"]})
        by_b = await b.says("好职位", quoted_status_id=job["status_id"], via=by_a["id"])
        through_b, direct = await apply(c, job, via=by_b["id"]), await apply(d, job)
        shown = await cascade(recruiter, job)
        assert (shown["job_id"], shown["root"]["status_id"]) == (job["id"], job["status_id"])
        assert shown["root"]["account"]["id"] == recruiter.id
        assert [(n["kind"], n["id"], n["parent_id"], n["depth"], n["account"]["id"]) for n in shown["nodes"]] == [
            ("repost", by_a["id"], job["status_id"], 1, a.id),
            ("application", direct["id"], job["status_id"], 1, d.id),
            ("quote", by_b["id"], by_a["id"], 2, b.id),
            ("application", through_b["id"], by_b["id"], 3, c.id),
        ]
        leaf = shown["nodes"][3]
        assert (leaf["application_id"], leaf["status_id"], leaf["stage"]) == (through_b["id"], None, "applied")
        counts = {node["id"]: (node["children_count"], node["applications_count"]) for node in shown["nodes"]}
        assert (counts[by_a["id"]], counts[by_b["id"]], counts[leaf["id"]]) == ((1, 0), (0, 1), (0, 0))
        assert shown["totals"] == {"reposts": 1, "quotes": 1, "applications": 2, **NOT_YET, "accounts": 2, "depth": 2}
        assert shown["next"] is None
        assert [node["depth"] for node in (await cascade(recruiter, job, depth=1))["nodes"]] == [1, 1]

    @pytest.mark.parametrize("limit", [1, 7, 20, 64])
    async def test_pages_by_cursor_without_gap_or_repeat(self, world: World, resources: Resources, limit: int) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        await grow(resources, job, 62)
        whole = await cascade(recruiter, job, limit=500)
        await apply(applicant, job, via=whole["nodes"][-1]["id"])
        expected = [node["id"] for node in (await cascade(recruiter, job, limit=500))["nodes"]]
        assert len(expected) == 63
        found, cursor = [], None
        while True:
            page = await cascade(recruiter, job, limit=limit, **({"cursor": cursor} if cursor else {}))
            assert len(page["nodes"]) <= limit
            found += page["nodes"]
            assert len(found) <= len(expected), "the same nodes again"
            cursor = page["next"]
            if cursor is None:
                break
        assert [node["id"] for node in found] == expected
        seen = {job["status_id"]}
        for node in found:
            assert node["parent_id"] in seen, "a parent comes before its children"
            seen.add(node["id"])
        assert Counter(node["depth"] for node in found) == {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 31, 7: 1}
        assert whole["totals"] == {"reposts": 62, "quotes": 0, "applications": 0, **NOT_YET, "accounts": 62, "depth": 6}

    async def test_pages_show_the_tree_as_it_was_when_the_first_was_asked_for(
        self, world: World, resources: Resources
    ) -> None:
        recruiter, *people = await world.people("recruiter", *(f"p{number}" for number in range(6)))
        job = await recruiter.publishes_job()
        root = {"id": job["status_id"]}
        first, *rest = [await person.reposts(root, via=job["status_id"]) for person in people[:4]]
        page = await cascade(recruiter, job, limit=2)
        # What had not been shown is now the heaviest, and what had is heavier too.
        for number, below in enumerate((rest[-1], rest[-1], first)):
            await (await world.person(f"late{number}")).reposts(root, via=below["id"])
        await apply(people[4], job, via=rest[-1]["id"])
        found, reposters = page["nodes"], []
        while page["next"]:
            page = await cascade(recruiter, job, limit=2, cursor=page["next"])
            found += page["nodes"]
        assert [node["id"] for node in found] == [first["id"], *(node["id"] for node in rest)]
        assert {node["subtree_count"] for node in found} == {0}
        assert page["totals"]["reposts"] == 4
        assert (await cascade(recruiter, job))["nodes"][0]["id"] == rest[-1]["id"]

        path, params = f"/api/weizhi/v1/jobs/{job['id']}/reposters", {"limit": 3}
        page = await recruiter.get(path, **params)
        late = page["reposters"][-1]["account"]["id"]
        await (await world.person("later")).reposts(root, via=rest[1]["id"])
        await apply(people[5], job, via=rest[1]["id"])
        while True:
            reposters += [row["account"]["id"] for row in page["reposters"]]
            if page["next"] is None:
                break
            page = await recruiter.get(path, **params, cursor=page["next"])
        assert (len(reposters), len(set(reposters)), late in reposters) == (7, 7, True)

    async def test_shows_of_each_node_the_branches_that_most_came_through(
        self, world: World, resources: Resources
    ) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        await grow(resources, job, 62)
        await reposts_at_root(resources, job, 30)
        whole = (await cascade(recruiter, job, limit=500))["nodes"]
        deepest = max(whole, key=lambda node: (node["depth"], -int(node["id"])))
        await apply(applicant, job, via=deepest["id"])

        shown = await cascade(recruiter, job, breadth=1)
        line = shown["nodes"]
        assert [node["parent_id"] for node in line] == [job["status_id"], *(node["id"] for node in line[:-1])]
        assert line[-1]["kind"] == "application"
        assert line[0]["subtree_count"] == 61
        assert {node["subtree_applications_count"] for node in line[:-1]} == {1}
        assert (shown["root"]["children_count"], shown["root"]["subtree_count"]) == (31, 92)
        (first, *barren) = (await cascade(recruiter, job, depth=1, breadth=3))["nodes"]
        assert (first["id"], len(barren)) == (line[0]["id"], 2)
        assert {node["subtree_count"] for node in barren} == {0}

    async def test_opens_one_branch(self, world: World, resources: Resources) -> None:
        recruiter, other = await world.people("recruiter", "other")
        job, another = await recruiter.publishes_job(), await recruiter.publishes_job()
        await grow(resources, job, 62)
        elsewhere = await other.reposts({"id": another["status_id"]})
        whole = (await cascade(recruiter, job, limit=500))["nodes"]
        branch = whole[1]
        shown = await cascade(recruiter, job, parent=branch["id"], limit=500)
        assert (shown["parent_id"], len(shown["nodes"])) == (branch["id"], branch["subtree_count"])
        below = {branch["id"]}
        for node in shown["nodes"]:
            assert node["parent_id"] in below
            below.add(node["id"])
        children = [node["id"] for node in whole if node["parent_id"] == branch["id"]]
        pages = await all_pages(recruiter, job, parent=branch["id"], depth=1, limit=1)
        assert [node["id"] for node in pages] == children
        for missing in (elsewhere["id"], "1"):
            await cascade(recruiter, job, parent=missing, expect=404)

    async def test_deeper_than_eight_still_puts_parents_first(self, world: World) -> None:
        recruiter, *chain = await world.people("recruiter", *(f"p{number}" for number in range(10)))
        job = await recruiter.publishes_job()
        shown = {"id": job["status_id"]}
        for person in chain[:-1]:
            shown = await person.reposts({"id": job["status_id"]}, via=shown["id"])
        await apply(chain[-1], job, via=shown["id"])
        nodes = (await cascade(recruiter, job))["nodes"]
        assert [node["depth"] for node in nodes] == [1, 2, 3, 4, 5, 6, 7, 8, 8, 9]
        assert [node["parent_id"] for node in nodes[1:]] == [node["id"] for node in nodes[:-1]]

    async def test_is_for_seats_alone(self, world: World, resources: Resources) -> None:
        recruiter, viewer, reposter, stranger = await world.people("recruiter", "viewer", "anna", "bo")
        organization = await recruiter.organization()
        await seat(resources, viewer, organization, "viewer")
        job = await recruiter.publishes_job(organization)
        await reposter.reposts({"id": job["status_id"]})
        other = await world.person("other")
        await other.organization("另一家")
        for what in ("cascade", "reposters", "cascade.svg"):
            path = f"/api/weizhi/v1/jobs/{job['id']}/{what}"
            shown = [await person.request("GET", path, expect=200) for person in (viewer, recruiter)]
            assert shown[0].content == shown[1].content
            for person in (reposter, stranger, other):
                assert (await person.get(path, expect=403))["code"] == "not_seat_member"
            assert (await world.client.get(path)).status_code == 401

    async def test_of_a_draft_is_refused_to_its_seats_and_hidden_from_others(self, world: World) -> None:
        recruiter, stranger = await world.people("recruiter", "bo")
        organization = await recruiter.organization()
        job = await recruiter.post("/api/weizhi/v1/jobs", {"title": "草稿", "organization_id": organization["id"]})
        assert (await cascade(recruiter, job, expect=409))["code"] == "not_published"
        await cascade(stranger, job, expect=404)

    async def test_does_not_name_who_reposted_in_private_or_took_it_back(self, world: World) -> None:
        recruiter, hidden, gone, below = await world.people("recruiter", "hidden", "gone", "below")
        job = await recruiter.publishes_job()
        private = await hidden.reposts({"id": job["status_id"]}, visibility="private")
        removed = await gone.reposts({"id": job["status_id"]})
        child = await below.reposts({"id": job["status_id"]}, via=removed["id"])
        await gone.post(f"/api/v1/statuses/{job['status_id']}/unreblog")
        await world.settle()
        shown = await cascade(recruiter, job)
        nodes = {node["id"]: node for node in shown["nodes"]}
        assert (nodes[private["id"]]["account"], nodes[private["id"]]["removed"]) == (None, False)
        assert (nodes[removed["id"]]["account"], nodes[removed["id"]]["removed"]) == (None, True)
        assert nodes[child["id"]]["parent_id"] == removed["id"]
        assert nodes[child["id"]]["account"]["id"] == below.id
        assert shown["totals"] == {"reposts": 2, "quotes": 0, "applications": 0, **NOT_YET, "accounts": 2, "depth": 2}
        for name in ("hidden", "gone"):
            assert f"@{name}" not in str(shown)

    @pytest.mark.parametrize(
        "params",
        [
            {"breadth": 0},
            {"breadth": 101},
            {"cursor": "x"},
            {"cursor": "1"},
            {"cursor": "1-1-1"},
            {"cursor": "1-1-0-9999999999999999999"},
            {"cursor": "9999999999999999999-1-0-1"},
            {"cursor": "-1-1-1-1"},
            {"limit": 0},
            {"limit": 501},
            {"depth": 0},
        ],
    )
    async def test_refuses_what_is_no_page(self, world: World, params: dict[str, Any]) -> None:
        recruiter = await world.person("recruiter")
        refused = await cascade(recruiter, await recruiter.publishes_job(), expect=422, **params)
        assert list(refused["details"]) == list(params)


class TestPath:
    async def test_leads_from_the_root_to_the_post(self, world: World) -> None:
        author, a, b = await world.people("author", "anna", "bo")
        post = await author.says("原")
        by_a = await a.reposts(post)
        by_b = await b.reposts(by_a)
        path = (await world.client.get(f"/api/weizhi/v1/statuses/{by_b['id']}/path")).json()
        steps = [(s["status_id"], s["account"]["id"], s["kind"], s["depth"], s["inference"]) for s in path["steps"]]
        assert steps == [
            (post["id"], author.id, "post", 0, None),
            (by_a["id"], a.id, "repost", 1, "direct"),
            (by_b["id"], b.id, "repost", 2, "wrapper"),
        ]
        assert (path["inference"], path["confidence"]) == (None, None), "nothing is known of strangers"
        alone = await author.get(f"/api/weizhi/v1/statuses/{post['id']}/path")
        assert [step["status_id"] for step in alone["steps"]] == [post["id"]]
        assert alone["inference"] is None, "one's own"

    async def test_tells_a_reader_how_it_came_and_what_was_said_on_the_way(self, world: World) -> None:
        author, a, b, reader = await world.people("author", "anna", "bo", "reader")
        await reader.follows(b)
        post = await author.says("原")
        by_a = await a.reposts(post)
        by_b = await b.says("转给做后端的", quoted_status_id=post["id"], via=by_a["id"], spoiler_text="招人")

        async def path(id: str) -> tuple[list[tuple[str, str | None]], str | None, float | None]:
            shown = await reader.get(f"/api/weizhi/v1/statuses/{id}/path")
            steps = [(step["status_id"], step["text"]) for step in shown["steps"]]
            return steps, shown["inference"], shown["confidence"]

        whole = [(post["id"], "原"), (by_a["id"], ""), (by_b["id"], "转给做后端的")]
        assert await path(post["id"]) == (whole, "follow", 0.6)
        assert await path(by_a["id"]) == (whole[:2], "wrapper", 0.95)
        shown = await reader.get(f"/api/weizhi/v1/statuses/{post['id']}/path")
        assert shown["steps"][2]["spoiler_text"] == "招人"
        await b.request("DELETE", f"/api/v1/statuses/{by_b['id']}", expect=200)
        assert (await path(post["id"]))[1:] == ("direct", 0.5)

    async def test_keeps_steps_that_are_hidden_or_gone_without_names_and_words(self, world: World) -> None:
        author, friend, a, b = await world.people("author", "friend", "anna", "bo")
        await a.follows(friend)
        post = await author.says("原")
        private = await friend.says("只给朋友", quoted_status_id=post["id"], visibility="private")
        by_a = await a.reposts(post, via=private["id"])
        by_b = await b.reposts(by_a)
        path = f"/api/weizhi/v1/statuses/{by_b['id']}/path"

        def names(shown: dict[str, Any]) -> list[str | None]:
            return [step["account"] and step["account"]["username"] for step in shown["steps"]]

        assert names(await a.get(path)) == ["author", "friend", "anna", "bo"]
        assert "只给朋友" in str(await a.get(path))
        assert names(await b.get(path)) == ["author", None, "anna", "bo"]
        assert "只给朋友" not in str(await b.get(path))
        await a.request("DELETE", f"/api/v1/statuses/{by_a['id']}", expect=200)
        assert names((await world.client.get(path)).json()) == ["author", None, None, "bo"]

    async def test_of_what_the_reader_may_not_see_is_not_found(self, world: World) -> None:
        author, reader = await world.people("author", "reader")
        post = await author.says("密", visibility="private")
        await reader.get(f"/api/weizhi/v1/statuses/{post['id']}/path", expect=404)
        await reader.get("/api/weizhi/v1/statuses/1/path", expect=404)
