"""What is read out of each format, field by field; and that no document whatever breaks a reader."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.inbound import json_ld, smartrecruiters, words, xml_feed
from app.inbound.feed import READERS
from app.inbound.kinds import SOURCES
from app.inbound.listing import NotAFeed
from app.inbound.schemas import Mapping
from app.inbound.source import Fetch, JobPush, JobRemoval, trimmed
from app.kit.errors import WeizhiError
from tests.inbound import samples
from tests.inbound.test_ashby import POSTING as ASHBY
from tests.test_story import GREENHOUSE_POST

NONE = Mapping()
URL = "https://yunshan.example/feed"


def read(kind: str, document: Any, mapping: Mapping = NONE) -> JobPush:
    """The one job of a document."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    listing = READERS[kind](body, url=URL, mapping=mapping)
    assert listing.problems == []
    assert listing.complete
    (push,) = listing.jobs.values()
    return push


class TestBoard:
    def test_of_lever(self) -> None:
        push = read("lever", samples.LEVER)
        job = push.job
        assert (push.external_id, job.title, push.live) == ("7d6cc0b4-a5f9-4f02-8542-7fc1eb5749e2", "客户经理", True)
        assert (
            job.description_html
            == "<div>开拓客户。</div>\n<h3>要求</h3><ul><li>三年经验</li></ul>\n<div>欢迎加入。</div>"
        )
        assert job.locations
        assert [(one.city, one.region, one.name) for one in job.locations] == [
            ("Bangalore", "India", "Bangalore, India - Remote"),
            ("Singapore", None, "Singapore"),
        ]
        assert (job.workplace_type, job.employment_type) == ("remote", "FULL_TIME")
        assert job.salary
        assert (job.salary.currency, job.salary.min, job.salary.max, job.salary.interval) == (
            "USD",
            60000,
            80000,
            "YEAR",
        )
        assert str(job.apply_url) == "https://jobs.lever.co/yunshan/7d6cc0b4/apply"

    def test_of_workable(self) -> None:
        push = read("workable", samples.WORKABLE)
        assert (push.external_id, push.job.employment_type, push.job.workplace_type) == (
            "15F16B8D99",
            "PART_TIME",
            None,
        )
        assert push.job.locations
        assert push.job.locations[0].model_dump() == {
            "city": "London",
            "region": "England",
            "country": "United Kingdom",
            "name": None,
        }

    def test_of_greenhouse(self) -> None:
        push = read("greenhouse_board", samples.GREENHOUSE)
        job = push.job
        assert (push.external_id, push.updated_at) == ("5378630008", datetime(2026, 8, 10, 19, 24, tzinfo=UTC))
        assert job.description_html == '<div class="intro">做市场&nbsp;活动。</div>'
        assert job.locations
        assert (job.locations[0].country, job.workplace_type, job.language) == ("United States", "remote", "en")
        assert job.salary
        assert (job.salary.min, job.salary.max, job.salary.interval) == (50000, 75000, "YEAR")

    def test_of_ashby(self) -> None:
        push = read("ashby_board", {"jobs": [ASHBY]})
        assert (push.job.employment_type, push.job.workplace_type, push.group_id) == (
            "CONTRACTOR",
            "remote",
            ASHBY["jobId"],
        )
        assert not read("ashby_board", {"jobs": [{**ASHBY, "isListed": False}]}).live

    def test_of_recruitee(self) -> None:
        job = read("recruitee", samples.RECRUITEE).job
        assert job.description_html == "<p>管理办公室。</p>\n<ul><li>细心</li></ul>"
        assert job.salary
        assert (job.salary.min, job.workplace_type, job.employment_type) == (75000, "on_site", "FULL_TIME")
        assert job.locations
        assert (job.locations[0].city, job.locations[0].region) == ("Chicago", "Illinois")

    def test_of_comeet(self) -> None:
        push = read("comeet", samples.COMEET)
        assert (push.external_id, push.job.description_html) == ("18.767", "<p>到客户处工作。</p>")
        assert (push.job.workplace_type, push.job.employment_type) == ("on_site", None)
        assert not read("comeet", [{**samples.COMEET[0], "is_internal": True}]).live

    def test_of_smartrecruiters(self) -> None:
        job = read("smartrecruiters_board", samples.SMARTRECRUITERS_POSTING).job
        assert (job.title, job.description_html) == ("定价分析师", "<p>我们做自动化。</p>\n<p>分析价格。</p>")
        assert job.locations
        assert (job.locations[0].country, job.workplace_type, job.employment_type) == ("US", "hybrid", "FULL_TIME")
        page = json.dumps(samples.SMARTRECRUITERS_PAGE).replace("{host}", "https://yunshan.example").encode()
        listing = READERS["smartrecruiters_board"](page, url=f"{URL}?limit=1", mapping=NONE)
        assert listing.links == ["https://yunshan.example/v1/companies/yunshan/postings/743999706414750"]
        assert listing.next_url == f"{URL}?limit=1&offset=1"

    def test_leaves_out_what_is_broken_and_tells(self) -> None:
        good = samples.LEVER[0]
        feed = [good, {**good, "id": "b", "text": ""}, {**good, "id": "c", "text": ["x"]}, good, {"text": "x"}, 7]
        listing = READERS["lever"](json.dumps(feed).encode(), url=URL, mapping=NONE)
        assert list(listing.jobs) == [good["id"]]
        assert listing.listed == {good["id"], "b", "c"}
        assert [problem["external_id"] for problem in listing.problems] == ["b", "c", good["id"], None, None]
        assert not listing.complete

    @pytest.mark.parametrize("kind", sorted(READERS))
    @pytest.mark.parametrize("body", [b"", b"{}", b"[[", b"<html></html>", b"null", b"\xff\xfe", b'{"jobs": 7}', b"7"])
    def test_refuses_what_is_no_feed(self, kind: str, body: bytes) -> None:
        with pytest.raises(WeizhiError):
            READERS[kind](body, url=URL, mapping=NONE)

    def test_reads_the_source_s_own_words_by_its_mapping(self) -> None:
        mapping = Mapping.model_validate(
            {
                "fields": {"headcount": "openings", "requirements": "lists.0.text"},
                "locations": {"singapore": {"city": "新加坡", "country": "SG"}},
                "employment_types": {"FULL  time": "TEMPORARY"},
            }
        )
        job = read("lever", [{**samples.LEVER[0], "openings": "4"}], mapping).job
        assert (job.headcount, job.requirements, job.employment_type) == (4, ["要求"], "TEMPORARY")
        assert job.locations
        assert job.locations[1].model_dump(exclude_none=True) == {"city": "新加坡", "country": "SG"}


