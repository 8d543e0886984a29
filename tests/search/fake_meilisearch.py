"""A small Meilisearch over real HTTP: just the calls, and just the semantics, our adapter relies on.

Tasks are queued and carried out in order when somebody asks for them, so an adapter that does not wait finds
nothing. Chinese is cut into single characters, the worst its real tokenizer does.
Relevance and typos are not imitated: no test may count on them.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.search.fake_filters import BadFilter, matches

_TIME = "2026-11-23T08:00:00Z"
_QUERY_PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, type: str = "invalid_request") -> None:
        self.status = status
        self.body = {"message": code, "code": code, "type": type, "link": f"https://docs.meilisearch.com/errors#{code}"}
        super().__init__(code)


class Index:
    """Documents by id, and settings."""

    def __init__(self, uid: str, primary_key: str) -> None:
        self.uid, self.primary_key = uid, primary_key
        self.documents: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {}

    @property
    def info(self) -> dict[str, Any]:
        return {"uid": self.uid, "primaryKey": self.primary_key, "createdAt": _TIME, "updatedAt": _TIME}

    @property
    def features(self) -> dict[str, dict[str, bool]]:
        """What each filterable attribute may be filtered by."""
        return {
            name: rule["features"]["filter"]
            for rule in self.settings.get("filterableAttributes", [])
            for name in rule["attributePatterns"]
        }

    def tokens(self, text: str) -> list[str]:
        known = sorted(self.settings.get("dictionary", []), key=len, reverse=True)
        pattern = "|".join([*map(re.escape, known), "[\u3400-\u9fff]", "[^\\W_\u3400-\u9fff]+"])
        return re.findall(pattern, text.lower())

    def search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        sort = [rule.split(":") for rule in body.get("sort") or []]
        if any(name not in self.settings.get("sortableAttributes", []) for name, _ in sort):
            raise Refused(400, "invalid_search_sort")
        facets = body.get("facets") or []
        if any(name not in self.features for name in facets):
            raise Refused(400, "invalid_search_facets")
        try:
            matches(body.get("filter"), {}, self.features)
            found = [document for document in self.documents.values() if self._matches(document, body)]
        except BadFilter as error:
            raise Refused(400, "invalid_search_filter") from error
        for name, direction in reversed(sort):
            found.sort(key=lambda document, name=name: document[name], reverse=direction == "desc")
        offset, limit = body.get("offset", 0), body.get("limit", 20)
        most = self.settings.get("pagination", {}).get("maxTotalHits", 1000)
        shown = self.settings.get("displayedAttributes", ["*"])
        return {
            "hits": [
                {name: value for name, value in document.items() if name in shown or shown == ["*"]}
                for document in found[:most][offset : offset + limit]
            ],
            "query": body.get("q") or "",
            "processingTimeMs": 1,
            "offset": offset,
            "limit": limit,
            "estimatedTotalHits": min(len(found), most),
            "facetDistribution": {name: _count(name, found) for name in facets},
        }

    def _matches(self, document: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        passes = matches(body.get("filter"), document, self.features)
        fields = [_as_text(document.get(name)) for name in self.settings.get("searchableAttributes", [])]
        texts = [self.tokens(text) for text in fields]
        return passes and all(self._contains(texts, *part) for part in _QUERY_PART.findall(body.get("q") or ""))

    def _contains(self, texts: list[list[str]], minus: str, phrase: str, word: str) -> bool:
        if not minus and word:
            return all(any(token in text for text in texts) for token in self.tokens(word))
        tokens = self.tokens(phrase or word)
        if minus and word:
            # As Meilisearch does: only the first token is excluded, and the rest is required.
            return not any(tokens[0] in text for text in texts) and self._contains(texts, "", "", word[1:])
        found = any(
            text[start : start + len(tokens)] == tokens
            for text in texts
            for start in range(len(text) - len(tokens) + 1)
        )
        return found != bool(minus)


class FakeMeilisearch:
    """The server's state. `refuse_next` answers coming requests, `fail_next` fails coming tasks, in order."""

    def __init__(self, key: str | None = None) -> None:
        self.key = key
        self.indexes: dict[str, Index] = {}
        self.tasks: list[dict[str, Any]] = []
        self.refuse_next: list[Refused] = []
        self.fail_next: list[Refused] = []
        self.requests: list[tuple[str, Any]] = []
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: Any, authorization: str | None) -> tuple[int, Any]:
        """One request: its status and body."""
        with self._lock:
            self.requests.append((f"{method} {path}", body))
            if self.refuse_next:
                raise self.refuse_next.pop(0)
            if self.key and authorization is None:
                raise Refused(401, "missing_authorization_header", "auth")
            if self.key and authorization != f"Bearer {self.key}":
                raise Refused(403, "invalid_api_key", "auth")
            return self._route(method, path.strip("/").split("/"), body)

    def _route(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        match method, parts:
            case "POST", ["indexes"]:
                return self._enqueue("indexCreation", body["uid"], body)
            case "GET", ["indexes", uid]:
                return 200, self._index(uid).info
            case "PATCH", ["indexes", uid, "settings"]:
                return self._enqueue("settingsUpdate", uid, body)
            case "POST", ["indexes", uid, "documents"]:
                return self._enqueue("documentAdditionOrUpdate", uid, body)
            case "POST", ["indexes", uid, "documents", "delete-batch"]:
                return self._enqueue("documentDeletion", uid, body)
            case "DELETE", ["indexes", uid, "documents"]:
                return self._enqueue("documentDeletion", uid, None)
            case "POST", ["indexes", uid, "search"]:
                return 200, self._index(uid).search(body)
            case "GET", ["tasks", number] if int(number) < len(self.tasks):
                return 200, self._ask_for(int(number))
            case "GET", ["tasks", _]:
                raise Refused(404, "task_not_found")
        raise AssertionError(f"the fake does not know {method} {parts}")

    def _index(self, uid: str) -> Index:
        if uid not in self.indexes:
            raise Refused(404, "index_not_found")
        return self.indexes[uid]

    def _enqueue(self, type: str, uid: str, body: Any) -> tuple[int, Any]:
        summary = {"indexUid": uid, "status": "enqueued", "type": type, "enqueuedAt": _TIME}
        number = len(self.tasks)
        self.tasks.append({"uid": number, **summary, "error": None, "body": body})
        return 202, {"taskUid": number, **summary}

    def _ask_for(self, number: int) -> dict[str, Any]:
        for task in self.tasks[: number + 1]:
            if task["status"] == "enqueued":
                self._carry_out(task)
        return {name: value for name, value in self.tasks[number].items() if name != "body"}

    def _carry_out(self, task: dict[str, Any]) -> None:
        try:
            if self.fail_next:
                raise self.fail_next.pop(0)
            self._change(task["type"], task["indexUid"], task["body"])
            task["status"] = "succeeded"
        except Refused as error:
            task["status"], task["error"] = "failed", error.body

    def _change(self, type: str, uid: str, body: Any) -> None:
        if type == "indexCreation":
            if uid in self.indexes:
                raise Refused(409, "index_already_exists")
            self.indexes[uid] = Index(uid, body["primaryKey"])
        elif type == "settingsUpdate":
            self._index(uid).settings.update(body)
        elif type == "documentAdditionOrUpdate":
            self._index(uid).documents.update({document["id"]: document for document in body})
        elif body is None:
            self._index(uid).documents.clear()
        else:
            for id in body:
                self._index(uid).documents.pop(id, None)


@contextmanager
def serving(fake: FakeMeilisearch) -> Iterator[FakeMeilisearch]:
    """Serve `fake` on a free port of this machine while the block runs; `fake.url` is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            try:
                status, answer = fake.answer(self.command, self.path, body, self.headers.get("authorization"))
            except Refused as error:
                status, answer = error.status, error.body
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)
            self.wfile.flush()

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _as_text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def _count(name: str, documents: list[dict[str, Any]]) -> dict[str, int]:
    """Values in any case count as one, and are shown as one of them was written."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for document in documents:
        value = document.get(name)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                counts[str(item).lower()] += 1
                shown.setdefault(str(item).lower(), str(item))
    return {shown[key]: count for key, count in counts.items()}
