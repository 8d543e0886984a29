"""The words of a job's description: without markup, and what in them is asked of applicants."""

import html
import re

import nh3

MOST_REQUIREMENTS = 20
SEE_DESCRIPTION = "见职位描述 · See the description"
_LONGEST = 500
_BLOCK = re.compile(r"<(?=/?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|blockquote|pre)\b)", re.IGNORECASE)
_ASKED = re.compile(
    r"(任职|岗位|职位|应聘|招聘|资格)(要求|条件|资格)|^(要求|条件)\W*$|我们希望你|希望你"
    r"|\b(requirements?|qualifications?|what (we|you).{0,20}(look|need|bring)|who you are|you have)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"(岗位|工作|职位)?(职责|内容)|福利|待遇|薪资|关于我们|公司(介绍|简介)|工作(地点|时间)|联系|加分"
    r"|\b(responsibilit|benefit|about (us|the)|what you.ll do|we offer|perks|compensation|nice to have)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\W*(?:\(?\d{1,2}[.、)）:：]\s*|[-*•·●▪]\s*)*")
_HEADING_LENGTH = 40


def plain_text(markup: str) -> str:
    """The words of HTML, without tags; blocks stand apart."""
    return html.unescape(nh3.clean(_BLOCK.sub("\n<", markup), tags=set())).strip()


def find_requirements(markup: str) -> list[str]:
    """What a description asks of applicants: the lines below such a heading; where there is none, a pointer to it."""
    found: list[str] = []
    inside = False
    for line in (line.strip() for line in plain_text(markup).splitlines()):
        heading = len(line) <= _HEADING_LENGTH
        if heading and _ASKED.search(line) and (not inside or line[-1:] in ":："):
            inside = True
        elif inside and heading and _ELSE.search(line) and not _BULLET.match(line).group():  # type: ignore[union-attr]
            break
        elif inside and (said := _BULLET.sub("", line).strip()):
            found.append(said[:_LONGEST])
    return found[:MOST_REQUIREMENTS] or [SEE_DESCRIPTION]
