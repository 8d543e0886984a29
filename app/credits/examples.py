"""What answers about credit look like."""

from pydantic import JsonValue

from app.reading.examples import LI_LEI, ZHANG_WEI

Example = dict[str, JsonValue]

CREDITS: Example = {
    "application_id": "117681010203040506",
    "current": {
        "id": "117681100200300401",
        "generation": 1,
        "policy": "path_geometric",
        "unassigned": 5000,
        "credits": [
            {
                "account": LI_LEI,
                "status_id": "117680981179498600",
                "hop": 1,
                "basis_points": 5000,
                "confidence": 0.95,
                "state": "pending",
                "decided_at": None,
            }
        ],
        "created_at": "2026-12-05T03:00:00.000Z",
        "reversed_at": None,
    },
    "past": [],
}
OWN_CREDIT: Example = {
    "id": "117681100200300402",
    "job_id": "117680863014092813",
    "status_id": "117680981179498600",
    "policy": "path_geometric",
    "hop": 1,
    "basis_points": 5000,
    "confidence": 0.95,
    "state": "pending",
    "applicant": ZHANG_WEI,
    "decided_at": None,
}
