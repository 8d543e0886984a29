"""What answers about inbound sources and receipts look like."""

from pydantic import JsonValue

Example = dict[str, JsonValue]

SOURCE: Example = {
    "id": "117681200100200301",
    "kind": "greenhouse",
    "organization_id": "117680834324004872",
    "url": "https://weizhi.example/api/weizhi/v1/inbound/greenhouse/117681200100200301",
    "defaults": {
        "headcount": 1,
        "salary": None,
        "valid_days": 90,
        "workplace_type": "on_site",
        "employment_type": "FULL_TIME",
    },
    "mapping": {
        "fields": {"headcount": "custom_fields.openings"},
        "locations": {"hq": {"city": "杭州", "region": "浙江", "country": "CN", "name": None}},
        "employment_types": {"全职": "FULL_TIME"},
        "workplace_types": {},
    },
    "enabled": True,
    "has_api_key": False,
    "previous_secret_until": None,
    "created_at": "2026-11-20T02:00:00.000Z",
    "last_received_at": "2026-11-26T07:59:59.310Z",
    "last_error": None,
    "polling": None,
}
POLLED_SOURCE: Example = {
    **SOURCE,
    "id": "117681200100200388",
    "kind": "lever",
    "url": "https://api.lever.co/v0/postings/yunshan",
    "polling": {
        "interval_minutes": 60,
        "next_poll_at": "2026-11-26T09:02:10.000Z",
        "failures": 0,
        "held": {"reason": "38 of 40 jobs vanished from the feed at once", "since": "2026-11-26T08:02:10.000Z"},
    },
}
SOURCE_WITH_SECRET: Example = {
    **SOURCE,
    "last_received_at": None,
    "secret": "5f2b1c9e8d7a64033a1b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7081",
}
RECEIPT: Example = {
    "receipt_id": "117681210111213141",
    "job_id": "117680863014092813",
    "status": "created",
    "error": None,
    "code": None,
    "details": None,
}
KEPT_RECEIPT: Example = {
    **RECEIPT,
    "message_id": "msg_2mXa7PzKqW",
    "received_at": "2026-11-26T07:59:59.310Z",
    "body": '{"type": "job.published", "data": {"id": "YS-114", "title": "后端工程师"}}',
}
WHOLE_RECEIPT: Example = {
    **KEPT_RECEIPT,
    "history": [
        {
            "status": "rejected",
            "at": "2026-11-26T07:59:59.310Z",
            "code": "source_not_authorized",
            "error": "The account that made this source may no longer post jobs for the organization",
        },
        {"status": "created", "at": "2026-11-26T08:30:00.000Z", "code": None, "error": None},
    ],
    "summary": None,
}
