"""What a push carries: Mastodon's keys, at most 3 kB."""

import orjson

from app.notifications.schemas import NotificationOut
from app.push.words import title

_LONGEST_BODY = 140
LARGEST = 3000


def payload(told: NotificationOut, *, text: str, access_token: str, language: str) -> bytes:
    """The JSON that an app decrypts. `text` is what the post says; it is cut short."""
    name = told.account.display_name or told.account.username
    body = " ".join(text.split())
    short = body if len(body) <= _LONGEST_BODY else f"{body[: _LONGEST_BODY - 1]}…"
    return orjson.dumps(
        {
            "access_token": access_token,
            "preferred_locale": "zh-CN" if language == "zh" else "en",
            "notification_id": told.id,
            "notification_type": told.type,
            "icon": told.account.avatar_static,
            "title": title(told.weizhi.type if told.weizhi else told.type, name=name, language=language),
            "body": short,
        }
    )
