"""Pages with schema.org JobPosting in JSON-LD, one or many, and sitemaps that lead to such pages."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import orjson

from app.inbound import words, xml_feed
from app.inbound.listing import Listing, NotAFeed, read_items
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush
from app.kit.depth import DEEPEST, depth

MOST_BLOCKS = 200
LONGEST_TAG = 2000
_START = re.compile(r"<!--|<script(?=[\s/>])", re.IGNORECASE)
_END = re.compile(r"</script", re.IGNORECASE)
_TYPE = re.compile(r"""\stype\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)


def read(body: bytes, *, url: str, mapping: WordMapping) -> Listing:
    """The postings on a page, or the pages of a sitemap. Raises NotAFeed where neither is."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<?xml") or start.startswith(b"<urlset"):
        if b"<sitemapindex" in start:
            raise NotAFeed("A sitemap of sitemaps is not read; name the sitemap of the jobs")
        return Listing(links=[urljoin(url, entry["loc"]) for entry in xml_feed.elements(body, "url") if "loc" in entry])
    postings = [found for block in _blocks(body.decode("utf-8", "replace")) for found in _postings(block)]
    if not postings:
        raise NotAFeed("The page holds no JobPosting in JSON-LD")
    return read_items(
        postings, id_of=lambda item: _id(item, url), read=lambda item: _job(item, _id(item, url), url, mapping)
    )


def _blocks(text: str) -> Iterator[Any]:
    """What scripts of type application/ld+json hold. Linear in `text`, whatever a stranger wrote there."""
    found, place = 0, 0
    while found < MOST_BLOCKS and (start := _START.search(text, place)):
        if start[0] == "<!--":
            # One that does not end hides the rest.
            place = text.find("-->", start.end()) + 3
            if place < 3:
                return
            continue
        opened = text.find(">", start.end() - 1, start.end() + LONGEST_TAG)
        if opened < 0:
            place = start.end()
            continue
        ended = _END.search(text, opened)
        if ended is None:
            return
        place = ended.end()
        said = _TYPE.search(text, start.end() - 1, opened)
        if said is None or said[1].strip("\"'").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            block = orjson.loads(text[opened + 1 : ended.start()])
        except orjson.JSONDecodeError:
            # Other blocks of the page may be well.
            continue
        if depth(block) <= DEEPEST:
            found += 1
            yield block


def _postings(block: Any) -> Iterator[Mapping[str, Any]]:
    for one in block if isinstance(block, list) else [block]:
        if not isinstance(one, dict):
            continue
        kinds = one.get("@type")
        named = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(kind, str) and kind.rpartition("/")[2] == "JobPosting" for kind in named):
            yield one
        elif "@graph" in one:
            yield from _postings(one["@graph"])


def _id(item: Mapping[str, Any], url: str) -> object:
    identifier = item.get("identifier")
    if isinstance(identifier, dict):
        identifier = identifier.get("value") or identifier.get("name")
    return identifier or item.get("@id") or item.get("url") or url[-200:]


def _job(item: Mapping[str, Any], id: object, url: str, mapping: WordMapping) -> JobPush:
    remote = item.get("jobLocationType") == "TELECOMMUTE"
    kind = item.get("employmentType")
    fields = {
        "title": item.get("title") or item.get("name"),
        "description_html": words.unescaped(item.get("description")),
        "locations": _places(item.get("jobLocation"))
        or (_places(item.get("applicantLocationRequirements")) if remote else None),
        "workplace_type": "remote" if remote else None,
        "employment_type": kind[0] if isinstance(kind, list) and kind else kind,
        "salary": _salary(item.get("baseSalary")),
        "headcount": _count(item.get("totalJobOpenings")),
        "valid_through": words.last_day(item.get("validThrough")),
        "skills": _skills(item.get("skills")),
        "apply_url": urljoin(url, said) if isinstance(said := item.get("url"), str) and said else url,
    }
    names = {"external_id": "identifier", "description_html": "description", "locations": "jobLocation"}
    return build(
        id,
        fields,
        item=item,
        names={**names, "valid_through": "validThrough", "salary": "baseSalary"},
        mapping=mapping,
        live=True,
        updated_at=words.moment(item.get("dateModified")),
    )


def _places(value: object) -> list[dict[str, Any]] | None:
    found = []
    for one in (value if isinstance(value, list) else [value])[:20]:
        if isinstance(one, str):
            found.append(words.place(one))
        if not isinstance(one, dict):
            continue
        address = one.get("address", one)
        if isinstance(address, str):
            found.append(words.place(address))
        elif isinstance(address, dict):
            found.append(_place(address))
    return [place for place in found if place] or None


def _place(address: Mapping[str, Any]) -> dict[str, Any] | None:
    country = address.get("addressCountry")
    told = {
        "city": address.get("addressLocality"),
        "region": address.get("addressRegion"),
        "country": country.get("name") if isinstance(country, dict) else country,
        "name": address.get("name"),
    }
    longest = {"name": 200}
    return {
        name: value.strip()[: longest.get(name, 60)]
        for name, value in told.items()
        if isinstance(value, str) and value.strip()
    } or None


def _salary(value: object) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("value")
    pay = inner if isinstance(inner, dict) else value
    exact = pay.get("value") if not isinstance(pay.get("value"), dict) else None
    return words.salary(
        currency=value.get("currency") or pay.get("currency"),
        low=pay.get("minValue", exact),
        high=pay.get("maxValue", exact),
        per=pay.get("unitText") or value.get("unitText"),
    )


def _count(value: object) -> int | None:
    found = words.amount(value)
    return found if found is not None and 1 <= found <= 100_000 else None


def _skills(value: object) -> list[str] | None:
    if isinstance(value, str):
        return [part.strip()[:60] for part in value.replace("，", ",").split(",") if part.strip()][:30] or None
    if isinstance(value, list):
        return [part.strip()[:60] for part in value if isinstance(part, str) and part.strip()][:30] or None
    return None
