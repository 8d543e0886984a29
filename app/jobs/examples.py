"""What answers about jobs look like."""

from pydantic import JsonValue

from app.organizations.examples import ORGANIZATION

JOB: dict[str, JsonValue] = {
    "id": "117680863014092813",
    "status_id": "117680981179498537",
    "url": "https://weizhi.example/jobs/117680863014092813",
    "state": "open",
    "title": "后端工程师",
    "organization": ORGANIZATION,
    "description_html": "<p>负责推荐系统的后端服务。</p>",
    "requirements": ["三年以上后端经验", "熟悉 Python 或 Go"],
    "headcount": 2,
    "locations": [{"city": "杭州", "region": "浙江", "country": "CN", "name": None}],
    "workplace_type": "hybrid",
    "employment_type": "FULL_TIME",
    "salary": {
        "currency": "CNY",
        "min": 25000,
        "max": 40000,
        "interval": "MONTH",
        "months": 14,
        "negotiable": False,
        "text": "25K–40K/月 ×14薪",
    },
    "experience_min_years": 3,
    "education": "bachelor",
    "skills": ["Python", "PostgreSQL"],
    "language": "zh",
    "apply_mode": "internal",
    "apply_url": None,
    "valid_through": "2027-01-31",
    "source": "weizhi",
    "external_id": None,
    "assumed": [],
    "created_at": "2026-11-26T07:30:00.120Z",
    "updated_at": "2026-11-26T08:00:00.000Z",
    "published_at": "2026-11-26T08:00:00.000Z",
    "closed_at": None,
}
