"""What a search for jobs may be completed to: titles, skills, places and employers of the open jobs there are.

PostgreSQL answers whichever engine searches. Each job names its terms; each term counts its jobs and is found by
the beginnings in `search_term_starts`: of the name, of its last words, and in pinyin.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.search import places
from app.search.chinese import cut, normalize, runs
from app.search.index import JobDocument
from app.search.keys import places_by_key, plain, skills_by_key
from app.search.models import SearchTerm
from app.search.pg_queries import strings
from app.search.pinyin import spelled_out

TermKind = Literal["title", "skill", "city", "company"]
KINDS: tuple[TermKind, ...] = get_args(TermKind)

_MOST_STARTS = 8
_LONGEST_START = 60
# So many beginnings are looked at in each kind: one letter may begin more.
_MOST_FOUND = 3000
_HIGHEST = "\U0010ffff"
_LOCK_CLASS = 8_203_129
_IN_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_SPACES = re.compile(r"\s+")

_LOCK = text("SELECT pg_advisory_xact_lock(:class)")
_FEWER = text(
    """
    UPDATE search_terms SET jobs = greatest(search_terms.jobs - gone.jobs, 0)
    FROM json_to_recordset(CAST(:rows AS json)) AS gone (term text, jobs bigint) WHERE search_terms.term = gone.term
    """
)
_MORE = text(
    """
    INSERT INTO search_terms (term, kind, name, jobs)
    SELECT term, kind, name, jobs FROM json_to_recordset(CAST(:rows AS json))
        AS new (term text, kind text, name text, jobs bigint)
    ON CONFLICT (term) DO UPDATE SET jobs = search_terms.jobs + excluded.jobs
    """
)
_STARTS = text(
    """
    INSERT INTO search_term_starts (kind, start, term)
    SELECT kind, start, term FROM json_to_recordset(CAST(:rows AS json)) AS new (kind text, start text, term text)
    ON CONFLICT DO NOTHING
    """
)
_FIND = text(
    """
    SELECT kind, term, name, jobs
    FROM (
        SELECT search_terms.*, row_number() OVER (
            PARTITION BY search_terms.kind ORDER BY exact DESC, jobs DESC, length(name), name
        ) AS place
        FROM unnest(CAST(:kinds AS text[])) AS wanted (kind)
        CROSS JOIN LATERAL (
            SELECT term, bool_or(start = :start) AS exact FROM (
                SELECT term, start FROM search_term_starts
                WHERE search_term_starts.kind = wanted.kind AND start >= :start AND start < :start || :highest
                ORDER BY start LIMIT :most
            ) AS beginning GROUP BY term
        ) AS found
        JOIN search_terms USING (term)
        WHERE jobs > 0
    ) AS best
    WHERE place <= :limit ORDER BY kind, place
    """
)


@dataclass(frozen=True, slots=True)
class Term:
    """Something jobs have in common; `key` tells it from others of its kind."""

    kind: TermKind
    key: str
    name: str

    @property
    def id(self) -> str:
        """What a job lists it by."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A term that begins as asked for, and how many open jobs have it. `value` is what the filter for it takes."""

    kind: TermKind
    value: str
    name: str
    jobs: int


def terms_of(document: JobDocument) -> list[Term]:
    """The terms of a job; none while it is not open."""
    if not document.open:
        return []
    title = " ".join(_IN_BRACKETS.sub(" ", plain(document.title)).split()) or plain(document.title)
    company = plain(document.organization_name)
    return [
        Term("title", _squeezed(title), title),
        # By name as well: a new name begins otherwise.
        Term("company", f"{document.organization_id}:{_squeezed(company)}", company),
        *(Term("skill", key, name) for key, name in skills_by_key(document.skills).items()),
        *(Term("city", key, name) for key, name in places_by_key(document.cities).items()),
    ]


async def count_terms(
    session: AsyncSession, *, before: Counter[str], after: Mapping[str, Term], counts: Counter[str]
) -> None:
    """Count jobs that had the terms `before` and now have `counts` of those in `after`. Holds a lock: call it last."""
    more, fewer = counts - before, before - counts
    if not more and not fewer:
        return
    await session.execute(_LOCK, {"class": _LOCK_CLASS})
    if fewer:
        await session.execute(_FEWER, _rows([{"term": id, "jobs": count} for id, count in fewer.items()]))
    if more:
        known = set(await session.scalars(select(SearchTerm.term).where(SearchTerm.term == func.any(strings([*more])))))
        rows = [{"term": id, "kind": after[id].kind, "name": after[id].name, "jobs": more[id]} for id in more]
        await session.execute(_MORE, _rows(rows))
        starts = [
            {"kind": after[id].kind, "start": start, "term": id}
            for id in more.keys() - known
            for start in _starts(after[id])
        ]
        if starts:
            await session.execute(_STARTS, _rows(starts))


async def suggest(session: AsyncSession, *, start: str, kinds: Collection[TermKind], limit: int) -> list[Suggestion]:
    """For each kind the terms of most jobs that begin with `start`, at most `limit`; exact ones first."""
    squeezed = _squeezed(start)
    if not squeezed:
        return []
    parameters = {"start": squeezed, "kinds": [*kinds], "limit": limit, "most": _MOST_FOUND, "highest": _HIGHEST}
    rows = await session.execute(_FIND, parameters)
    return [Suggestion(kind, _value(kind, term, name), name, jobs) for kind, term, name, jobs in rows]


def _value(kind: TermKind, term: str, name: str) -> str:
    return term.split(":")[1] if kind == "company" else name


def _squeezed(name: str) -> str:
    """A name as its beginning is compared: normalised and without spaces."""
    return _SPACES.sub("", normalize(name))[:_LONGEST_START]


def _starts(term: Term) -> list[str]:
    name = normalize(term.name)
    found = dict.fromkeys([_squeezed(name), *(_squeezed(rest) for rest in _rests(name))])
    if term.kind == "city" and (place := places.labelled(term.name)):
        found.update(dict.fromkeys(normalize(other) for other in (place.short, *places.names(place))))
    elif spelled := spelled_out(name):
        found.update(dict.fromkeys(part[:_LONGEST_START] for part in spelled))
    return [start for start in found if start]


def _rests(name: str) -> Iterator[str]:
    """What is left of a name from each of its words on."""
    places_of_words: list[int] = []
    for run in runs(name):
        place = run.start
        for word in cut(run.text) if run.cjk else [run.text]:
            place = max(name.find(word, place), place)
            places_of_words.append(place)
    for place in places_of_words[1:_MOST_STARTS]:
        yield name[place:]


def _rows(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    return {"rows": orjson.dumps(sorted(rows, key=lambda row: str(row["term"]))).decode()}
