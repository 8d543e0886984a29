"""A small Meilisearch over real HTTP: the calls and the semantics that our adapter relies on, held against the real
one by `test_contract.py`.

Tasks are queued and carried out in order when somebody asks for one, so an adapter that does not wait finds nothing.
Relevance and typos are not imitated: no test may count on them.
"""

import json
import re
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.search.fake_index import Index, Refused

__all__ = ["FakeMeilisearch", "Index", "Refused", "serving"]

_TIME = "2026-11-23T08:00:00Z"
_UID = re.compile(r"[A-Za-z0-9_-]{1,400}")


class FakeMeilisearch:
    """The server's state. `refuse_next` answers coming requests, `fail_next` fails coming tasks, in order.

    `forget_next`: the next task is taken and lost. `poison`: tasks with a document of such an id fail. `paused`: no
    task is carried out. `latency_seconds` pass before one may be, `slow_seconds` before any answer. `down`: no answer.
    """

    def __init__(self, key: str | None = None, *, payload_limit: int = 100 * 1024 * 1024) -> None:
        self.keys: dict[str, list[str]] = {key: ["*"]} if key else {}
        self.payload_limit = payload_limit
        self.refuse_next: list[Refused] = []
        self.fail_next: list[Refused] = []
        self.poison: set[str] = set()
        self.paused = self.down = self.forget_next = False
        self.latency_seconds = self.slow_seconds = 0.0
        self.requests: list[tuple[str, Any]] = []
        self.url = ""
        self._lock = threading.Lock()
        self.wipe()

    def wipe(self) -> None:
        """Lose everything, as a server that came back with an empty disk."""
        self.indexes: dict[str, Index] = {}
        self.tasks: list[dict[str, Any]] = []

    def answer(self, method: str, target: str, body: Any, authorization: str | None) -> tuple[int, Any]:
        """One request: its status and body."""
        if self.slow_seconds:
            time.sleep(self.slow_seconds)
        url = urlsplit(target)
        parts = url.path.strip("/").split("/")
        with self._lock:
            self.requests.append((f"{method} {url.path}", body))
            if self.refuse_next:
                raise self.refuse_next.pop(0)
            if parts == ["health"]:
                return 200, {"status": "available"}
            self._authorize(authorization, _action(method, parts))
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            return self._route(method, parts, query, body)

    def _authorize(self, authorization: str | None, action: str) -> None:
        if not self.keys:
            return
        if authorization is None:
            raise Refused(401, "missing_authorization_header", "auth")
        actions = self.keys.get(authorization.removeprefix("Bearer "), [])
        if not {"*", action, f"{action.split('.')[0]}.*"} & {*actions}:
            raise Refused(403, "invalid_api_key", "auth")

    def _route(self, method: str, parts: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, parts:
            case "GET", ["version"]:
                return 200, {"commitSha": "fake", "commitDate": "fake", "pkgVersion": "1.50.0"}
            case "GET", ["stats"]:
                return 200, {
                    "databaseSize": 1,
                    "lastUpdate": None,
                    "indexes": {u: self._stats(u) for u in self.indexes},
                }
            case "POST", ["keys"]:
                key = secrets.token_hex(16)
                self.keys[key] = body["actions"]
                return 201, {**body, "key": key, "uid": key}
            case "DELETE", ["keys", uid]:
                self.keys.pop(uid, None)
                return 204, None
            case "POST", ["swap-indexes"]:
                return self._enqueue("indexSwap", None, body)
            case "POST", ["multi-search"]:
                answers = [
                    {"indexUid": one["indexUid"], **self._index(one["indexUid"]).search(one)} for one in body["queries"]
                ]
                return 200, {"results": answers}
            case _, ["tasks", *rest]:
                return self._tasks(method, rest, query)
            case _, ["indexes", *rest]:
                return self._indexes(method, rest, query, body)
        raise Refused(404, "not_found")

    def _tasks(self, method: str, rest: list[str], query: dict[str, str]) -> tuple[int, Any]:
        self._carry_out_due()
        match method, rest:
            case "GET", []:
                wanted = [task for task in self.tasks[::-1] if _wanted(task, query)]
                shown = wanted[: int(query.get("limit", 20))]
                return 200, {"results": [_shown(task) for task in shown], "total": len(wanted), "limit": 20}
            case "GET", [number] if number.isdigit() and int(number) < len(self.tasks):
                return 200, _shown(self.tasks[int(number)])
        raise Refused(404, "task_not_found")

    def _indexes(self, method: str, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                found = [index.info for index in self.indexes.values()]
                return 200, {"results": found, "offset": 0, "limit": 20, "total": len(found)}
            case "POST", []:
                if not _UID.fullmatch(body["uid"]):
                    raise Refused(400, "invalid_index_uid")
                return self._enqueue("indexCreation", body["uid"], body)
            case "GET", [uid]:
                return 200, self._index(uid).info
            case "DELETE", [uid]:
                return self._enqueue("indexDeletion", uid, None)
            case "GET", [uid, "stats"]:
                return 200, self._stats(uid)
            case "GET", [uid, "settings"]:
                return 200, self._index(uid).settings
            case "PATCH", [uid, "settings"]:
                return self._enqueue("settingsUpdate", uid, body)
            case "DELETE", [uid, "settings"]:
                return self._enqueue("settingsUpdate", uid, dict.fromkeys(self._index(uid).settings))
            case "POST", [uid, "search"]:
                return 200, self._index(uid).search(body)
            case "POST", [uid, "facet-search"]:
                return 200, self._index(uid).facet_search(body)
            case _, [uid, "documents", *tail]:
                return self._documents(method, uid, tail, query, body)
        raise Refused(404, "not_found")

    def _documents(self, method: str, uid: str, tail: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        match method, tail:
            case "POST" | "PUT", []:
                put = {"documents": body if isinstance(body, list) else [body], "merge": method == "PUT"}
                put |= {"create": query.get("skipCreation") != "true", "primaryKey": query.get("primaryKey")}
                return self._enqueue("documentAdditionOrUpdate", uid, put)
            case "POST", ["delete-batch"]:
                return self._enqueue("documentDeletion", uid, {"ids": body})
            case "POST", ["delete"]:
                self._check_syntax(body["filter"])
                return self._enqueue("documentDeletion", uid, body)
            case "DELETE", [*ids]:
                return self._enqueue("documentDeletion", uid, {"ids": ids} if ids else {})
            case "GET", [id]:
                document = self._index(uid).documents.get(id)
                if document is None:
                    raise Refused(404, "document_not_found")
                return 200, document
            case "POST", ["fetch"]:
                return 200, self._fetch(uid, body)
            case "GET", []:
                return 200, self._fetch(
                    uid, {"limit": int(query.get("limit", 20)), "offset": int(query.get("offset", 0))}
                )
        raise Refused(404, "not_found")

    def _fetch(self, uid: str, body: dict[str, Any]) -> dict[str, Any]:
        found = self._index(uid).filtered(body.get("filter"), "invalid_document_filter")
        if "ids" in body:
            found = [document for document in found if str(document.get("id")) in {*map(str, body["ids"])}]
        offset, limit = body.get("offset", 0), body.get("limit", 20)
        fields = body.get("fields") or ["*"]
        results = [
            {n: v for n, v in one.items() if fields == ["*"] or n in fields} for one in found[offset : offset + limit]
        ]
        return {"results": results, "offset": offset, "limit": limit, "total": len(found)}

    def _check_syntax(self, filter: Any) -> None:
        """Bad syntax is told at once; an attribute that may not be filtered by, only by the task."""
        anything = Index("syntax", "id")
        names = re.findall(r"\w+", json.dumps(filter))
        anything.settings["filterableAttributes"] = names
        anything.filtered(filter, "invalid_document_filter")

    def _index(self, uid: str) -> Index:
        if uid not in self.indexes:
            raise Refused(404, "index_not_found")
        return self.indexes[uid]

    def _stats(self, uid: str) -> dict[str, Any]:
        number = len(self._index(uid).documents)
        return {"numberOfDocuments": number, "isIndexing": False, "fieldDistribution": {}}

    def _enqueue(self, type: str, uid: str | None, body: Any) -> tuple[int, Any]:
        summary = {"indexUid": uid, "status": "enqueued", "type": type, "enqueuedAt": _TIME}
        number = len(self.tasks)
        due = time.monotonic() + self.latency_seconds
        if self.forget_next:
            self.forget_next = False
            return 202, {"taskUid": number + 1_000_000, **summary}
        self.tasks.append({"uid": number, **summary, "error": None, "body": body, "due": due})
        return 202, {"taskUid": number, **summary}

    def _carry_out_due(self) -> None:
        for task in self.tasks:
            if task["status"] == "enqueued":
                if self.paused or task["due"] > time.monotonic():
                    return
                self._carry_out(task)

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
            self.indexes[uid] = Index(uid, body.get("primaryKey"))
        elif type == "indexDeletion":
            self.indexes.pop(self._index(uid).uid)
        elif type == "indexSwap":
            self._swap([pair["indexes"] for pair in body])
        elif type == "settingsUpdate":
            self.indexes.setdefault(uid, Index(uid, None)).configure(body)
        elif type == "documentAdditionOrUpdate":
            if self.poison & {str(document.get("id")) for document in body["documents"]}:
                raise Refused(400, "invalid_document_geo_field")
            index = self.indexes.setdefault(uid, Index(uid, body["primaryKey"]))
            index.put(body["documents"], merge=body["merge"], create=body["create"])
        elif "ids" in body:
            self._index(uid).drop(body["ids"])
        elif "filter" in body:
            index = self._index(uid)
            index.drop(
                [one[str(index.primary_key)] for one in index.filtered(body["filter"], "invalid_document_filter")]
            )
        else:
            self._index(uid).documents.clear()

    def _swap(self, pairs: list[list[str]]) -> None:
        if any(uid not in self.indexes for pair in pairs for uid in pair):
            raise Refused(400, "index_not_found")
        for one, other in pairs:
            first, second = self.indexes[other], self.indexes[one]
            first.uid, second.uid = one, other
            self.indexes |= {one: first, other: second}


def _action(method: str, parts: list[str]) -> str:
    if parts[-1] in ("search", "multi-search", "facet-search"):
        return "search"
    if parts[-1] == "stats":
        return "stats.get"
    if parts[:1] == ["swap-indexes"]:
        return "indexes.swap"
    noun = next((noun for noun in ("documents", "settings", "tasks", "keys") if noun in parts), "indexes")
    verb = {"GET": "get", "POST": "add", "PUT": "add", "PATCH": "update", "DELETE": "delete"}[method]
    return f"{noun}.{'create' if noun == 'indexes' and method == 'POST' else verb}"


def _wanted(task: dict[str, Any], query: dict[str, str]) -> bool:
    return all(
        str(task[field]) in query[name].split(",")
        for name, field in (("uids", "uid"), ("statuses", "status"), ("indexUids", "indexUid"), ("types", "type"))
        if name in query
    )


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in task.items() if name not in ("body", "due")}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeMeilisearch
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length) if length else b""
        if self.fake.down:
            self.close_connection = True
            return
        try:
            status, answer = self.fake.answer(
                self.command, self.path, self._body(raw), self.headers.get("authorization")
            )
        except Refused as error:
            status, answer = error.status, error.body
        payload = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if status == 503:
            self.send_header("Retry-After", "10")
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def _body(self, raw: bytes) -> Any:
        if not raw:
            return None
        if len(raw) > self.fake.payload_limit:
            raise Refused(413, "payload_too_large")
        if "application/json" not in (self.headers.get("content-type") or ""):
            raise Refused(415, "invalid_content_type")
        try:
            return json.loads(raw)
        except ValueError as error:
            raise Refused(400, "malformed_payload") from error

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def server_for(fake: FakeMeilisearch, port: int = 0) -> ThreadingHTTPServer:
    """An HTTP server for `fake` on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads, server.block_on_close = True, False
    fake.url = f"http://127.0.0.1:{server.server_port}"
    return server


@contextmanager
def serving(fake: FakeMeilisearch) -> Iterator[FakeMeilisearch]:
    """Serve `fake` on a free port of this machine while the block runs; `fake.url` is its address."""
    server = server_for(fake)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    server_for(FakeMeilisearch(sys.argv[2] if len(sys.argv) > 2 else None), int(sys.argv[1])).serve_forever()
