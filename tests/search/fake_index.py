"""One index of the small Meilisearch: its documents, its settings, and what it finds."""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.search.fake_filters import BadFilter, matches

_TIME = "2026-11-23T08:00:00Z"
_QUERY_PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_ID = re.compile(r"[A-Za-z0-9_-]{1,511}")
_RULES = ["words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness"]
DEFAULTS: dict[str, Any] = {
    "displayedAttributes": ["*"],
    "searchableAttributes": ["*"],
    "filterableAttributes": [],
    "sortableAttributes": [],
    "rankingRules": _RULES,
    "stopWords": [],
    "nonSeparatorTokens": [],
    "separatorTokens": [],
    "dictionary": [],
    "synonyms": {},
    "distinctAttribute": None,
    "proximityPrecision": "byWord",
    "typoTolerance": {"enabled": True},
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "alpha"}},
    "pagination": {"maxTotalHits": 1000},
    "searchCutoffMs": None,
    "localizedAttributes": None,
    "facetSearch": True,
    "prefixSearch": "indexingTime",
}


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, type: str = "invalid_request") -> None:
        self.status = status
        self.body = {"message": code, "code": code, "type": type, "link": f"https://docs.meilisearch.com/errors#{code}"}
        super().__init__(code)


class Index:
    """Documents by id, and settings."""

    def __init__(self, uid: str, primary_key: str | None) -> None:
        self.uid, self.primary_key = uid, primary_key
        self.documents: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = copy.deepcopy(DEFAULTS)
        self.processing_ms = 1

    @property
    def info(self) -> dict[str, Any]:
        return {"uid": self.uid, "primaryKey": self.primary_key, "createdAt": _TIME, "updatedAt": _TIME}

    @property
    def features(self) -> dict[str, dict[str, bool]]:
        """What each filterable attribute may be filtered by: all in the short form, equality in the long one."""
        allowed: dict[str, dict[str, bool]] = {}
        for rule in self.settings["filterableAttributes"]:
            if isinstance(rule, str):
                allowed[rule] = {"equality": True, "comparison": True, "facetSearch": True}
            else:
                features = rule.get("features") or {}
                filter = {"equality": True, "comparison": False} | (features.get("filter") or {})
                search = {"facetSearch": bool(features.get("facetSearch"))}
                allowed |= dict.fromkeys(rule["attributePatterns"], filter | search)
        return allowed

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Take over settings; null sets one back."""
        for name, value in settings.items():
            if name not in DEFAULTS:
                raise Refused(400, "bad_request")
            default = DEFAULTS[name]
            if value is None:
                self.settings[name] = copy.deepcopy(default)
            elif isinstance(default, dict) and name != "synonyms":
                self.settings[name] = {**self.settings[name], **value}
            else:
                self.settings[name] = value

    def put(self, documents: Iterable[Mapping[str, Any]], *, merge: bool = False, create: bool = True) -> None:
        """Insert or replace, or `merge`; all or none."""
        documents = [dict(document) for document in documents]
        for document in documents:
            if self.primary_key is None:
                self.primary_key = "id"
            if self.primary_key not in document:
                raise Refused(400, "missing_document_id")
            if not _ID.fullmatch(str(document[self.primary_key])):
                raise Refused(400, "invalid_document_id")
        for document in documents:
            id = str(document[str(self.primary_key)])
            if create or id in self.documents:
                self.documents[id] = {**self.documents.get(id, {}), **document} if merge else document

    def drop(self, ids: Iterable[Any]) -> None:
        """Forget documents; unknown ids are fine."""
        for id in ids:
            self.documents.pop(str(id), None)

    def filtered(self, filter: Any, code: str) -> list[dict[str, Any]]:
        """The documents that pass `filter`."""
        try:
            matches(filter, {}, self.features)
            return [document for document in self.documents.values() if matches(filter, document, self.features)]
        except BadFilter as error:
            raise Refused(400, code) from error

    def tokens(self, text: str) -> list[str]:
        """Chinese in single characters: the worst that the real tokenizer does."""
        known = sorted(self.settings["dictionary"], key=len, reverse=True)
        pattern = "|".join([*map(re.escape, known), "[\u3400-\u9fff]", "[^\\W_\u3400-\u9fff]+"])
        return re.findall(pattern, text.lower())

    def search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a search."""
        facets = body.get("facets") or []
        if any(name not in self.features and name != "*" for name in facets):
            raise Refused(400, "invalid_search_facets")
        found = self.found(body)
        offset, limit = body.get("offset", 0), body.get("limit", 20)
        most = self.settings["pagination"]["maxTotalHits"]
        counted = {name: _count(name, found) for name in facets}
        return {
            "hits": [self._shown(document, body) for document in found[:most][offset : offset + limit]],
            "query": body.get("q") or "",
            "processingTimeMs": self.processing_ms,
            "offset": offset,
            "limit": limit,
            "estimatedTotalHits": min(len(found), most),
            **({"facetDistribution": counted, "facetStats": {}} if facets else {}),
        }

    def found(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All that matches, in order."""
        sort = [rule.split(":") for rule in body.get("sort") or []]
        if any(name not in self.settings["sortableAttributes"] for name, _ in sort):
            raise Refused(400, "invalid_search_sort")
        filtered = self.filtered(body.get("filter"), "invalid_search_filter")
        found = [document for document in filtered if self._matches(document, body.get("q") or "")]
        for name, direction in reversed(sort):
            known = [document for document in found if document.get(name) is not None]
            known.sort(key=lambda document, name=name: document[name], reverse=direction == "desc")
            found = known + [document for document in found if document.get(name) is None]
        return found

    def facet_search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a facet that begin with what was typed."""
        name, typed = body.get("facetName"), (body.get("facetQuery") or "").lower()
        if not self.settings["facetSearch"] or not self.features.get(str(name), {}).get("facetSearch"):
            raise Refused(400, "invalid_facet_search_facet_name")
        counts = _count(str(name), self.found(body))
        hits = [{"value": value, "count": count} for value, count in sorted(counts.items())]
        found = [hit for hit in hits if any(word.startswith(typed) for word in str(hit["value"]).lower().split())]
        return {"facetHits": found[:100], "facetQuery": body.get("facetQuery"), "processingTimeMs": 1}

    def _searched(self, document: Mapping[str, Any]) -> list[str]:
        names = self.settings["searchableAttributes"]
        return [_as_text(document.get(name)) for name in (document if names == ["*"] else names)]

    def _matches(self, document: Mapping[str, Any], q: str) -> bool:
        texts = [self.tokens(text) for text in self._searched(document)]
        return all(self._contains(texts, *part) for part in _QUERY_PART.findall(q))

    def _contains(self, texts: list[list[str]], minus: str, phrase: str, word: str) -> bool:
        if not minus and word:
            return all(any(token in text for text in texts) for token in self.tokens(word))
        tokens = self.tokens(phrase or word)
        if minus and word:
            # As Meilisearch does: only the first token is excluded, and the rest is required.
            return not any(tokens[:1] == [token] for text in texts for token in text) and self._contains(
                texts, "", "", " ".join(tokens[1:])
            )
        found = any(
            text[start : start + len(tokens)] == tokens
            for text in texts
            for start in range(len(text) - len(tokens) + 1)
        )
        return found != bool(minus)

    def _shown(self, document: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        displayed, wanted = self.settings["displayedAttributes"], body.get("attributesToRetrieve") or ["*"]
        shown = {
            name: value
            for name, value in document.items()
            if (displayed == ["*"] or name in displayed) and (wanted == ["*"] or name in wanted)
        }
        if marked := body.get("attributesToHighlight"):
            mark = self._marker(body)
            shown["_formatted"] = {
                name: mark(value) if isinstance(value, str) and (name in marked or marked == ["*"]) else value
                for name, value in shown.items()
            }
        return shown

    def _marker(self, body: Mapping[str, Any]) -> Callable[[str], str]:
        before, after = body.get("highlightPreTag", "<em>"), body.get("highlightPostTag", "</em>")
        parts = [phrase or word for minus, phrase, word in _QUERY_PART.findall(body.get("q") or "") if not minus]
        pattern = "|".join(re.escape(token) for part in parts for token in self.tokens(part))

        def mark(text: str) -> str:
            return re.sub(pattern, lambda m: f"{before}{m[0]}{after}", text, flags=re.IGNORECASE) if pattern else text

        return mark


def _as_text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


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
