"""Feeds of open jobs, read as other programs read them."""

import json
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.feeds import routes, sitemap
from app.feeds.kept import KeptFeeds
from app.feeds.queries import State
from app.kit.changes import ALL, Changes
from app.kit.db import touch
from tests.meter import metered
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
# What breaks those who put XML together from strings: its own signs, ends of CDATA, controls, halves of pairs.
HOSTILE = "</title><b> & ]]> \"'<!-- \x01\x0b\x1f\ufffe 😀"
FORMS = ("xml", "atom", "rss", "jsonfeed")


async def get(world: World, path: str, expect: int = 200, **headers: str) -> Any:
    answer = await world.client.get(path, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer


async def titles(world: World, path: str) -> list[str]:
    """The titles in a feed of any form, in its order."""
    answer = await get(world, path)
    if path.partition("?")[0].endswith("jsonfeed"):
        return [item["title"] for item in answer.json()["items"]]
    root = ElementTree.fromstring(answer.content)
    names = {
        "source": ("job", "title"),
        "rss": ("channel/item", "title"),
        f"{ATOM}feed": (f"{ATOM}entry", f"{ATOM}title"),
    }
    item, title = names[root.tag]
    return [found.findtext(title) or "" for found in root.findall(item)]


async def publishes(person: Person, organization: dict[str, Any], title: str, **fields: Any) -> dict[str, Any]:
    return await person.publishes_job(organization, title=title, **fields)


class TestOpenJobs:
    async def test_are_in_every_form_and_no_others(self, world: World, resources: Resources) -> None:
        anna, bo, gone = await world.people("anna", "bo", "gone")
        ours, theirs, lost = await anna.organization("云杉"), await bo.organization("松果"), await gone.organization()
        await publishes(anna, ours, "甲")
        await publishes(bo, theirs, "乙")
        await anna.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": ours["id"], "title": "草稿"})
        for verb in ("pause", "close", "fill"):
            job = await publishes(anna, ours, verb)
            await anna.post(f"/api/weizhi/v1/jobs/{job['id']}/{verb}")
        deleted, over = await publishes(anna, ours, "删"), await publishes(anna, ours, "过")
        await anna.request("DELETE", f"/api/v1/statuses/{deleted['status_id']}", expect=200)
        await publishes(gone, lost, "停")
        async with resources.db.transaction() as session:
            touch(session, ALL)
            await session.execute(text("UPDATE accounts SET suspended_at = now() WHERE id = :id"), {"id": int(gone.id)})
            await session.execute(
                text("UPDATE jobs SET valid_through = '2020-01-01' WHERE id = :id"), {"id": int(over["id"])}
            )
        for form in FORMS:
            found = {title.partition(" · ")[0] for title in await titles(world, f"/jobs.{form}")}
            assert found == {"甲", "乙"}, form
            found = {
                title.partition(" · ")[0] for title in await titles(world, f"/organizations/{ours['id']}/jobs.{form}")
            }
            assert found == {"甲"}, form
        await get(world, "/organizations/1/jobs.atom", 404)
        await get(world, "/jobs.pdf", 422)

    async def test_are_valid_whatever_people_wrote(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await anna.organization("]]> & <云杉>")
        await publishes(
            anna,
            organization,
            "招聘",
            description_html=f"<p>{HOSTILE}</p>",
            requirements=[HOSTILE],
            locations=[{"city": HOSTILE[:50]}],
            skills=[HOSTILE[:50]],
        )
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE jobs SET title = :title"), {"title": HOSTILE})
        for form in FORMS[:3]:
            (title,) = await titles(world, f"/jobs.{form}")
            assert title.startswith("</title><b> & ]]> \"'<!-- \ufffe 😀".replace("\ufffe", "")), form
        (item,) = (await get(world, "/jobs.jsonfeed")).json()["items"]
        assert item["title"].startswith(HOSTILE)

    async def test_tell_what_each_form_asks_for(self, world: World) -> None:
        anna = await world.person("anna")
        job = await publishes(anna, await anna.organization(), "后端", apply_url="https://apply.example/1")
        answer = await get(world, "/jobs.xml")
        assert answer.headers["content-type"].startswith("application/xml")
        told = {part.tag: part.text for part in ElementTree.fromstring(answer.content).findall("job")[0]}
        assert told["referencenumber"] == job["id"]
        assert (told["url"], told["company"], told["city"]) == (job["url"], "云杉科技（未认证）", "杭州")
        assert (told["jobtype"], told["remotetype"], told["expirationdate"]) == (
            "fulltime",
            "Fully remote",
            "2099-01-31",
        )
        assert "三年以上后端经验" in (told["description"] or "")
        assert "80 人" in (told["description"] or "")
        feed = (await get(world, "/jobs.jsonfeed")).json()
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"] == "http://weizhi.test/jobs.jsonfeed"
        (item,) = feed["items"]
        assert (item["id"], item["tags"], item["language"]) == (job["url"], job["skills"], "zh")
        assert item["_weizhi"]["job"]["salary"] == job["salary"]
        atom = ElementTree.fromstring((await get(world, "/jobs.atom")).content)
        assert {one.get("rel") for one in atom.findall(f"{ATOM}link")} == {"self", "alternate"}
        for needed in ("id", "title", "updated"):
            assert atom.findtext(f"{ATOM}{needed}")
            assert atom.findtext(f"{ATOM}entry/{ATOM}{needed}")
        assert [one.get("term") for one in atom.findall(f"{ATOM}entry/{ATOM}category")] == job["skills"]
        rss = ElementTree.fromstring((await get(world, "/jobs.rss")).content)
        assert rss.findtext("channel/item/guid") == job["url"]
        assert (rss.findtext("channel/item/pubDate") or "").endswith("GMT")


class TestPages:
    async def test_go_on_where_one_ends_and_the_full_feed_has_all(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "_NEWEST", 2)
        monkeypatch.setattr(routes, "_AT_ONCE", 2)
        anna = await world.person("anna")
        organization = await anna.organization()
        for number in range(4):
            await publishes(anna, organization, f"职位{number}")
        feed = (await get(world, "/jobs.jsonfeed")).json()
        seen = [item["title"].partition(" ")[0] for item in feed["items"]]
        rest = (await get(world, feed["next_url"].removeprefix("http://weizhi.test"))).json()
        seen += [item["title"].partition(" ")[0] for item in rest["items"]]
        assert seen == ["职位3", "职位2", "职位1", "职位0"]
        assert await titles(world, "/jobs.xml") == [f"职位{number}" for number in range(4)]


class TestConditions:
    async def test_save_what_has_not_changed_and_nothing_else(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        job = await publishes(anna, organization, "后端")
        for path in (*(f"/jobs.{form}" for form in FORMS), "/sitemap.xml"):
            before = await get(world, path)
            mark, date = before.headers["ETag"], before.headers["Last-Modified"]
            unchanged = await get(world, path, 304, **{"If-None-Match": f'"x", {mark}'})
            assert (unchanged.content, unchanged.headers["ETag"]) == (b"", mark)
            await get(world, path, 304, **{"If-Modified-Since": date})
            await get(world, path, **{"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"})
            await get(world, path, **{"If-Modified-Since": "yesterday"})
            await get(world, path, **{"If-None-Match": '"x"', "If-Modified-Since": date})
        marks = {mark}
        changes: list[tuple[str, str, dict[str, Any]]] = [
            ("PATCH", f"/api/weizhi/v1/jobs/{job['id']}", {"headcount": 7}),
            ("PATCH", f"/api/weizhi/v1/organizations/{organization['id']}", {"name": "云松"}),
            ("POST", f"/api/weizhi/v1/jobs/{job['id']}/pause", {}),
        ]
        for method, path, body in changes:
            await anna.request(method, path, json=body, expect=200)
            marks.add((await get(world, "/sitemap.xml")).headers["ETag"])
        assert len(marks) == 1 + len(changes)


class TestKept:
    async def test_are_written_once_until_a_job_changes(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        job, other = [await publishes(anna, organization, title) for title in ("甲", "乙")]
        addresses = [*(f"/jobs.{form}" for form in FORMS), "/sitemap.xml", f"/sitemaps/jobs-{job['id']}.xml"]
        first = {path: await get(world, path) for path in addresses}
        with metered(resources, monkeypatch) as meter:
            again = {path: await get(world, path) for path in addresses}
            assert meter.statements == []
        assert {path: (one.content, one.headers.get("ETag")) for path, one in again.items()} == {
            path: (one.content, one.headers.get("ETag")) for path, one in first.items()
        }
        await anna.request("PATCH", f"/api/weizhi/v1/jobs/{job['id']}", json={"headcount": 77}, expect=200)
        for path in ("/jobs.xml", "/jobs.atom"):
            assert "77 人" in (await get(world, path)).text
        # Deleted as any post is, where nobody thinks of jobs.
        await anna.request("DELETE", f"/api/v1/statuses/{job['status_id']}", expect=200)
        for form in FORMS:
            (title,) = await titles(world, f"/jobs.{form}")
            assert title.startswith("乙"), form
        assert other["url"] in (await get(world, f"/sitemaps/jobs-{job['id']}.xml")).text
        assert job["url"] not in (await get(world, f"/sitemaps/jobs-{job['id']}.xml")).text

    async def test_nothing_is_kept_that_takes_too_much_room(self) -> None:
        kept, state = KeptFeeds(Changes(), most_bytes=4000), State(1, "1", None)

        async def parts(size: int) -> AsyncIterator[str]:
            for _ in range(2):
                yield "x" * size

        for name, size in (("small", 400), ("large", 600)):
            assert b"".join([part async for part in kept.keeping(name, state, parts(size))]) == b"x" * 2 * size
        assert (kept.find("small", state), kept.find("large", state)) == (b"x" * 800, None)


class TestSitemap:
    async def test_names_every_open_job_once_in_parts(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sitemap, "MOST_IN_PART", 2)
        anna = await world.person("anna")
        organization = await anna.organization()
        jobs = [await publishes(anna, organization, f"职位{number}") for number in range(3)]
        index = ElementTree.fromstring((await get(world, "/sitemap.xml")).content)
        parts = [one.findtext(f"{MAP}loc") or "" for one in index.findall(f"{MAP}sitemap")]
        assert parts[0] == "http://weizhi.test/sitemaps/pages.xml"
        assert parts[1:] == [f"http://weizhi.test/sitemaps/jobs-{jobs[index]['id']}.xml" for index in (0, 2)]
        found: list[str] = []
        for part in parts:
            urls = ElementTree.fromstring((await get(world, part.removeprefix("http://weizhi.test"))).content)
            found += [one.findtext(f"{MAP}loc") or "" for one in urls.findall(f"{MAP}url")]
        assert found[4:] == [job["url"] for job in jobs]
        for address in found:
            await get(world, address.removeprefix("http://weizhi.test"))
        for wrong in ("jobs-x", "jobs-", "jobs-9999999999999999999999", "else"):
            await get(world, f"/sitemaps/{wrong}.xml", 404)
        assert "Sitemap: http://weizhi.test/sitemap.xml" in (await get(world, "/robots.txt")).text


class TestPosting:
    async def test_has_what_search_engines_ask_for_and_is_past_once_over(self, world: World) -> None:
        anna = await world.person("anna")
        job = await publishes(anna, await anna.organization(), "后端", education="master", experience_min_years=3)

        async def posting() -> dict[str, Any]:
            page = (await get(world, f"/jobs/{job['id']}")).text
            found: dict[str, Any] = json.loads(page.split('ld+json">')[1].split("</script>")[0])
            return found

        told = await posting()
        needed = {
            "title",
            "description",
            "datePosted",
            "hiringOrganization",
            "jobLocation",
            "validThrough",
            "identifier",
        }
        needed |= {"baseSalary", "employmentType", "directApply", "totalJobOpenings", "applicantLocationRequirements"}
        assert needed <= told.keys()
        assert told["validThrough"] == "2099-02-01T00:00:00+08:00"
        assert "<li>三年以上后端经验</li>" in told["description"]
        assert told["experienceRequirements"]["monthsOfExperience"] == 36
        assert told["educationRequirements"]["credentialCategory"] == "postgraduate degree"
        assert told["jobLocation"][0]["address"]["addressCountry"] == "CN"
        closed = (await anna.post(f"/api/weizhi/v1/jobs/{job['id']}/fill"))["closed_at"]
        assert (await posting())["validThrough"] < "2099"
        assert closed is not None
        assert "已招满" in (await get(world, f"/jobs/{job['id']}")).text
