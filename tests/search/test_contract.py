"""What our adapter relies on, asked of the fake and, where WEIZHI_TEST_MEILI_URL (and _KEY, the master key) is set, of
a real Meilisearch. Nothing here knows which of them answers; the numbers are those of the design's list of cases.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.search.contract_server import REAL_KEY, REAL_LIMIT, REAL_URL, Server
from tests.search.fake_meilisearch import FakeMeilisearch, serving

pytestmark = pytest.mark.anyio

COMPARED: dict[str, Any] = {"facetSearch": True, "filter": {"equality": True, "comparison": True}}
EQUAL: dict[str, Any] = {"facetSearch": True, "filter": {"equality": True, "comparison": False}}
CHINESE: dict[str, Any] = {
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["cmn"]}],
    "dictionary": ["c++", "c#"],
    "typoTolerance": {"enabled": False},
    "prefixSearch": "disabled",
    "searchableAttributes": ["text"],
}


@pytest.fixture(params=["fake", *(["real"] if REAL_URL else [])])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    if request.param == "real":
        headers = {"Authorization": f"Bearer {REAL_KEY}"} if REAL_KEY else {}
        async with httpx2.AsyncClient(base_url=str(REAL_URL), headers=headers, timeout=60) as client:
            server = Server(client, REAL_LIMIT)
            yield server
            await server.clean()
        return
    with serving(FakeMeilisearch(key="a master key", payload_limit=1024 * 1024)) as fake:
        headers = {"Authorization": "Bearer a master key"}
        async with httpx2.AsyncClient(base_url=fake.url, headers=headers, timeout=10) as client:
            yield Server(client, fake.payload_limit)


def texts(*words: str) -> list[dict[str, Any]]:
    return [{"id": str(n), "text": text} for n, text in enumerate(words, 1)]


def filterable(*names: str, features: dict[str, Any] = EQUAL) -> dict[str, Any]:
    return {"filterableAttributes": [{"attributePatterns": [*names], "features": features}]}


class TestWriting:
    async def test_01_an_index_is_created_once(self, server: Server) -> None:
        uid = server.name()
        await server.do("POST", "/indexes", {"uid": uid, "primaryKey": "id"})
        again = await server.failure("POST", "/indexes", {"uid": uid, "primaryKey": "id"})
        assert again == "index_already_exists"
        assert (await server.ask("GET", f"/indexes/{uid}"))["primaryKey"] == "id"

    async def test_02_settings_come_back_and_null_resets(self, server: Server) -> None:
        uid = await server.index(
            searchableAttributes=["text"],
            sortableAttributes=["n"],
            pagination={"maxTotalHits": 50},
            **filterable("kind"),
        )
        settings = await server.ask("GET", f"/indexes/{uid}/settings")
        assert settings["searchableAttributes"] == ["text"]
        assert settings["sortableAttributes"] == ["n"]
        assert settings["pagination"]["maxTotalHits"] == 50
        assert settings["filterableAttributes"] == filterable("kind")["filterableAttributes"]
        await server.do("PATCH", f"/indexes/{uid}/settings", {"searchableAttributes": None, "pagination": None})
        settings = await server.ask("GET", f"/indexes/{uid}/settings")
        assert settings["searchableAttributes"] == ["*"]
        assert settings["pagination"]["maxTotalHits"] == 1000
        assert settings["sortableAttributes"] == ["n"]

    async def test_03_post_replaces(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "text": "a", "kind": "post"}])
        await server.do("POST", f"/indexes/{uid}/documents", [{"id": "1", "text": "b"}])
        assert await server.held(uid) == {"1": {"id": "1", "text": "b"}}
        assert await server.ask("GET", f"/indexes/{uid}/documents/1") == {"id": "1", "text": "b"}

    async def test_04_put_merges(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "text": "a", "kind": "post"}])
        await server.do("PUT", f"/indexes/{uid}/documents", [{"id": "1", "text": "b"}])
        assert await server.held(uid) == {"1": {"id": "1", "text": "b", "kind": "post"}}

    async def test_05_put_may_be_kept_from_creating(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "hot": 1}])
        await server.do(
            "PUT", f"/indexes/{uid}/documents?skipCreation=true", [{"id": "1", "hot": 2}, {"id": "2", "hot": 2}]
        )
        assert await server.held(uid) == {"1": {"id": "1", "hot": 2}}

    async def test_06_the_last_of_one_id_in_a_batch_wins(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "text": "a"}, {"id": "2", "text": "b"}, {"id": "1", "text": "c"}])
        assert (await server.held(uid))["1"]["text"] == "c"

    async def test_07_08_queued_changes_keep_their_order(self, server: Server) -> None:
        uid = await server.index()
        one = f"/indexes/{uid}/documents"
        tasks = [
            await server.enqueue("POST", one, [{"id": "1", "text": "a"}, {"id": "2", "text": "a"}]),
            await server.enqueue("POST", f"{one}/delete-batch", ["1", "2"]),
            await server.enqueue("POST", one, [{"id": "1", "text": "b"}]),
        ]
        assert sorted(tasks) == tasks
        assert [(await server.outcome(task))["status"] for task in tasks] == ["succeeded"] * 3
        assert await server.held(uid) == {"1": {"id": "1", "text": "b"}}

    async def test_09_delete_by_filter_takes_exactly_what_matches(self, server: Server) -> None:
        uid = await server.index([{"id": str(n), "kind": kind} for n, kind in enumerate("abab")], **filterable("kind"))
        await server.do("POST", f"/indexes/{uid}/documents/delete", {"filter": 'kind = "a"'})
        assert sorted(await server.held(uid)) == ["1", "3"]

    async def test_10_delete_by_what_is_not_filterable_fails_later(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "kind": "a"}], **filterable("other"))
        path = f"/indexes/{uid}/documents/delete"
        assert await server.failure("POST", path, {"filter": 'kind = "a"'}) == "invalid_document_filter"
        assert await server.refused("POST", path, {"filter": "kind ="}, status=400) == "invalid_document_filter"
        assert sorted(await server.held(uid)) == ["1"]

    async def test_a_document_with_a_bad_id_fails_its_task_alone(self, server: Server) -> None:
        uid = await server.index()
        path = f"/indexes/{uid}/documents"
        bad = await server.enqueue("POST", path, [{"id": "not an id", "text": "a"}])
        good = await server.enqueue("POST", path, [{"id": "1", "text": "b"}])
        assert (await server.outcome(bad))["error"]["code"] == "invalid_document_id"
        assert (await server.outcome(good))["status"] == "succeeded"
        assert sorted(await server.held(uid)) == ["1"]

    async def test_writing_makes_an_index_that_nobody_made(self, server: Server) -> None:
        uid = server.name()
        await server.do("POST", f"/indexes/{uid}/documents?primaryKey=id", [{"id": "1", "visibility": "private"}])
        # It has no settings: what filters is refused, so that nothing is found by mistake.
        body = {"q": "", "filter": "visibility = public"}
        assert await server.refused("POST", f"/indexes/{uid}/search", body, status=400) == "invalid_search_filter"

    async def test_24_a_swap_exchanges_documents_and_settings(self, server: Server) -> None:
        old = await server.index([{"id": "1", "text": "old"}], sortableAttributes=["id"])
        new = await server.index([{"id": "2", "text": "new"}], **filterable("text"))
        await server.do("POST", "/swap-indexes", [{"indexes": [old, new]}])
        assert await server.search(old, filter='text = "new"') == ["2"]
        assert await server.search(new, sort=["id:asc"]) == ["1"]
        await server.do("POST", f"/indexes/{old}/documents", [{"id": "3", "text": "new"}])
        assert sorted(await server.held(old)) == ["2", "3"]
        assert sorted(await server.held(new)) == ["1"]
        nowhere = [{"indexes": [old, f"{old}_nowhere"]}]
        response = await server.client.post("/swap-indexes", json=nowhere)
        code = response.json().get("code") if response.status_code != 202 else None
        assert code == "index_not_found" or (await server.outcome(response.json()["taskUid"]))["status"] == "failed"

    async def test_numbers_of_documents_are_told(self, server: Server) -> None:
        uid = await server.index(texts("a", "b"))
        assert (await server.ask("GET", f"/indexes/{uid}/stats"))["numberOfDocuments"] == 2
        found = await server.ask("POST", f"/indexes/{uid}/documents/fetch", {"ids": ["2", "9"], "fields": ["id"]})
        assert (found["results"], found["total"]) == ([{"id": "2"}], 1)
        await server.do("DELETE", f"/indexes/{uid}/documents")
        assert (await server.ask("GET", f"/indexes/{uid}/stats"))["numberOfDocuments"] == 0
        await server.do("DELETE", f"/indexes/{uid}")
        assert await server.refused("GET", f"/indexes/{uid}", status=404) == "index_not_found"


class TestFilters:
    async def test_11_what_is_not_filterable_is_refused(self, server: Server) -> None:
        uid = await server.index(texts("a"), **filterable("kind"))
        for filter in ('text = "a"', "kind > 1"):
            body = {"q": "", "filter": filter}
            assert await server.refused("POST", f"/indexes/{uid}/search", body, status=400) == "invalid_search_filter"

    async def test_12_bad_syntax_and_unsortable_are_refused(self, server: Server) -> None:
        uid = await server.index(texts("a"), **filterable("kind"))
        path = f"/indexes/{uid}/search"
        for filter in ("kind =", 'kind = "a" OR', "kind IN [a", 'kind = "a" "b"'):
            assert await server.refused("POST", path, {"filter": filter}, status=400) == "invalid_search_filter"
        assert await server.refused("POST", path, {"sort": ["text:asc"]}, status=400) == "invalid_search_sort"
        assert await server.refused("POST", path, {"facets": ["text"]}, status=400) == "invalid_search_facets"

    async def test_13_one_of_two_thousand_ids(self, server: Server) -> None:
        authors = [str((1 << 60) + n) for n in range(2000)]
        documents = [{"id": str(n), "author": authors[n * 7]} for n in range(50)]
        # Equal as floating point numbers, were they numbers.
        documents.append({"id": "999", "author": str((1 << 60) - 1)})
        uid = await server.index(documents, **filterable("author"))
        every = ", ".join(f'"{author}"' for author in authors)
        found = await server.search(uid, filter=f"author IN [{every}]")
        assert sorted(found, key=int) == [str(n) for n in range(50)]
        sample = authors[:70]
        either = " OR ".join(f'author = "{author}"' for author in sample)
        one_of = ", ".join(f'"{author}"' for author in sample)
        found = await server.search(uid, filter=f"author IN [{one_of}]")
        assert sorted(found) == sorted(await server.search(uid, filter=either)) != []
        assert await server.search(uid, filter=f"author NOT IN [{every}]") == ["999"]
        assert await server.search(uid, filter="author IN []") == []

    @pytest.mark.parametrize(
        "value", ['x" OR visibility = "followers', 'x\\" OR visibility = "followers', "x' OR visibility = 'followers"]
    )
    async def test_14_a_quoted_value_stays_a_value(self, server: Server, value: str) -> None:
        uid = await server.index(
            [{"id": "1", "visibility": "followers", "lang": "zh"}], **filterable("visibility", "lang")
        )
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        assert await server.search(uid, filter=[f"lang = {quoted}"]) == []

    async def test_15_lists_in_lists(self, server: Server) -> None:
        documents = [{"id": f"{a}{b}{c}", "a": a, "b": b, "c": c} for a in "01" for b in "01" for c in "01"]
        uid = await server.index(documents, **filterable("a", "b", "c"))
        found = await server.search(uid, filter=["a = 1", ["b = 1", "c = 1"]])
        assert sorted(found) == ["101", "110", "111"]
        assert sorted(await server.search(uid, filter=[["a = 1", "b = 1 AND c = 1"], "NOT c = 0"])) == [
            "011",
            "101",
            "111",
        ]

    async def test_16_ranges_have_bounds_and_null_has_none(self, server: Server) -> None:
        documents: list[dict[str, Any]] = [{"id": str(n), "pay": n} for n in (10, 20, 30)]
        documents += [{"id": "null", "pay": None}, {"id": "none"}]
        uid = await server.index(documents, **filterable("pay", features=COMPARED))
        for filter, ids in {
            "pay < 20": ["10"],
            "pay <= 20": ["10", "20"],
            "pay > 20": ["30"],
            "pay >= 20": ["20", "30"],
            "pay 10 TO 20": ["10", "20"],
            "pay = 20": ["20"],
            "pay IS NULL": ["null"],
            "pay NOT EXISTS": ["none"],
        }.items():
            assert sorted(await server.search(uid, filter=filter)) == ids, filter

    @pytest.mark.parametrize(
        ("least", "most", "overlaps"),
        [
            (None, None, {"20-35", "20-", "-35", "?"}),
            (20, None, {"20-35", "20-", "-35"}),
            (21, None, {"20-35", "-35"}),
            (36, None, set()),
            (None, 35, {"20-35", "20-", "-35"}),
            (None, 20, {"20-35", "20-"}),
            (None, 19, set()),
            (25, 30, {"20-35"}),
        ],
    )
    async def test_17_salaries_overlap(
        self, server: Server, least: int | None, most: int | None, overlaps: set[str]
    ) -> None:
        offers = {"20-35": (20, 35), "20-": (20, 20), "-35": (35, 35), "?": (None, None)}
        documents = [{"id": str(n), "min": low, "max": high} for n, (low, high) in enumerate(offers.values())]
        uid = await server.index(documents, **filterable("min", "max", features=COMPARED))
        filter = ([f"max >= {least}"] if least else []) + ([f"min <= {most}"] if most else [])
        assert {[*offers][int(id)] for id in await server.search(uid, filter=filter)} == overlaps

    async def test_equality_knows_no_case_and_any_of_a_list(self, server: Server) -> None:
        uid = await server.index(
            [{"id": "1", "skills": ["Python", "C++"]}, {"id": "2", "skills": []}], **filterable("skills")
        )
        assert await server.search(uid, filter='skills = "PYTHON"') == ["1"]
        assert await server.search(uid, filter='skills NOT IN ["c++"]') == ["2"]


class TestFinding:
    async def test_18_pages_by_what_was_seen_have_no_gap_and_no_repeat(self, server: Server) -> None:
        documents = [{"id": str(n), "ms": n // 4, "number": n % 4} for n in range(30)]
        rules = {"rankingRules": ["sort", "words"], "sortableAttributes": ["ms", "number"]}
        uid = await server.index(documents[::-1], **rules, **filterable("ms", "number", features=COMPARED))
        seen: list[str] = []
        while True:
            filter: list[Any] = []
            if seen:
                ms, number = divmod(int(seen[-1]), 4)
                filter = [[f"ms < {ms}", f"(ms = {ms} AND number < {number})"]]
            page = await server.search(uid, filter=filter, sort=["ms:desc", "number:desc"], limit=7)
            if not page:
                break
            seen += page
        assert seen == [str(n) for n in range(29, -1, -1)]

    async def test_19_there_is_an_end_to_offsets(self, server: Server) -> None:
        uid = await server.index([{"id": str(n)} for n in range(30)], pagination={"maxTotalHits": 20})
        assert len(await server.search(uid, limit=1000)) == 20
        assert len(await server.search(uid, limit=10, offset=15)) == 5
        assert await server.search(uid, limit=10, offset=25) == []

    async def test_20_chinese_words_are_found_and_phrases_keep_their_order(self, server: Server) -> None:
        uid = await server.index(texts("招聘高级软件工程师", "红书小", "小红书招聘"), **CHINESE)
        assert await server.search(uid, '"软件"', matchingStrategy="all") == ["1"]
        assert await server.search(uid, '"小红书"', matchingStrategy="all") == ["3"]

    async def test_21_mixed_scripts_and_names_with_signs(self, server: Server) -> None:
        uid = await server.index(texts("python后端", "c++ 开发", "c 语言", "c# 开发"), **CHINESE)
        for q, ids in {"python": ["1"], '"后端"': ["1"], '"c++"': ["2"], "c": ["3"], '"c#"': ["4"]}.items():
            assert await server.search(uid, q, matchingStrategy="all") == ids, q

    async def test_22_negative_phrases_and_queries_without_words(self, server: Server) -> None:
        uid = await server.index(texts("招聘 外包公司", "招聘 公司", "招聘"), **CHINESE)
        assert sorted(await server.search(uid, '"招聘" -"外包公司"', matchingStrategy="all")) == ["2", "3"]
        # Why the adapter never sends such a query: it finds everything.
        for q in ("#", "@", "？！", ""):
            assert len(await server.search(uid, q)) == 3, q

    async def test_23_highlights_wrap_and_facets_count(self, server: Server) -> None:
        documents = [
            {"id": "1", "text": "招聘 python", "city": ["上海", "北京"]},
            {"id": "2", "text": "招聘 java", "city": ["上海"]},
            {"id": "3", "text": "招聘 python", "city": ["北京"]},
        ]
        uid = await server.index(documents, **CHINESE, **filterable("city"))
        marks = {"highlightPreTag": "\ue000", "highlightPostTag": "\ue001", "attributesToHighlight": ["text"]}
        body = {"q": "python", **marks, "facets": ["city"], "matchingStrategy": "all"}
        answer = await server.ask("POST", f"/indexes/{uid}/search", body)
        assert {hit["_formatted"]["text"] for hit in answer["hits"]} == {"招聘 \ue000python\ue001"}
        assert answer["facetDistribution"] == {"city": {"上海": 1, "北京": 2}}
        narrowed = await server.ask("POST", f"/indexes/{uid}/search", {"filter": 'city = "上海"', "facets": ["city"]})
        assert narrowed["facetDistribution"] == {"city": {"上海": 2, "北京": 1}}
        assert narrowed["estimatedTotalHits"] == 2
        typed = await server.ask("POST", f"/indexes/{uid}/facet-search", {"facetName": "city", "facetQuery": "北"})
        assert [(hit["value"], hit["count"]) for hit in typed["facetHits"]] == [("北京", 2)]

    async def test_only_what_is_displayed_is_given_away(self, server: Server) -> None:
        uid = await server.index([{"id": "1", "text": "a", "digest": "x"}], displayedAttributes=["id"])
        assert (await server.ask("POST", f"/indexes/{uid}/search", {}))["hits"] == [{"id": "1"}]

    async def test_several_searches_in_one(self, server: Server) -> None:
        uid = await server.index(texts("a", "b"))
        asked = {"queries": [{"indexUid": uid, "q": "a"}, {"indexUid": uid, "q": "b"}]}
        answer = await server.ask("POST", "/multi-search", asked)
        assert [[hit["id"] for hit in result["hits"]] for result in answer["results"]] == [["1"], ["2"]]


class TestKeys:
    async def test_25_who_may_not_is_refused(self, server: Server) -> None:
        uid = await server.index(texts("a"))
        if "Authorization" not in server.client.headers:
            pytest.skip("the server has no master key")
        async with httpx2.AsyncClient(base_url=server.client.base_url) as stranger:
            answer = await stranger.post(f"/indexes/{uid}/search", json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "missing_authorization_header")
            assert (await stranger.get("/health")).json() == {"status": "available"}
        bare = {"Authorization": "Bearer wrong"}
        path = f"/indexes/{uid}/search"
        assert await server.refused("POST", path, {}, status=403, headers=bare) == "invalid_api_key"
        wanted = {"actions": ["search"], "indexes": [uid], "expiresAt": None}
        made = await server.ask("POST", "/keys", wanted, expect=201)
        only = {"Authorization": f"Bearer {made['key']}"}
        await server.ask("POST", path, {}, headers=only)
        write = f"/indexes/{uid}/documents"
        assert await server.refused("POST", write, [{"id": "2"}], status=403, headers=only) == "invalid_api_key"
        await server.client.delete(f"/keys/{made['uid']}")

    async def test_25_what_is_not_there_is_not_found(self, server: Server) -> None:
        assert await server.refused("POST", "/indexes/contract_nowhere/search", {}, status=404) == "index_not_found"
        assert await server.refused("GET", "/tasks/4000000000", status=404) == "task_not_found"
        uid = await server.index(texts("a"))
        assert await server.refused("GET", f"/indexes/{uid}/documents/9", status=404) == "document_not_found"

    async def test_25_a_body_that_is_too_large_is_refused(self, server: Server) -> None:
        uid = await server.index()
        body = b'[{"id": "1", "text": "' + b"x" * server.payload_limit + b'"}]'
        headers = {"Content-Type": "application/json"}
        try:
            answer = await server.client.post(f"/indexes/{uid}/documents", content=body, headers=headers)
        except (httpx2.WriteError, httpx2.ReadError, httpx2.RemoteProtocolError):
            pytest.skip("the server hung up before it had read everything, as it may")
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")

    async def test_a_body_of_another_kind_is_refused(self, server: Server) -> None:
        uid = await server.index()
        headers = {"Content-Type": "text/plain"}
        answer = await server.client.post(f"/indexes/{uid}/documents", content=b"[]", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "invalid_content_type")
