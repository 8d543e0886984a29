"""What is inside a post's text: addresses, topics (`#话题#` and `#tag`), mentions; and its HTML.

Topics are Weibo's `#…#` (may hold spaces inside) and Mastodon's `#tag` (letters, digits, underscore, at
least one of them not a digit). In Chinese text nothing separates words, so a `#tag` runs to the next
character that cannot be in one. A hash may be full-width.

Mentions are `@username`, `@username@domain`, and `@` with a Chinese display name. Where such a name ends only
the accounts there are can tell (`posts.mentions`): who reads a text passes the `names` that are mentions in it.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

import nh3
import regex

LONGEST = 2000
URL_COUNTS = 23
LONGEST_TAG = 100

_URL = r"""https?://[^\s<>"'`\u3000-\u303f\uff00-\uffef]+"""
# Two hashes with an address between them are no topic.
_TOPIC = r"(?<![/&])[#＃](?![^#＃\r\n]{0,98}://)[^\s#＃@<>](?:[^#＃@<>\r\n]{0,98}[^\s#＃@<>，、；,;])?[#＃]"
_TAG = r"(?<![\w/&])[#＃]\w{1,100}(?!\w)"
# Chinese runs straight into a mention; only what could be an e-mail address or a path does not.
_MENTION = r"(?<![A-Za-z0-9_./@])@(?=[\w·])"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?"
_USERNAME = re.compile(f"(?>[A-Za-z0-9_]{{1,30}}(?:@{_DOMAIN})?)(?![A-Za-z0-9_@])")
_NAME = re.compile(r"[\w·-]{1,30}")
_ENTITY = re.compile(f"(?P<url>{_URL})|(?P<topic>{_TOPIC})|(?P<tag>{_TAG})|(?P<mention>{_MENTION})")
_ADDRESS_OR_MENTION = re.compile(f"(?P<url>{_URL})|(?P<mention>{_MENTION})")
_CHARACTER = regex.compile(r"\X")
# All that we make ourselves. Should anything else ever slip through our escaping, it ends here.
_CLEANER = nh3.Cleaner(
    tags={"a", "br", "p", "span"},
    attributes={"a": {"class", "href", "rel", "target", "translate"}, "span": {"class", "translate"}},
    url_schemes={"http", "https"},
    link_rel=None,
)
_TRAILING = """.,:;!?'"…)]}"""


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of the text. `value` is the address, the topic without `#`, or what follows a mention's `@`."""

    kind: Literal["url", "tag", "mention"]
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Written:
    """What follows an `@`: a username (with `@domain` where one is written), and how far a display name could reach.

    Each may be empty; what is spelled in ASCII alone is no display name.
    """

    username: str
    run: str


_NOTHING = Written("", "")
_NOBODY: Mapping[str, str] = MappingProxyType({})


def entities(text: str, names: Collection[str] = ()) -> list[Entity]:
    """Addresses, topics and mentions in order, not overlapping. Takes time linear in the text.

    `names` are lower-case display names that are mentions here; the longest that fits counts.
    """
    found, position = [], 0
    while match := _ENTITY.search(text, position):
        entity = _entity(text, match, names)
        if entity:
            found.append(entity)
        position = entity.end if entity else match.start() + 1
    return found


def _entity(text: str, match: re.Match[str], names: Collection[str]) -> Entity | None:
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
    who = _named(text, start + 1, names) or _username(text, start + 1)
    return Entity("mention", start, start + 1 + len(who), who) if who else None


def _username(text: str, start: int) -> str | None:
    match = _USERNAME.match(text, start)
    return match[0] if match else None


def _named(text: str, start: int, names: Collection[str]) -> str | None:
    if not names or not (match := _NAME.match(text, start)):
        return None
    return next((prefix for prefix in name_prefixes(match[0]) if prefix.lower() in names), None)


def name_prefixes(run: str) -> list[str]:
    """The beginnings of `run` that may be a display name, the longest first: those that ASCII alone does not spell."""
    return [run[:end] for end in range(len(run), 0, -1) if not run[:end].isascii()]


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


