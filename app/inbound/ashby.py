"""Ashby's web hooks (developers.ashbyhq.com, "Authenticating Webhooks"): `{"action", "data"}`.

`Ashby-Signature: sha256=<hex>` is an HMAC over the raw body. Messages have no id: the same bytes are the same message.
A ping must be answered well, or Ashby turns the hook off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.inbound import ashby_posting
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import (
    BadSignature,
    GroupRemoval,
    JobRemoval,
    Nothing,
    Push,
    Verified,
    body_id,
    is_one_of,
    parse_external_id,
    parse_object,
    sha256_of_any,
)
from app.kit.errors import field_error

_POSTINGS = ("jobPostingPublish", "jobPostingUpdate", "jobPostingUnpublish", "jobPostingDelete")
_JOBS = ("jobCreate", "jobUpdate")


class AshbySource:
    """An Ashby account with web hooks for job postings."""

    def verify(self, *, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
        algorithm, _, signature = headers.get("ashby-signature", "").strip().partition("=")
        fits = is_one_of(signature.strip().lower(), sha256_of_any(secrets, body))
        if algorithm != "sha256" or not fits:
            raise BadSignature
        return Verified(body_id(body))

    def trim(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        action, data = message.get("action"), message.get("data")
        if action not in _POSTINGS + _JOBS:
            return {"action": action}
        if action in _POSTINGS or not isinstance(data, dict):
            return message
        job = data.get("job")
        kept = {name: job[name] for name in ("id", "status") if name in job} if isinstance(job, dict) else {}
        return {"action": action, "data": {"job": kept} if kept else {}}

    def parse(self, body: bytes, *, envelope: Mapping[str, str], mapping: WordMapping) -> Push:
        message = parse_object(body)
        action, data = message.get("action"), message.get("data")
        if not isinstance(action, str):
            raise field_error("action", "ERR_BLANK", "must name what happened")
        if action not in _POSTINGS + _JOBS:
            return Nothing()
        if not isinstance(data, dict):
            raise field_error("data", "ERR_BLANK", "must be an object")
        if action in _JOBS:
            job = data.get("job")
            if isinstance(job, dict) and job.get("status") in ("Closed", "Archived"):
                return GroupRemoval(parse_external_id(job.get("id"), "data.job.id"))
            return Nothing()
        inside = data.get("jobPosting")
        posting, place = (inside, "data.jobPosting") if isinstance(inside, dict) else (data, "data")
        if action in ("jobPostingUnpublish", "jobPostingDelete"):
            # Whatever time the posting tells is that of its words, not of its end.
            return JobRemoval(parse_external_id(posting.get("id"), f"{place}.id"))
        push = ashby_posting.read(posting, place=f"{place}.", mapping=mapping)
        # What was unpublished and is published again may have the words, and the time, that it had.
        return replace(push, current=True) if action == "jobPostingPublish" else push
