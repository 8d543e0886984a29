"""What owners and those they invite are written, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.mail.mailer import Message

ROLES: Mapping[str, str] = {"owner": "所有者 owner", "recruiter": "招聘者 recruiter", "viewer": "查看者 viewer"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with blanks for `name` (the organisation's), `title` (the service's) and others."""

    name: str
    subject: str
    text: str

    def written(self, words: Mapping[str, str], *, key: str, to: str) -> Message:
        """The letter to somebody, with its blanks filled."""
        return Message(key, to, self.subject.format(**words), self.text.format(**words))


INVITED = Letter(
    "seat-invitation",
    "{name} 邀请你加入 · You are invited ({title})",
    "{name} 请你担任：{role}。你同意之后才会加入；不想加入就拒绝，或不必理会。\n\n"
    "{name} offers you a seat: {role}. You join only when you accept it; decline it, or do nothing.\n",
)
VERIFIED = Letter(
    "organization-verified",
    "{name} 已通过认证 · verified ({title})",
    "{name} 已通过认证，职位不再标注未认证。{due} 之前需要重新提交认证。\n\n"
    "{name} is verified, and its jobs carry no label any more. Please submit it again before {due}.\n",
)
REJECTED = Letter(
    "verification-rejected",
    "{name} 未通过认证 · not verified ({title})",
    "{name} 提交的认证没有通过：{reason}\n可以改正后重新提交。\n\n"
    "What was submitted for {name} did not convince the reviewer: {reason}\nYou may submit again.\n",
)
DUE = Letter(
    "verification-due",
    "{name} 的认证将于 {due} 到期 · due ({title})",
    "{name} 的认证将于 {due} 到期。请重新提交，否则职位会标注认证已过期。\n\n"
    "The verification of {name} ends on {due}. Please submit it again, or its jobs will be labelled as lapsed.\n",
)
LAPSED = Letter(
    "organization-lapsed",
    "{name} 的认证已过期 · lapsed ({title})",
    "{name} 的认证已失效，职位标注为认证已过期；重新提交并通过后即恢复。\n\n"
    "{name} is not verified any more, and its jobs say so until it is verified again.\n",
)
