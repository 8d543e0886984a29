"""What the picture of a tree says, in Chinese and English."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.cascades.schemas import TotalsOut


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    language: str
    heading: str
    counts: str
    about: str
    brought: str
    each: str
    depth: str
    applied: str
    hired: str
    removed: str
    bundle: str


ZH = Words(
    language="zh-CN",
    heading="「{title}」的传播树",
    counts="转发 {reposts} · 引用 {quotes} · 最深 {depth} 层 · 投递 {applications} · 面试 {interviews} · 录用 {hires}",
    about="圆心是职位原帖，每向外一圈是多转一次；圆点越大，经它传下去的人越多；顺时针先转发的在前。",
    brought="经其传播最多：",
    each="{name}（{count}）",
    depth="第几层",
    applied="有人由此投递",
    hired="由此录用",
    removed="已撤回",
    bundle="合并的其余转发",
)
EN = Words(
    language="en",
    heading="How “{title}” travelled",
    counts="{reposts} reposts · {quotes} quotes · {depth} hops deep · {applications} applied"
    " · {interviews} interviewed · {hires} hired",
    about="In the middle the job's own post; each ring further out is one more hop. "
    "Clockwise come the earliest first. "
    "The larger a dot, the more people it reached further down.",
    brought="Most travelled through: ",
    each="{name} ({count})",
    depth="hop",
    applied="someone applied",
    hired="someone was hired",
    removed="taken back",
    bundle="other reposts, bundled",
)
LANGUAGES = {"zh": ZH, "en": EN}


def counts(words: Words, totals: TotalsOut) -> str:
    """The line of numbers."""
    numbers = {name: f"{value:,}" for name, value in totals.model_dump().items()}
    return words.counts.format(**numbers)


def described(words: Words, totals: TotalsOut, brought: Sequence[tuple[str, int]]) -> str:
    """The picture in words, for those who do not see it. `brought`: reposters with how much hangs on each."""
    named = ("、" if words is ZH else ", ").join(
        words.each.format(name=name, count=f"{count:,}") for name, count in brought
    )
    end = "。" if words is ZH else "."
    return f"{words.about}{'' if words is ZH else ' '}{counts(words, totals)}{end}" + (
        f"{words.brought}{named}{end}" if named else ""
    )