class TestXml:
    def test_reads_indeed_s_shape(self) -> None:
        push = read("xml", samples.INDEED.encode())
        job = push.job
        assert (push.external_id, job.title, job.description_html) == (
            "REQ-88",
            "数据分析师",
            "<p>分析数据 & 报表。</p>",
        )
        assert job.locations
        assert (job.locations[0].city, job.locations[0].region, job.locations[0].country) == ("杭州", "浙江", "CN")
        assert (job.employment_type, job.workplace_type) == ("INTERN", "hybrid")
        assert job.salary
        assert (job.salary.currency, job.salary.min, job.salary.max, job.salary.interval) == (
            "CNY",
            20000,
            30000,
            "MONTH",
        )

    @pytest.mark.parametrize("encoding", ["gb2312", "GBK", "gb18030", "utf-16", "iso-8859-1"])
    def test_reads_other_encodings(self, encoding: str) -> None:
        text = samples.INDEED.replace("utf-8", encoding)
        text = text.replace("数据分析师", "Analyst") if encoding == "iso-8859-1" else text
        body = text.encode(encoding, "xmlcharrefreplace")
        assert read("xml", body).job.title == ("Analyst" if encoding == "iso-8859-1" else "数据分析师")

    @pytest.mark.parametrize(
        "head",
        [
            '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
            "<!DOCTYPE html>",
        ],
    )
    def test_refuses_what_declares_a_document_type(self, head: str) -> None:
        body = f'<?xml version="1.0"?>{head}<source><job><title>x</title></job></source>'.encode()
        with pytest.raises(NotAFeed, match="declares"):
            xml_feed.read(body, url=URL, mapping=NONE)

    @pytest.mark.parametrize(
        "body",
        [
            b"<source>" + b"<a>" * 100 + b"</a>" * 100 + b"</source>",
            b"<source><job><title>" + b"x" * 400_000 + b"</title></job></source>",
        ],
    )
    def test_refuses_what_is_too_deep_or_too_long(self, body: bytes) -> None:
        with pytest.raises(NotAFeed):
            xml_feed.read(body, url=URL, mapping=NONE)

    def test_of_a_feed_that_breaks_off_takes_what_came_and_says_so(self) -> None:
        broken = samples.INDEED.replace("</source>", "<job><title>半").encode()
        listing = xml_feed.read(broken, url=URL, mapping=NONE)
        assert (list(listing.jobs), listing.complete) == (["REQ-88"], False)


