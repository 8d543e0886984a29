"""What is inside a post's text: addresses, topics (`#话题#` and `#tag`), mentions; and its HTML.

Topics are Weibo's `#…#` (may hold spaces inside) and Mastodon's `#tag` (letters, digits, underscore, at
least one of them not a digit). In Chinese text nothing separates words, so a `#tag` runs to the next
character that cannot be in one.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import quote

LONGEST = 2000
URL_COUNTS = 23
LONGEST_TAG = 100

_URL = r"""https?://[^\s<>"'`\u3000-\u303f\uff00-\uffef]+"""
_TOPIC = r"#[^\s#@<>](?:[^#@<>\r\n]{0,98}[^\s#@<>，、；,;])?#"
_TAG = r"(?<![\w/&])#\w{1,100}"
# Chinese runs straight into a mention; only what could be an e-mail address or a path does not.
_MENTION = r"(?<![A-Za-z0-9_./@])@[A-Za-z0-9_]{1,30}(?![A-Za-z0-9_]|@)"
_ENTITY = re.compile(f"(?P<url>{_URL})|(?P<topic>{_TOPIC})|(?P<tag>{_TAG})|(?P<mention>{_MENTION})")
_TRAILING = """.,:;!?'"…)]}"""


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of the text. `value` is the address, the topic without `#`, or the name without `@`."""

    kind: Literal["url", "tag", "mention"]
    start: int
    end: int
    value: str


def entities(text: str) -> list[Entity]:
    """Addresses, topics and mentions in order, not overlapping. Takes time linear in the text."""
    found, position = [], 0
    while match := _ENTITY.search(text, position):
        entity = _entity(match)
        if entity:
            found.append(entity)
        position = entity.end if entity else match.start() + 1
    return found


def _entity(match: re.Match[str]) -> Entity | None:
    kind, start, raw = match.lastgroup, match.start(), match[0]
    if kind == "url":
        url = _without_trailing_punctuation(raw)
        return Entity("url", start, start + len(url), url) if len(url) > len("https://") else None
    if kind == "topic":
        # `#a #b` and `#a、#b` are two tags, not a topic between two hashes; `#话 题#` is one topic.
        return Entity("tag", start, match.end(), raw[1:-1])
    if kind == "tag":
        name = raw[1:]
        return (
            None if name.replace("_", "").isdigit() or not name.strip("_") else Entity("tag", start, match.end(), name)
        )
    return Entity("mention", start, match.end(), raw[1:])


def _without_trailing_punctuation(url: str) -> str:
    stripped = url.rstrip(_TRAILING)
    # A closing bracket belongs to the address when the address opened it.
    rest = url[len(stripped) :]
    if rest.startswith(")") and stripped.count("(") > stripped.count(")"):
        return stripped + ")"
    return stripped


def tags(text: str) -> list[str]:
    """Topics in order, each once whatever its case, as first written."""
    seen: dict[str, str] = {}
    for entity in entities(text):
        if entity.kind == "tag":
            seen.setdefault(fold_tag(entity.value), entity.value)
    return list(seen.values())


def fold_tag(tag: str) -> str:
    """The form in which a topic is compared and stored: full width or half, upper case or lower, it is one."""
    return unicodedata.normalize("NFKC", tag).casefold()


def mentions(text: str) -> list[str]:
    """Names mentioned, in order, each once whatever its case."""
    seen: dict[str, str] = {}
    for entity in entities(text):
        if entity.kind == "mention":
            seen.setdefault(entity.value.lower(), entity.value)
    return list(seen.values())


def characters(text: str) -> int:
    """How many characters a person would say the text has."""
    return len(text)


def length(text: str) -> int:
    """How many characters a person would say the text has: every address counts 23."""
    addresses = [entity for entity in entities(text) if entity.kind == "url"]
    return len(text) + sum(URL_COUNTS - (entity.end - entity.start) for entity in addresses)


def to_html(text: str, *, site_url: str, mentioned: Mapping[str, str]) -> str:
    """The text as Mastodon's HTML: paragraphs, links, topics, and mentions of those in `mentioned`.

    `mentioned` gives the address by lower-case name; other names stay plain text. Everything is escaped.
    """
    pieces, position = [], 0
    for entity in entities(text):
        pieces += [escape(text[position : entity.start]), _link(text, entity, site_url, mentioned)]
        position = entity.end
    pieces.append(escape(text[position:]))
    return _paragraphs("".join(pieces))


def line_to_html(text: str, *, site_url: str) -> str:
    """One line as HTML with links and topics, without a paragraph around it."""
    return to_html(" ".join(text.split()), site_url=site_url, mentioned={}).removeprefix("<p>").removesuffix("</p>")


def _link(text: str, entity: Entity, site_url: str, mentioned: Mapping[str, str]) -> str:
    raw, value = escape(text[entity.start : entity.end]), escape(entity.value)
    if entity.kind == "url":
        shown = escape(_shortened(entity.value))
        return f'<a href="{raw}" target="_blank" rel="nofollow noopener noreferrer" translate="no">{shown}</a>'
    if entity.kind == "tag":
        closing = "#" if text[entity.end - 1] == "#" else ""
        target = f"{site_url}/tags/{quote(entity.value, safe='')}"
        return f'<a href="{target}" class="mention hashtag" rel="tag">#<span>{value}</span>{closing}</a>'
    address = mentioned.get(entity.value.lower())
    if address is None:
        return raw
    return (
        f'<span class="h-card" translate="no"><a href="{escape(address)}" class="u-url mention">'
        f"@<span>{value}</span></a></span>"
    )


def _shortened(url: str) -> str:
    shown = re.sub(r"^https?://(www\.)?", "", url)
    return shown if len(shown) <= 30 else f"{shown[:30]}…"


def _paragraphs(html: str) -> str:
    blocks = [block.strip("\n") for block in re.split(r"\n{2,}", html.replace("\r\n", "\n").strip("\n"))]
    return "".join(f"<p>{block}</p>".replace("\n", "<br />") for block in blocks if block)
