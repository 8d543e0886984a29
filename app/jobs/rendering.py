"""A job as plain text: what any Mastodon client shows of it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

WORKPLACES = {"on_site": "", "hybrid": "混合办公", "remote": "远程"}
_INTERVALS = {"HOUR": "小时", "DAY": "天", "WEEK": "周", "MONTH": "月", "YEAR": "年"}
# What stands in a post's first line once the job takes no applications any more.
ENDED = {"paused": "已暂停", "closed": "已结束", "filled": "已招满", "expired": "已过期"}


def salary_line(
    *,
    currency: str | None,
    low: int | None,
    high: int | None,
    interval: str | None,
    months: int | None,
    negotiable: bool,
) -> str:
    """Pay as people write it: `25K–40K/月 ×14薪`, `300–400 元/天`, `USD 90K–120K/年`, or 面议."""
    if low is None and high is None:
        return "面议" if negotiable else "未填"
    amounts = [amount for amount in (low, high) if amount is not None]
    thousands = all(amount % 1000 == 0 and amount >= 1000 for amount in amounts)
    numbers = [f"{amount // 1000}K" if thousands else f"{amount:,}" for amount in dict.fromkeys(amounts)]
    text = "–".join(numbers)
    if low is None:
        text = f"最高 {text}"
    elif high is None:
        text = f"{text} 起"
    if currency != "CNY":
        text = f"{currency} {text}"
    elif not thousands:
        text += " 元"
    text += f"/{_INTERVALS[interval or 'MONTH']}"
    return f"{text} ×{months}薪" if months and months != 12 else text


def place_line(locations: Iterable[Mapping[str, Any]], workplace_type: str) -> str:
    """Where the work is: `杭州、上海（混合办公）`, `远程`."""
    names = dict.fromkeys(
        place.get("city") or place.get("name") or place.get("region") or place.get("country") or ""
        for place in locations
    )
    text = "、".join(name for name in names if name)
    how = WORKPLACES[workplace_type]
    if not text:
        return how or "地点未填"
    return f"{text}（{how}）" if how else text


def job_post_text(
    *,
    title: str,
    organization: str,
    label: str | None,
    place: str,
    salary: str,
    headcount: int | None,
    valid_through: date | None,
    skills: Iterable[str],
    url: str,
    state: str = "open",
) -> str:
    """The lines of a job's post; they look complete in a client that knows nothing of jobs.

    `label` stands beside an unverified employer's name. A job that has ended says so first.
    """
    name = f"{organization}（{label}）" if label else organization
    head = f"招聘·{ENDED[state]}" if state in ENDED else "招聘"
    lines = [
        f"【{head}】{title}｜{name}",
        f"地点：{place}",
        f"薪资：{salary}",
        f"人数：{headcount} 人" if headcount else "人数：若干",
    ]
    if valid_through:
        lines.append(f"有效期至：{valid_through.isoformat()}")
    topics = ["招聘", *(skill for skill in list(skills)[:3] if _is_topic(skill))]
    lines.append(" ".join(f"#{topic}#" for topic in topics))
    lines.append(url)
    return "\n".join(lines)


def _is_topic(skill: str) -> bool:
    return not any(character in "#@<>\r\n" for character in skill) and skill.strip() == skill
