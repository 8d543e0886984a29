"""What a push says, in the reader's language."""

from collections.abc import Mapping

LANGUAGES = ("zh", "en")

_TITLES: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "mention": "{name} 提到了你",
        "status": "{name} 发布了微博",
        "reblog": "{name} 转发了你的微博",
        "follow": "{name} 关注了你",
        "follow_request": "{name} 请求关注你",
        "favourite": "{name} 赞了你的微博",
        "poll": "{name} 发起的投票结束了",
        "update": "{name} 编辑了微博",
        "quote": "{name} 转发并评论了你的微博",
        "quoted_update": "你引用的 {name} 的微博有改动",
        "job_alert": "{name} 发布了你在找的职位",
        "application_stage": "你投给 {name} 的职位有新进展",
        "application": "{name} 投递了你发布的职位",
        "referral": "你转发的 {name} 的职位：推荐成果有更新",
        "introduction": "{name}：引荐有新消息",
    },
    "en": {
        "mention": "{name} mentioned you",
        "status": "{name} posted",
        "reblog": "{name} reposted your post",
        "follow": "{name} followed you",
        "follow_request": "{name} asks to follow you",
        "favourite": "{name} liked your post",
        "poll": "A poll by {name} has ended",
        "update": "{name} edited a post",
        "quote": "{name} quoted your post",
        "quoted_update": "{name} edited a post you quoted",
        "job_alert": "{name} published a job you are looking for",
        "application_stage": "Your application to {name} has news",
        "application": "{name} applied to a job you published",
        "referral": "News of a job by {name} that you passed on",
        "introduction": "News of an introduction from {name}",
    },
}
_LONGEST_NAME = 60


def language_of(preferred: str | None) -> str:
    """The language of ours that is nearest to what an account prefers."""
    return "zh" if (preferred or "zh").lower().startswith("zh") else "en"


def title(type: str, *, name: str, language: str) -> str:
    """One line that says what happened."""
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return _TITLES[language][type].format(name=short)
