"""Read a whole feed: its document, the pages that follow, and what it links to, within one deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.inbound import json_ld, xml_feed
from app.inbound.boards import READERS as BOARDS
from app.inbound.fetching import MOST_BYTES, FetchFailed, FetchRefused, fetch
from app.inbound.listing import MOST_LINKS, Listing, NotAFeed, Reader
from app.inbound.schemas import Mapping as WordMapping
from app.kit.errors import Invalid, WeizhiError
from app.kit.outward import Outward

READERS: Mapping[str, Reader] = {**BOARDS, "xml": xml_feed.read, "json_ld": json_ld.read}
WHOLE_SECONDS = 60.0
MOST_PAGES = 20
_LINKED_BYTES = 2 * 1024 * 1024
_LINKED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed lists now, and by what to ask whether it changed. `listing` is None when it did not."""

    listing: Listing | None
    etag: str | None = None
    last_modified: str | None = None
    bytes: int = 0


async def read_feed(
    outward: Outward, *, kind: str, url: str, mapping: WordMapping, etag: str | None, last_modified: str | None
) -> Feed:
    """Fetch and read a feed. Raises FetchFailed, FetchRefused, NotAFeed, NotJson."""
    asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {name: value for name, value in asked.items() if value}
    reader = READERS[kind]
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            first = await fetch(outward, url, headers=headers)
            if first.status == 304:
                return Feed(None, etag, last_modified)
            if first.status != 200:
                raise FetchRefused(f"The source answered {first.status}")
            # What takes long to read must not hold up everything else the worker does.
            listing = await asyncio.to_thread(reader, first.body, url=first.url, mapping=mapping)
            size = len(first.body) + await _follow(outward, reader, listing, first.url, mapping)
    except TimeoutError:
        raise FetchFailed(f"The feed was not read within {WHOLE_SECONDS:g} s") from None
    kept = {name: first.headers.get(name, "")[:500] or None for name in ("etag", "last-modified")}
    # A page that did not change says nothing about those that it leads to.
    alone = not listing.links and not listing.next_url
    return Feed(listing, kept["etag"] if alone else None, kept["last-modified"] if alone else None, size)


async def _follow(outward: Outward, reader: Reader, listing: Listing, url: str, mapping: WordMapping) -> int:
    """Add to `listing` what its pages and links hold; how many bytes those were."""
    size, next_url, links = 0, listing.next_url, list(listing.links)
    for _ in range(MOST_PAGES):
        if next_url is None:
            break
        page = await fetch(outward, next_url, headers={})
        if page.status != 200:
            raise FetchRefused(f"A page of the feed answered {page.status}")
        size += len(page.body)
        if size > MOST_BYTES:
            raise FetchRefused(f"The feed has more than {MOST_BYTES} bytes")
        found = await asyncio.to_thread(reader, page.body, url=page.url, mapping=mapping)
        links += found.links
        listing.merge(found)
        next_url = found.next_url
    if next_url is not None:
        listing.trouble(None, Invalid(f"The feed has more than {MOST_PAGES} pages; the rest is not read"))
    return size + await _follow_links(outward, reader, listing, links, url, mapping)


async def _follow_links(
    outward: Outward, reader: Reader, listing: Listing, links: list[str], url: str, mapping: WordMapping
) -> int:
    host = urlsplit(url).netloc
    own = [link for link in dict.fromkeys(links) if urlsplit(link).netloc == host]
    if len(own) < len(set(links)):
        listing.trouble(None, Invalid("The feed leads to another host, which is not read"))
    if len(own) > MOST_LINKS:
        listing.trouble(None, Invalid(f"The feed leads to more than {MOST_LINKS} documents; the rest is not read"))
    room, size = asyncio.Semaphore(_LINKED_AT_ONCE), 0

    async def read_one(link: str) -> tuple[Listing | WeizhiError | None, int]:
        async with room:
            try:
                page = await fetch(outward, link, headers={}, most_bytes=_LINKED_BYTES)
                if page.status != 200:
                    # Gone since the feed was written.
                    return None, 0
                found = await asyncio.to_thread(reader, page.body, url=page.url, mapping=mapping)
            except NotAFeed:
                return None, 0
            except WeizhiError as error:
                return error, 0
            return found, len(page.body)

    for found, bytes in await asyncio.gather(*(read_one(link) for link in own[:MOST_LINKS])):
        size += bytes
        if isinstance(found, Listing):
            listing.merge(found)
        elif found is not None:
            listing.trouble(None, found)
    return size
