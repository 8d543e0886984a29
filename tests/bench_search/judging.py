"""What is relevant to a query: rules of ours over the facts of rows, which know nothing of any engine.

3: just what is asked for; 2: good; 1: has to do with it; 0: does not. `data/README.md` says it in full.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from tests.bench_search.rows import JobRow, PersonRow, PostRow, table

_EDUCATIONS = ("none", "high_school", "associate", "bachelor", "master", "doctor")
_WITHIN = {
    "浙江": ("杭州", "宁波"),
    "广东": ("深圳", "广州"),
    "江苏": ("南京", "苏州"),
    "hangzhou": ("杭州",),
}
_JUST, _GOOD, _SOME, _NONE = 3, 2, 1, 0
_EDGE, _NOTHING = re.compile(r"\\b"), re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, its class (`kind` tells what it finds) and what a good answer has."""

    group: str
    kind: str
    q: str
    filters: tuple[tuple[str, str], ...]
    needs: str

    @property
    def name(self) -> str:
        """The query as a reader would write it down."""
        return " ".join([self.q, *(f"{name}={value}" for name, value in self.filters)])


def queries() -> list[Judged]:
    """The committed queries."""
    return [
        Judged(row["class"], row["kind"], row["q"], tuple(parse_qsl(row["filters"])), row["needs"])
        for row in table("queries")
    ]


def grades(
    query: Judged, *, jobs: Sequence[JobRow], posts: Sequence[PostRow], people: Sequence[PersonRow]
) -> dict[str, int]:
    """The grade of every row that has one above 0, by its key."""
    if query.kind == "job":
        return _above_none(_of_jobs(query, jobs))
    if query.kind == "post":
        return _above_none({post.key: _of_post(query.needs, post) for post in posts})
    wanted = dict(item.split(":") for item in query.needs.split())
    return {person.key: int(wanted[person.key]) for person in people if person.key in wanted}


def _above_none(grades: Mapping[str, int]) -> dict[str, int]:
    return {key: grade for key, grade in grades.items() if grade}


def _of_jobs(query: Judged, jobs: Sequence[JobRow]) -> dict[str, int]:
    needs = query.needs.split()
    fitting = [job for job in jobs if _fits(job, query.filters)]
    levels = {job.key: [_level(need, job) for need in needs] for job in fitting}
    whole = {key: _whole(found) for key, found in levels.items()}
    if any(whole.values()):
        return whole
    # Nothing has it all: what lacks one thing only is the next best, if the first thing is there.
    firm = [need[0] in "@#-" for need in needs]
    return {key: _part(found, firm) for key, found in levels.items()}


def _whole(levels: Sequence[int]) -> int:
    """The first thing asked for weighs most; the others may be said beside the title."""
    first, others = levels[0], levels[1:]
    if not min(levels):
        return _NONE
    if first == _JUST and all(level >= _GOOD for level in others):
        return _JUST
    if min(levels) >= _GOOD or first == _JUST:
        return _GOOD
    return _SOME


def _part(levels: Sequence[int], firm: Sequence[bool]) -> int:
    lacking = [number for number, level in enumerate(levels) if not level]
    if len(lacking) != 1 or len(levels) < 2 or lacking[0] == 0 or firm[lacking[0]]:
        return _NONE
    return _GOOD if levels[0] == _JUST else _SOME


def _level(need: str, job: JobRow) -> int:
    """How well a job has one thing that is asked for."""
    if need == "any":
        return _JUST
    if need[0] == "-":
        return _NONE if _level(need[1:], job) else _JUST
    if need[0] == "@":
        return _JUST if _lies_in(job, need[1:]) else _NONE
    if need[0] == "#":
        return _JUST if need[1:].replace("_", " ") in job.company else _NONE
    if need.startswith("pay:"):
        pay, most = int(need[4:]), job.salary_max or 0
        return _NONE if most < pay else _JUST if (job.salary_min or 0) <= pay else _GOOD
    if need == "remote":
        return {"remote": _JUST, "hybrid": _SOME}.get(job.workplace, _NONE)
    if need == "fresh":
        return _JUST if job.experience == 0 else _NONE
    return max(_of_concept(name, job) for name in need.split("|"))


def _of_concept(name: str, job: JobRow) -> int:
    concept = _concepts()[name]
    title, skills, text = job.title.lower(), ", ".join(job.skills).lower(), job.text.lower()
    if concept.no and concept.no.search(title):
        return _NONE
    if concept.exact.search(title):
        return _JUST
    if concept.exact.search(skills):
        return _GOOD
    if concept.exact.search(text) or (concept.near and concept.near.search(title)):
        return _SOME
    return _JUST if name == "intern" and job.employment == "INTERN" else _NONE


@dataclass(frozen=True, slots=True)
class _Concept:
    exact: re.Pattern[str]
    near: re.Pattern[str] | None
    no: re.Pattern[str] | None


@cache
def _concepts() -> dict[str, _Concept]:
    def pattern(text: str | None) -> re.Pattern[str] | None:
        # A Latin word ends where a Chinese one begins.
        return re.compile(_EDGE.sub("(?:(?<![a-z0-9])(?=[.a-z0-9])|(?<=[a-z0-9])(?![a-z0-9]))", text)) if text else None

    return {
        row["name"]: _Concept(pattern(row["exact"]) or _NOTHING, pattern(row["near"]), pattern(row["not"]))
        for row in table("concepts")
    }


def _lies_in(job: JobRow, place: str) -> bool:
    return place in (job.city, job.district) or job.city in _WITHIN.get(place, ())


def _fits(job: JobRow, filters: Iterable[tuple[str, str]]) -> bool:
    given = dict(filters)
    places = [value for name, value in filters if name == "city"]
    months = (job.salary_months or 12) if given.get("salary_period") == "year" else 1
    conditions: dict[str, Any] = {
        "city": lambda _: any(_lies_in(job, place) for place in places),
        "salary_min": lambda value: job.salary_max is not None and job.salary_max * months >= int(value),
        "salary_max": lambda value: job.salary_min is not None and job.salary_min * months <= int(value),
        "salary_period": lambda _: True,
        "experience_max": lambda value: job.experience <= int(value),
        "education": lambda value: _EDUCATIONS.index(job.education or "none") <= _EDUCATIONS.index(value),
        "workplace_type": lambda value: job.workplace == value,
        "employment_type": lambda value: job.employment == value,
        "skills": lambda value: value.lower() in [skill.lower() for skill in job.skills],
    }
    return all(conditions[name](value) for name, value in filters)


def _of_post(needs: str, post: PostRow) -> int:
    """`a&b`: both; `a|b`: the better; `!a`: not about it."""
    return min(max(_about(topic, post) for topic in need.lower().split("|")) for need in needs.split("&"))


def _about(topic: str, post: PostRow) -> int:
    """What a post is about is 3, what it mentions 2, what it is about under another name (`~`) 1."""
    if topic.startswith("!"):
        return _NONE if topic[1:] in post.topics else _JUST
    if topic in post.topics:
        return _JUST
    if topic in post.mentions:
        return _GOOD
    return _SOME if f"~{topic}" in post.topics | post.mentions else _NONE
