"""What an application looks like to who made it."""

from pydantic import JsonValue

from app.applications.words import CONSENT
from app.reading.examples import HAN_MEIMEI, LI_LEI, ZHANG_WEI

APPLICATION: dict[str, JsonValue] = {
    "id": "117681010203040506",
    "job_id": "117680863014092813",
    "applicant": ZHANG_WEI,
    "stage": "interview",
    "mode": "internal",
    "apply_url": None,
    "message": "做过三年推荐系统，想聊聊。",
    "answers": [{"question": "何时到岗？", "answer": "下月"}],
    "profile": {
        "username": "zhangwei",
        "display_name": "张伟",
        "headline": "后端工程师，杭州",
        "note": "喜欢把慢的变快。",
        "fields": [{"name": "博客", "value": "https://zhangwei.example"}],
    },
    "resume": {"name": "张伟-后端.pdf", "content_type": "application/pdf", "size": 182044},
    "consent": True,
    "consent_words": CONSENT,
    "via": "117680981179498600",
    "inference": "explicit",
    "confidence": 1.0,
    "path": [
        {
            "status_id": "117680981179498537",
            "account": HAN_MEIMEI,
            "kind": "job",
            "depth": 0,
            "inference": None,
            "confidence": None,
            "created_at": "2026-11-26T08:00:00.000Z",
        },
        {
            "status_id": "117680981179498600",
            "account": LI_LEI,
            "kind": "repost",
            "depth": 1,
            "inference": "wrapper",
            "confidence": 0.95,
            "created_at": "2026-11-26T08:10:00.000Z",
        },
    ],
    "history": [
        {
            "id": "117681010203040507",
            "by": ZHANG_WEI,
            "previous": None,
            "stage": "applied",
            "reason": "",
            "note": None,
            "created_at": "2026-11-26T09:30:00.000Z",
        },
        {
            "id": "117681020304050607",
            "by": HAN_MEIMEI,
            "previous": "applied",
            "stage": "interview",
            "reason": "想和你聊聊，时间见邮件",
            "note": None,
            "created_at": "2026-11-27T02:00:00.000Z",
        },
    ],
    "created_at": "2026-11-26T09:30:00.000Z",
    "moved_at": "2026-11-27T02:00:00.000Z",
    "erased_at": None,
}
