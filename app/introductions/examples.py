"""What answers about introductions look like."""

from pydantic import JsonValue

from app.reading.examples import HAN_MEIMEI, LI_LEI, ZHANG_WEI

Example = dict[str, JsonValue]

PATH: Example = {
    "to": HAN_MEIMEI,
    "hops": 2,
    "strength": 0.62,
    "steps": [
        {
            "account": LI_LEI,
            "relation": "mutual",
            "interactions": 14,
            "strength": 0.81,
            "why": ["mutual", "interactions"],
        },
        {"account": HAN_MEIMEI, "relation": "followed_by", "interactions": 0, "strength": 0.4, "why": ["followed_by"]},
    ],
}
PREFERENCES: Example = {"may_ask": "followed", "may_reach": "everyone"}
INTRODUCTION: Example = {
    "id": "117681002345671203",
    "role": "from",
    "state": "requested",
    "from_account": ZHANG_WEI,
    "to_account": HAN_MEIMEI,
    "via": [{"account": LI_LEI, "asked_at": "2026-11-26T09:00:00.000Z", "forwarded_at": None, "note": None}],
    "purpose": "想了解你们后端团队的工作方式，我做过五年推荐系统。",
    "job_id": "117680863014092813",
    "organization_id": None,
    "waiting_for_id": "117680812650233405",
    "reason": None,
    "created_at": "2026-11-26T09:00:00.000Z",
    "updated_at": "2026-11-26T09:00:00.000Z",
    "expires_at": "2026-12-10T09:00:00.000Z",
    "ended_at": None,
}
FUNNEL: Example = {
    "asked": {
        "requested": 8,
        "forwarded": 6,
        "reached": 5,
        "accepted": 3,
        "declined": 2,
        "expired": 1,
        "withdrawn": 1,
    },
    "by_introducer": [{"account": LI_LEI, "requested": 5, "forwarded": 4, "accepted": 2}],
    "introduced": {"requested": 3, "forwarded": 2, "accepted": 1, "declined": 1, "median_seconds": 5400},
    "acceptance": 0.43,
    "cold_acceptance": 0.08,
    "warning": None,
}
