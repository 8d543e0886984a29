"""XML feeds in Indeed's shape: `<source><job><title>…`. Read piece by piece, one job in memory at a time.

What declares a document type is refused: entities, which can grow without bound or lead elsewhere, live only there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.parsers import expat

from app.inbound import words
from app.inbound.listing import Listing, NotAFeed, read_items
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush

DEEPEST = 16
LONGEST_TEXT = 300_000
MOST_FIELDS = 100
# expat reads what does not end anew with each piece: 20 MB of one comment took 22 s in pieces of 64 kB, and 2 in these.
_CHUNK = 1024 * 1024
# expat knows neither; feeds made in China use them.
_CHINESE = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding=["'](gb2312|gbk|gb18030)["']""", re.IGNORECASE)
_PAY = re.compile(
    r"([A-Z]{3}|[¥￥$€£])?\s*(\d[\d,]*(?:\.\d+)?)\s*([kK千万]?)\s*(?:-|–|—|to|至|~)\s*"
    r"(?:[A-Z]{3}|[¥￥$€£])?\s*(\d[\d,]*(?:\.\d+)?)\s*([kK千万]?)\D{0,12}?(hour|day|week|month|year|annum|小时|天|日|周|月|年)"
)
_SIGNS = {"¥": "CNY", "￥": "CNY", "$": "USD", "€": "EUR", "£": "GBP", "": "CNY"}
_UNITS = {"": 1.0, "k": 1e3, "K": 1e3, "千": 1e3, "万": 1e4}
_PERIODS = {"annum": "year", "小时": "hour", "天": "day", "日": "day", "周": "week", "月": "month", "年": "year"}


def read(body: bytes, *, url: str, mapping: WordMapping) -> Listing:
    """What an XML feed lists. A feed that breaks off gives what came before, and is not complete."""
    records = elements(body, "job")
    trouble: list[NotAFeed] = []

    def until_trouble() -> Iterator[Mapping[str, str]]:
        try:
            yield from records
        except NotAFeed as error:
            trouble.append(error)

    listing = read_items(until_trouble(), id_of=_id, read=lambda item: _job(item, mapping))
    if trouble:
        if not listing.listed:
            raise trouble[0]
        listing.trouble(None, trouble[0])
    return listing


def elements(body: bytes, name: str) -> Iterator[dict[str, str]]:
    """The texts of the children of each element `name`, in order; raises NotAFeed for what is no safe XML."""
    if found := _CHINESE.match(body):
        body = body.decode(found[1].decode(), "replace").encode()
    parser = expat.ParserCreate("utf-8" if found else None)
    collector = _Collector(name.lower())
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.StartDoctypeDeclHandler = _refuse("declares a document type")
    parser.EntityDeclHandler = _refuse("declares an entity")
    parser.ExternalEntityRefHandler = _refuse("refers to an entity elsewhere")
    for start in range(0, max(len(body), 1), _CHUNK):
        try:
            parser.Parse(body[start : start + _CHUNK], start + _CHUNK >= len(body))
        except expat.ExpatError as error:
            yield from collector.take()
            raise NotAFeed(f"The feed is not XML: {error}") from None
        yield from collector.take()
    if not collector.any_element:
        raise NotAFeed("The feed is not XML")


class _Collector:
    """Hears the parser, and keeps the fields of one element at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[str] = []
        self._inside = 0
        self._fields: dict[str, str] = {}
        self._pieces: list[str] = []
        self._length = 0
        self._done: list[dict[str, str]] = []
        self.any_element = False

    def take(self) -> list[dict[str, str]]:
        done, self._done = self._done, []
        return done

    def start(self, name: str, _: object) -> None:
        if not self.any_element and name.lower() == "html":
            raise NotAFeed("What is at this address is a page, not a feed")
        self.any_element = True
        self._path.append(name.rpartition(":")[2].lower())
        if len(self._path) > DEEPEST:
            raise NotAFeed(f"The feed is nested deeper than {DEEPEST}")
        if not self._inside and self._path[-1] == self._name:
            self._inside, self._fields = len(self._path), {}
        elif self._inside and len(self._path) == self._inside + 1:
            self._pieces, self._length = [], 0

    def text(self, piece: str) -> None:
        if self._inside and len(self._path) > self._inside:
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                raise NotAFeed(f"An element of the feed has more than {LONGEST_TEXT} characters")
            self._pieces.append(piece)

    def end(self, _: str) -> None:
        depth = len(self._path)
        name = self._path.pop()
        if self._inside and depth == self._inside:
            self._done.append(self._fields)
            self._inside = 0
        elif self._inside and depth == self._inside + 1 and len(self._fields) < MOST_FIELDS:
            self._fields.setdefault(name, "".join(self._pieces).strip())


def _refuse(what: str) -> Callable[..., Any]:
    def refuse(*_: object) -> None:
        raise NotAFeed(f"The feed {what}, which is not read")

    return refuse


def _id(item: Mapping[str, Any]) -> object:
    return item.get("referencenumber") or item.get("requisitionid") or item.get("id")


def _job(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    place = {name: item[ours][:60] for name, ours in _PLACE.items() if item.get(ours)}
    remote = item.get("remotetype", "")
    fields = {
        "title": item.get("title"),
        "description_html": words.unescaped(item.get("description")),
        "locations": [place] if place else None,
        "employment_type": item.get("jobtype"),
        "workplace_type": "hybrid" if "hybrid" in remote.lower() else "remote" if remote else None,
        "salary": _salary(item.get("salary", "")),
        "apply_url": item.get("url") or None,
        "valid_through": words.last_day(item.get("expirationdate")),
    }
    names = {"external_id": "referencenumber", "description_html": "description", "locations": "city"}
    return build(_id(item), fields, item=item, names=names, mapping=mapping, live=True)


_PLACE = {"city": "city", "region": "state", "country": "country"}


def _salary(text: str) -> dict[str, Any] | None:
    found = _PAY.search(text[:200])
    if not found:
        return None
    sign, low, low_unit, high, high_unit, period = found.groups()
    least, most = (float(number.replace(",", "")) for number in (low, high))
    return words.salary(
        currency=_SIGNS.get(sign or "", sign),
        low=least * _UNITS[low_unit or high_unit],
        high=most * _UNITS[high_unit],
        per=_PERIODS.get(period, period),
    )
