"""What is searched: jobs, posts and people, as facts that are judged and put into the service.

The committed rows are always there. A folder of more rows (`data/README.md`) is read where it is given.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
_EDUCATIONS = {"高中": "high_school", "大专": "associate", "本科": "bachelor", "硕士": "master", "博士": "doctor"}
_LAGOU, _PYTHON, _HEADLINES = "jobs_lagou_data_analyst.jsonl", "jobs_boss_python.jsonl", "posts_news_headlines.jsonl"


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job's facts. Pay is CNY a month; `experience` the least years asked for."""

    key: str
    title: str
    company: str
    city: str
    district: str
    salary_min: int | None
    salary_max: int | None
    salary_months: int | None
    experience: int
    education: str | None
    workplace: str
    employment: str
    skills: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post, what it is about and what it mentions; both in words that need not be in the text."""

    key: str
    text: str
    topics: frozenset[str]
    mentions: frozenset[str]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with a profile."""

    key: str
    name: str
    headline: str
    note: str


def jobs(folder: Path | None = None, *, every: int = 3) -> list[JobRow]:
    """The committed jobs and, of those in `folder`, every third."""
    rows = [_job(f"{number}", row) for number, row in enumerate(table("jobs"))]
    for name in (_PYTHON, _LAGOU) if folder else ():
        rows += [_found(row) for row in _lines(folder, name)[::every] if row["salary_unit"] in ("month", None)]
    return rows


def posts(folder: Path | None = None, *, every: int = 10) -> list[PostRow]:
    """The committed posts and, of the headlines in `folder`, every tenth, which are about none of our topics."""
    rows = [
        PostRow(f"{number}", row["text"], _set(row["topics"]), _set(row["mentions"]))
        for number, row in enumerate(table("posts"))
    ]
    for number, row in enumerate(_lines(folder, _HEADLINES)[::every] if folder else ()):
        rows.append(PostRow(f"headline {number}", row["text"], frozenset([f"news:{row['topic']}"]), frozenset()))
    return rows


def people() -> list[PersonRow]:
    """The committed people."""
    return [PersonRow(row["username"], row["name"], row["headline"], row["note"]) for row in table("people")]


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of our own tables."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, dialect="excel-tab", quoting=csv.QUOTE_NONE)


def _job(key: str, row: dict[str, str]) -> JobRow:
    return JobRow(
        key=key,
        title=row["title"],
        company=row["company"],
        city=row["city"],
        district=row["district"],
        salary_min=_number(row["salary_min"]),
        salary_max=_number(row["salary_max"]),
        salary_months=_number(row["salary_months"]),
        experience=_years(row["experience"]),
        education=_EDUCATIONS.get(row["education"]),
        workplace=row["workplace"],
        employment=row["employment"],
        skills=tuple(skill for skill in row["skills"].split(",") if skill),
        text=row["text"],
    )


def _found(row: dict[str, object]) -> JobRow:
    """A row of the folder, which has no workplace."""
    text = {name: "" if row.get(name) is None else " ".join(str(row[name]).split()) for name in row}
    facts = {**text, "workplace": "on_site", "skills": "", "text": text["description"]}
    facts["employment"] = "INTERN" if "实习" in text["title"] else "FULL_TIME"
    facts["district"] = text["district"].split("·")[0]
    job = _job(text["id"], facts)
    tags = row["tags"] if isinstance(row["tags"], list) else []
    return JobRow(**{**{name: getattr(job, name) for name in JobRow.__slots__}, "skills": tuple(map(str, tags[:12]))})


def _lines(folder: Path | None, name: str) -> list[dict[str, object]]:
    assert folder
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def _set(words: str) -> frozenset[str]:
    return frozenset(word for word in words.lower().split(",") if word)


def _number(text: str) -> int | None:
    return int(float(text)) if text and text != "None" else None


def _years(text: str) -> int:
    digits = text.split("-")[0].rstrip("年以上")
    return int(digits) if (digits.isdigit() and "-" in text) or text == "10年以上" else 0