class TestJsonLd:
    def test_reads_a_page(self) -> None:
        push = read("json_ld", samples.page(samples.POSTING_JSON_LD))
        job = push.job
        assert (push.external_id, job.title, job.headcount) == ("FE-1", "前端工程师", 3)
        assert (str(job.valid_through), job.workplace_type, job.employment_type) == (
            "2099-03-31",
            "remote",
            "CONTRACTOR",
        )
        assert job.locations
        assert (job.locations[0].city, job.locations[0].country, job.skills) == ("上海", "CN", ["TypeScript", "CSS"])
        assert job.salary
        assert (job.salary.min, job.salary.max, job.salary.interval) == (20000, 30000, "MONTH")
        assert str(job.apply_url) == "https://yunshan.example/jobs/fe-1"
        assert push.updated_at == datetime(2026, 11, 2, tzinfo=UTC)

    @pytest.mark.parametrize(
        "piece",
        ["<", "<a ", "<![", "<!x", "<!--", '<script type="', "<script type=application/ld+json>", "</script>", "&"],
    )
    def test_of_a_page_of_nothing_but_beginnings_is_soon_done_with(self, piece: str) -> None:
        # Readers of HTML that look for an end from every beginning take minutes for this.
        with pytest.raises(NotAFeed):
            json_ld.read(b"<html>" + piece.encode() * (1_000_000 // len(piece)), url=URL, mapping=NONE)

    def test_passes_over_comments_and_scripts_of_other_types(self) -> None:
        block = json.dumps(samples.POSTING_JSON_LD)
        page = f"""<!-- <script type="application/ld+json">{block}</script> --><script>"<script"</script >
            <script type="application/json">{block}</script><SCRIPT async TYPE='application/ld+json; charset=utf-8'
            id=x>{block}</SCRIPT>"""
        assert list(json_ld.read(page.encode(), url=URL, mapping=NONE).jobs) == ["FE-1"]

    def test_finds_postings_in_lists_and_graphs(self) -> None:
        one, two = samples.POSTING_JSON_LD, {**samples.POSTING_JSON_LD, "identifier": "FE-2"}
        graph = {"@graph": [{"@type": "Organization"}, {**two, "@type": ["http://schema.org/JobPosting"]}]}
        listing = json_ld.read(samples.page([one], graph), url=URL, mapping=NONE)  # type: ignore[arg-type]
        assert list(listing.jobs) == ["FE-1", "FE-2"]

    def test_reads_a_sitemap(self) -> None:
        sitemap = '<?xml version="1.0"?><urlset xmlns="x"><url><loc>/a</loc></url><url><loc>https://b.example/</loc></url></urlset>'
        listing = json_ld.read(sitemap.encode(), url=URL, mapping=NONE)
        assert listing.links == ["https://yunshan.example/a", "https://b.example/"]


class TestWords:
    @pytest.mark.parametrize(
        ("said", "ours"),
        [
            ("Full-time", "FULL_TIME"),
            ("FullTime", "FULL_TIME"),
            ("full_time", "FULL_TIME"),
            ("实习", "INTERN"),
            ("x", None),
        ],
    )
    def test_of_employment(self, said: str, ours: str | None) -> None:
        assert words.employment_type(said) == ours

    @pytest.mark.parametrize(
        ("said", "place"),
        [
            ("杭州, 浙江", {"city": "杭州", "region": "浙江"}),
            ("New York, NY, US", {"city": "New York", "region": "NY", "country": "US"}),
            ("Remote - United States", {"country": "United States"}),
            ("Remote", {}),
            ("Remote: Canada", {"country": "Canada"}),
            ("Remoteville", {"city": "Remoteville"}),
            ("  ", None),
        ],
    )
    def test_of_a_place(self, said: str, place: dict[str, str] | None) -> None:
        found = words.place(said)
        assert found == (None if place is None else {**place, "name": said})

    def test_of_a_time(self) -> None:
        when = datetime(2026, 8, 11, 20, 45, 29, tzinfo=UTC)
        for said in ("2026-08-11 20:45:29 UTC", "2026-08-11T22:45:29+02:00", int(when.timestamp() * 1000)):
            assert words.moment(said) == when
        for said in ("", "soon", None, True, {}, "9999-99-99", 10**30, "0001-01-01T00:00:00+14:00"):
            assert words.moment(said) is None


class TestSmartRecruiters:
    def test_verifies_the_documented_example(self) -> None:
        headers = {
            "smartrecruiters-signature": "v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f",
            "smartrecruiters-timestamp": "1574080897",
            "event-id": "123",
            "link": "<http://smartrecruiters.com/endpoint>; rel=self",
            "event-name": "application.created",
            "event-version": "v201910",
        }
        body = b'{"job_id":"jid","candidate_id":"cid"}'
        verify = smartrecruiters.SmartRecruitersSource().verify
        now = datetime.fromtimestamp(1574080897, UTC)
        assert verify(secrets=["HeBVky2bccvvkcXPimH8c"], headers=headers, body=body, now=now).message_id == "123"


CAPTURED = Path(os.environ.get("WEIZHI_SHARED_DATA", Path(__file__).parents[3] / "shared/data")) / "ats"
CAPTURES = {
    "lever": ("captured_lever.json", 2),
    "workable": ("captured_workable.json", 2),
    "greenhouse_board": ("captured_greenhouse.json", 2),
    "ashby_board": ("captured_ashby.json", 2),
    "recruitee": ("captured_recruitee.json", 3),
    "comeet": ("captured_comeet.json", 2),
}


@pytest.mark.skipif(not CAPTURED.exists(), reason=f"NOT TESTED on captured answers: they are not at {CAPTURED}")
class TestCaptured:
    @pytest.mark.parametrize("kind", CAPTURES)
    def test_boards_are_read_whole(self, kind: str) -> None:
        name, jobs = CAPTURES[kind]
        listing = READERS[kind]((CAPTURED / name).read_bytes(), url=URL, mapping=NONE)
        assert (len(listing.jobs), listing.problems, listing.complete) == (jobs, [], True)
        for push in listing.jobs.values():
            assert push.live
            assert push.job.title
            assert push.job.description_html
            assert push.job.locations
            assert push.job.apply_url

    def test_documented_greenhouse_messages_are_understood(self) -> None:
        understood = {}
        for line in (CAPTURED / "greenhouse_docs_examples.jsonl").read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            if "/webhooks/" in example["path"] and example["valid_json"]:
                push = SOURCES["greenhouse"].parse(example["body"].encode(), envelope={}, mapping=NONE)
                understood[example["name"]] = type(push).__name__
        assert understood == {
            "Job created": "Nothing",
            "Job updated": "Nothing",
            "Job Approved": "Nothing",
            "Job deleted": "GroupRemoval",
            "Job Post created": "JobPush",
            "Job Post updated": "JobPush",
            "Job Post deleted": "JobRemoval",
            "Job Stage deleted": "Nothing",
            "Department deleted": "Nothing",
            "Office deleted": "Nothing",
        }

    def test_schema_org_examples_are_read(self) -> None:
        read_ = 0
        for line in (CAPTURED / "schemaorg_jobposting_examples.jsonl").read_text(encoding="utf-8").splitlines():
            example = json.loads(line)
            page = f'<script type="application/ld+json">{example["body"]}</script>'.encode()
            try:
                listing = json_ld.read(page, url=URL, mapping=NONE)
            except NotAFeed:
                assert not example["valid_json"]
                continue
            read_ += len(listing.jobs)
        assert read_ >= 8


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)


def mutated(draw: Callable[..., Any], value: Any) -> Any:
    """`value` with something, somewhere, replaced by anything or left out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 9)) == 0:
            return {name: inside for name, inside in value.items() if name != key}
        return {**value, key: mutated(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 9)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], mutated(draw, value[place]), *value[place + 1 :]]
    return draw(ANYTHING)


DOCUMENTS: dict[str, Any] = {
    "lever": samples.LEVER,
    "workable": samples.WORKABLE,
    "greenhouse_board": samples.GREENHOUSE,
    "ashby_board": {"jobs": [ASHBY]},
    "recruitee": samples.RECRUITEE,
    "comeet": samples.COMEET,
    "smartrecruiters_board": samples.SMARTRECRUITERS_POSTING,
    "json_ld": samples.POSTING_JSON_LD,
}
MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("greenhouse", GREENHOUSE_POST),
    ("greenhouse", {"action": "job_updated", "payload": {"job": {"id": 7, "status": "closed", "notes": "x"}}}),
    ("greenhouse", {"action": "job_post_deleted", "payload": {"job_post": {"id": 7, "internal_content": "x"}}}),
    ("ashby", {"action": "jobPostingUpdate", "data": {"jobPosting": ASHBY}}),
    ("ashby", {"action": "jobUpdate", "data": {"job": {"id": "x", "status": "Closed", "team": ["x"]}}}),
    ("standard", {"type": "job.upsert", "data": {"external_id": "x", "title": "y", "locations": [{"city": "z"}]}}),
    ("standard", {"type": "candidate.hired", "data": {"name": "x"}}),
    ("smartrecruiters", {"job_id": "x"}),
]


def understood(kind: str, body: bytes) -> Any:
    """What a message asks, or why it is refused."""
    try:
        return SOURCES[kind].parse(body, envelope={"event": "job.updated"}, mapping=NONE)
    except WeizhiError as error:
        return (error.code, error.text, error.details)


class TestFuzz:
    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_whatever_a_feed_holds_is_read_or_told(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(DOCUMENTS)))
        document = mutated(data.draw, mutated(data.draw, DOCUMENTS[kind]))
        body = samples.page(document) if kind == "json_ld" else json.dumps(document).encode()
        try:
            listing = READERS[kind](body, url=URL, mapping=NONE)
        except WeizhiError:
            return
        assert listing.jobs.keys() <= listing.listed

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_whatever_a_message_holds_is_understood_or_told(self, data: st.DataObject) -> None:
        kind, message = data.draw(st.sampled_from(MESSAGES))
        body = json.dumps(mutated(data.draw, mutated(data.draw, message))).encode()
        push = understood(kind, body)
        # What is kept of it says the same.
        assert understood(kind, trimmed(SOURCES[kind], body)) == push
        if isinstance(push, JobPush | JobRemoval | Fetch):
            assert 0 < len(push.external_id) <= 200
            assert "\x00" not in push.external_id
