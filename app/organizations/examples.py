"""What answers about organisations look like."""

from pydantic import JsonValue

Example = dict[str, JsonValue]

ORGANIZATION: Example = {
    "id": "117680834324004872",
    "name": "云杉科技",
    "url": "https://yunshan.example",
    "verified": True,
    "verified_at": "2026-11-20T02:15:00.000Z",
    "label": None,
    "created_at": "2026-11-18T06:30:12.480Z",
}
EMPLOYER: Example = {**ORGANIZATION, "profile": "做推荐系统的公司，80 人。"}
VERIFICATION: Example = {
    "state": "pending",
    "verified_at": None,
    "verify_due_at": None,
    "submission": {
        "id": "117680840222998531",
        "state": "pending",
        "credit_code": "91330106MA2CFLDG4R",
        "license_no": None,
        "domain": "yunshan.example",
        "evidence": "营业执照见链接；域名邮箱 hr@yunshan.example 可回信确认。",
        "evidence_url": "https://yunshan.example/license.pdf",
        "submitted_at": "2026-11-19T01:05:44.120Z",
        "decided_at": None,
        "reason": None,
    },
}
_MEMBER: Example = {
    "id": "117680812650168330",
    "username": "hanmeimei",
    "display_name": "韩梅梅",
    "url": "https://weizhi.example/@hanmeimei",
}
MEMBER_SEAT: Example = {"account": _MEMBER, "role": "recruiter", "created_at": "2026-11-19T03:00:00.000Z"}
INVITATION: Example = {
    "id": "117680851233210376",
    "organization": ORGANIZATION,
    "account": _MEMBER,
    "role": "recruiter",
    "created_at": "2026-11-19T02:40:00.000Z",
}
SEAT: Example = {"organization": ORGANIZATION, "role": "owner"}
