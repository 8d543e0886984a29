"""What recruiting systems call things, in our words: kinds of employment and workplace, places, pay, times."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.jobs.currencies import CODES

_EMPLOYMENT: Mapping[str, tuple[str, ...]] = {
    "FULL_TIME": (
        "fulltime",
        "fulltimepermanent",
        "permanent",
        "regular",
        "fulltimeemployee",
        "fulltimefixedterm",
        "全职",
    ),
    "PART_TIME": ("parttime", "parttimepermanent", "parttimefixedterm", "兼职"),
    "CONTRACTOR": ("contractor", "contract", "freelance", "fulltimecontract", "parttimecontract", "合同工", "外包"),
    "TEMPORARY": ("temporary", "temp", "seasonal", "fixedterm", "limited", "临时", "临时工"),
    "INTERN": ("intern", "internship", "trainee", "workingstudent", "实习", "实习生"),
    "VOLUNTEER": ("volunteer", "志愿者"),
    "PER_DIEM": ("perdiem", "日结"),
    "OTHER": ("other", "其他"),
}
_WORKPLACE: Mapping[str, tuple[str, ...]] = {
    "remote": ("remote", "fullyremote", "telecommute", "remotejob", "wfh", "workfromhome", "远程", "居家"),
    "hybrid": ("hybrid", "hybridremote", "混合"),
    "on_site": ("onsite", "inoffice", "office", "inperson", "现场", "坐班"),
}
_EMPLOYMENT_OF = {word: ours for ours, words in _EMPLOYMENT.items() for word in words}
_WORKPLACE_OF = {word: ours for ours, words in _WORKPLACE.items() for word in words}
_INTERVALS: Mapping[str, str] = {"hour": "HOUR", "day": "DAY", "week": "WEEK", "month": "MONTH", "year": "YEAR"}
_INTERVAL = re.compile(r"hour|day|week|month|year|annual")
_NOT_WORD = re.compile(r"[\W_]+")
_REMOTE = re.compile(r"\bremote\b|远程|遠程", re.IGNORECASE)
# "Remote - United States", "Bangalore, India - Remote": what is left is the place.
_REMOTE_MARK = re.compile(
    r"^\s*(?:remote|远程)(?![a-z])\s*(?:job\s*)?[-–—:：,(]?\s*|\s*[-–—,(（]\s*(?:remote|远程)\s*[)）]?\s*$|\s*\)\s*$",
    re.IGNORECASE,
)
_ESCAPED_TAG = re.compile(r"&lt;/?[a-z][a-z0-9]*", re.IGNORECASE)


def employment_type(value: object) -> str | None:
    """Our word for a kind of employment; None for one that says nothing to us."""
    return _EMPLOYMENT_OF.get(_NOT_WORD.sub("", value.lower())) if isinstance(value, str) else None


def workplace_type(value: object) -> str | None:
    """Our word for where the work is done; None for one that says nothing to us."""
    return _WORKPLACE_OF.get(_NOT_WORD.sub("", value.lower())) if isinstance(value, str) else None


def says_remote(*texts: object) -> bool:
    """Whether a place or title says that the work is done from anywhere."""
    return any(isinstance(text, str) and _REMOTE.search(text) for text in texts)


def place(text: object) -> dict[str, Any] | None:
    """A place written in one line, "City, Region, Country"; None for none. What is no text is left to be refused."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return None
    if not isinstance(text, str):
        return {"name": text}
    line = text.strip()[:200]
    bare = _REMOTE_MARK.sub("", line)
    parts = [part.strip()[:60] for part in bare.split(",") if part.strip()]
    if not parts:
        return {"name": line}
    if len(parts) == 1 and bare != line:
        return {"country": parts[0], "name": line}
    city, *rest = parts
    found: dict[str, Any] = {"city": city, "name": line}
    if len(rest) >= 2:
        found |= {"region": ", ".join(rest[:-1])[:60], "country": rest[-1]}
    elif rest:
        found["region"] = rest[0]
    return found


def interval(value: object) -> str | None:
    """Our word for what pay is paid for: "per-year-salary", "1 YEAR", "YEAR"."""
    found = _INTERVAL.search(value.lower()) if isinstance(value, str) else None
    return _INTERVALS.get(found[0], "YEAR") if found else None


def salary(*, currency: object, low: object, high: object, per: object) -> dict[str, Any] | None:
    """Pay, where amounts, currency and interval are all told; amounts in whole units."""
    least, most, paid = amount(low), amount(high), interval(per)
    code = currency.upper() if isinstance(currency, str) else ""
    code = "CNY" if code == "RMB" else code
    if (least is None and most is None) or paid is None or code not in CODES:
        return None
    return {"currency": code, "min": least, "max": most, "interval": paid}


def amount(value: object) -> int | None:
    """A sum of money as a whole number; None for none, and for nothing."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except ValueError:
        return None
    return round(number) if 0 < number < 1e12 else None


def moment(value: object) -> datetime | None:
    """A time as systems write it (ISO 8601, "2026-08-11 20:45:29 UTC", seconds or milliseconds since 1970); None for
    none."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            # Seconds until the year 5138.
            return datetime.fromtimestamp(value if value < 100_000_000_000 else value / 1000, UTC)
        if not isinstance(value, str) or len(value) > 40:
            return None
        found = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
    except (ValueError, OverflowError, OSError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if 1970 < found.year < 2200 else None


def last_day(value: object) -> str | None:
    """The day of a validity's end; None where none is told, or one so far away (9999-12-31) that none is meant."""
    return value[:10] if isinstance(value, str) and value and value[:4] < "2200" else None


def unescaped(content: object) -> object:
    """HTML that came escaped as text, as HTML."""
    return html.unescape(content) if isinstance(content, str) and _ESCAPED_TAG.search(content) else content


def joined(*parts: object) -> object:
    """Pieces of HTML, one after the other; None where there is none. What is no text is left to be refused."""
    given = [part for part in parts if part is not None and part != ""]
    if any(not isinstance(part, str) for part in given):
        return next(part for part in given if not isinstance(part, str))
    return "\n".join(str(part) for part in given) or None
