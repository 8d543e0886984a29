"""An Ashby job posting, as its board and its web hooks write it."""

from collections.abc import Mapping
from typing import Any

from app.inbound import words
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush


def read(posting: Mapping[str, Any], *, place: str, mapping: WordMapping) -> JobPush:
    """A posting as a job; `place` leads to it in the message. Raises Invalid."""
    html = posting.get("descriptionHtml")
    fields = {
        "title": posting.get("title"),
        "description_html": html if html is not None else posting.get("descriptionPlain"),
        "locations": _places(posting),
        "employment_type": posting.get("employmentType"),
        "workplace_type": _workplace(posting),
        "salary": _salary(posting.get("compensation")),
        "apply_url": posting.get("applyUrl") or posting.get("applyLink") or None,
    }
    theirs = {
        **{"external_id": "id", "title": "title", "description_html": "descriptionHtml", "locations": "location"},
        **{"apply_url": "applyUrl", "salary": "compensation"},
    }
    return build(
        posting.get("id"),
        fields,
        item=posting,
        names={ours: f"{place}{name}" for ours, name in theirs.items()},
        mapping=mapping,
        live=posting.get("isListed", True) is not False and posting.get("status", "Published") == "Published",
        updated_at=words.moment(posting.get("updatedAt")),
        group_id=posting.get("jobId"),
    )


def _places(posting: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    found = [_place(posting.get("location", posting.get("locationName")), posting.get("address"))]
    others = posting.get("secondaryLocations")
    for other in others[:19] if isinstance(others, list) else []:
        if isinstance(other, dict):
            found.append(_place(other.get("location"), other.get("address")))
    return [place for place in found if place] or None


def _place(line: object, address: object) -> dict[str, Any] | None:
    found = words.place(line)
    postal = address.get("postalAddress") if isinstance(address, dict) else None
    if not isinstance(postal, dict):
        return found
    told = {
        "city": postal.get("addressLocality"),
        "region": postal.get("addressRegion"),
        "country": postal.get("addressCountry"),
    }
    told = {name: value[:60] for name, value in told.items() if isinstance(value, str) and value.strip()}
    return {**told, "name": (found or {}).get("name")} if told else found


def _workplace(posting: Mapping[str, Any]) -> str | None:
    said = posting.get("workplaceType")
    return said if isinstance(said, str) and said else "remote" if posting.get("isRemote") is True else None


def _salary(compensation: object) -> dict[str, Any] | None:
    parts = compensation.get("summaryComponents") if isinstance(compensation, dict) else None
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and part.get("compensationType") == "Salary":
            return words.salary(
                currency=part.get("currencyCode"),
                low=part.get("minValue"),
                high=part.get("maxValue"),
                per=part.get("interval"),
            )
    return None
