"""SmartRecruiters' webhooks (developers.smartrecruiters.com, "Webhooks"): thin messages, the job is read by their API.

`smartrecruiters-signature: v1=<hex>[;v1=<hex>…]` is an HMAC over
`timestamp.body.event-id.event-name.event-version.link`; what is not sent counts as empty. The secret is made by
SmartRecruiters; one that was replaced goes on for 24 hours, and then each message has a signature by either.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.inbound import words
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import (
    LONGEST_ID,
    BadSignature,
    Fetch,
    JobPush,
    Nothing,
    Push,
    Verified,
    body_id,
    is_one_of,
    parse_external_id,
    parse_object,
    require_recent,
    sha256_of_any,
)

API = "https://api.smartrecruiters.com"
_HEAD = ("event-id", "event-name", "event-version", "link")
_MOST_SIGNATURES = 40
_SECTIONS = ("companyDescription", "jobDescription", "qualifications", "additionalInformation")


class SmartRecruitersSource:
    """A SmartRecruiters account with a webhook subscription."""

    def verify(self, *, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
        timestamp = headers.get("smartrecruiters-timestamp", "").strip()
        head = {name: headers.get(name, "") for name in _HEAD}
        signed = b".".join([timestamp.encode(), body, *(value.encode("latin-1", "replace") for value in head.values())])
        expected = sha256_of_any(secrets, signed)
        given = headers.get("smartrecruiters-signature", "").split(";")[:_MOST_SIGNATURES]
        parts = [one.strip().partition("=") for one in given]
        # All are compared: how long it takes tells nothing about which one fits.
        fits = [is_one_of(signature.lower(), expected) for scheme, _, signature in parts if scheme == "v1"]
        if not any(fits):
            raise BadSignature
        require_recent(timestamp, now)
        message_id = head["event-id"].strip() or f"{timestamp}:{body_id(body)}"
        return Verified(message_id[:LONGEST_ID], {"event": head["event-name"][:LONGEST_ID]})

    def trim(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        # Nothing but ids.
        return message

    def parse(self, body: bytes, *, envelope: Mapping[str, str], mapping: WordMapping) -> Push:
        message = parse_object(body)
        if not envelope.get("event", "").startswith(("job.", "position.")):
            return Nothing()
        return Fetch(parse_external_id(message.get("job_id"), "job_id"))


def read(posting: Mapping[str, Any], *, mapping: WordMapping, place: str = "") -> JobPush:
    """A job (`GET /jobs/:id`) or a public posting (`GET /v1/companies/:id/postings/:id`) as a job of ours.

    `compensation` of a job is the employer's own and not read. Raises Invalid.
    """
    ours = {"external_id": "id", "title": "name", "description_html": "jobAd.sections", "locations": "location"}
    title = posting.get("name") if posting.get("title") is None else posting.get("title")
    location = posting.get("location")
    return build(
        posting.get("id"),
        {
            "title": title,
            "description_html": _description(posting.get("jobAd")),
            "locations": _places(location),
            "employment_type": _employment(posting.get("typeOfEmployment")),
            "workplace_type": _workplace(location),
            "language": _language(posting.get("language")),
            "apply_url": posting.get("applyUrl"),
        },
        item={name: value for name, value in posting.items() if name not in ("compensation", "creator", "properties")},
        names={name: f"{place}{theirs}" for name, theirs in ours.items()},
        mapping=mapping,
        live=_is_public(posting),
        updated_at=words.moment(posting.get("updatedOn")),
    )


def _is_public(posting: Mapping[str, Any]) -> bool:
    if "postingStatus" in posting:
        return bool(posting["postingStatus"] == "PUBLIC")
    return bool(posting.get("active", True) is not False and posting.get("visibility", "PUBLIC") == "PUBLIC")


def _description(ad: object) -> object:
    sections = ad.get("sections") if isinstance(ad, dict) else None
    if not isinstance(sections, dict):
        return None
    texts = [part.get("text") for name in _SECTIONS if isinstance(part := sections.get(name), dict)]
    return words.joined(*texts)


def _places(location: object) -> list[dict[str, Any]] | None:
    if not isinstance(location, dict):
        return None
    found = {
        "city": location.get("city"),
        "region": location.get("region"),
        "country": location.get("countryCode") or location.get("country"),
        "name": location.get("fullLocation"),
    }
    found = {name: value for name, value in found.items() if value}
    country = found.get("country")
    if isinstance(country, str) and len(country) == 2:
        found["country"] = country.upper()
    return [found] if found else None


def _workplace(location: object) -> str | None:
    if not isinstance(location, dict) or not ("remote" in location or "hybrid" in location):
        return None
    if location.get("remote"):
        return "remote"
    return "hybrid" if location.get("hybrid") else "on_site"


def _employment(kind: object) -> Any:
    if not isinstance(kind, dict):
        return None
    label, id = kind.get("label"), kind.get("id")
    return id if words.employment_type(label) is None and words.employment_type(id) else label


def _language(language: object) -> str | None:
    code = language.get("code") if isinstance(language, dict) else None
    return code[:2].lower() if isinstance(code, str) and code[:2].isalpha() and code[:2].isascii() else None