def mentions(text: str) -> list[Written]:
    """What is written after each `@` that may mention somebody, in order, each once whatever its case."""
    seen: dict[tuple[str, str], Written] = {}
    for match in _ADDRESS_OR_MENTION.finditer(text):
        if match.lastgroup != "mention":
            continue
        run = _NAME.match(text, match.end())
        written = Written(_username(text, match.end()) or "", run[0] if run and not run[0].isascii() else "")
        if written != _NOTHING:
            seen.setdefault((written.username.lower(), written.run.lower()), written)
    return list(seen.values())


def characters(text: str) -> int:
    """How many characters a person would say the text has: a letter with its accents is one, a family of emoji too."""
    return len(text) if text.isascii() and "\r" not in text else sum(1 for _ in _CHARACTER.finditer(text))


def length(text: str) -> int:
    """How many `characters` the text counts for: every address 23, a mention without its domain."""
    saved = 0
    for entity in entities(text):
        if entity.kind == "url":
            saved += characters(entity.value) - URL_COUNTS
        elif entity.kind == "mention":
            saved += len(entity.value) - len(entity.value.partition("@")[0])
    return characters(text) - saved


def to_html(text: str, *, site_url: str, mentioned: Mapping[str, str]) -> str:
    """The text as Mastodon's HTML: paragraphs, links, topics, and mentions of those in `mentioned`.

    `mentioned` gives the address by lower-case name, username or display name, as in the text; other names stay
    plain text. Everything is escaped, and what came of it is cleaned once more.
    """
    return _to_html(text, site_url, tuple(sorted(mentioned.items())))


# A post is read many times for each time it is written.
@lru_cache(maxsize=4096)
def _to_html(text: str, site_url: str, mentions: tuple[tuple[str, str], ...]) -> str:
    mentioned = dict(mentions)
    pieces, position = [], 0
    for entity in entities(text, names=mentioned.keys()):
        pieces += [escape(text[position : entity.start]), _link(text, entity, site_url, mentioned)]
        position = entity.end
    pieces.append(escape(text[position:]))
    built = _paragraphs("".join(pieces))
    cleaned = _CLEANER.clean(built)
    # The cleaner writes quotes and breaks in its own way: only what it takes out matters.
    same = cleaned == built.replace("&quot;", '"').replace("&#x27;", "'").replace("<br />", "<br>")
    return built if same else cleaned.replace("<br>", "<br />")


def line_to_html(text: str, *, site_url: str, mentioned: Mapping[str, str] = _NOBODY) -> str:
    """One line as HTML with links, topics and mentions, without a paragraph around it."""
    html = to_html(" ".join(text.split()), site_url=site_url, mentioned=mentioned)
    return html.removeprefix("<p>").removesuffix("</p>")


def mention_link(address: str, name: str) -> str:
    """The link to someone mentioned, as Mastodon has it."""
    return (
        f'<span class="h-card" translate="no"><a href="{escape(address)}" class="u-url mention">'
        f"@<span>{escape(name)}</span></a></span>"
    )


def _link(text: str, entity: Entity, site_url: str, mentioned: Mapping[str, str]) -> str:
    raw, value = escape(text[entity.start : entity.end]), escape(entity.value)
    if entity.kind == "url":
        shown = escape(_shortened(entity.value))
        return f'<a href="{raw}" target="_blank" rel="nofollow noopener noreferrer" translate="no">{shown}</a>'
    if entity.kind == "tag":
        closing = "#" if text[entity.end - 1] in "#＃" else ""
        target = f"{site_url}/tags/{quote(entity.value, safe='')}"
        return f'<a href="{target}" class="mention hashtag" rel="tag">#<span>{value}</span>{closing}</a>'
    address = mentioned.get(entity.value.lower())
    if address is None:
        return raw
    return mention_link(address, entity.value.partition("@")[0])


def _shortened(url: str) -> str:
    shown = re.sub(r"^https?://(www\.)?", "", url)
    return shown if len(shown) <= 30 else f"{shown[:30]}…"


def _paragraphs(html: str) -> str:
    blocks = [block.strip("\n") for block in re.split(r"\n{2,}", html.replace("\r\n", "\n").strip("\n"))]
    return "".join(f"<p>{block}</p>".replace("\n", "<br />") for block in blocks if block)
