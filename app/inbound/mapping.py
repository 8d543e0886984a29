"""From a source's own job object to a job of ours: its fields, the source's mapping over them, validated."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from app.inbound import words
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import LONGEST_ID, JobPush, parse_external_id
from app.jobs.schemas import JobUpdate
from app.kit.errors import Detail, field_error, fields_error

_SEPARATORS = re.compile(r"[\n,;、，；]+")
_LISTS = ("requirements", "skills")


def build(
    external_id: object,
    fields: Mapping[str, Any],
    *,
    item: Mapping[str, Any],
    names: Mapping[str, str],
    mapping: WordMapping,
    live: bool,
    updated_at: datetime | None = None,
    group_id: object = None,
    strict: bool = False,
) -> JobPush:
    """A job as pushed, from `fields` (our names) that a format's module read out of `item`, the source's own object.

    `mapping` speaks last: paths into `item` fill or replace fields, and the source's words for places and kinds become
    ours; a word that nobody knows is refused if `strict`, else left to the defaults. Errors speak of the source's
    names, by `names` (ours → theirs; "external_id" among them). Raises Invalid.
    """
    fields = {name: value for name, value in fields.items() if value is not None}
    theirs = dict(names)
    for name, path in mapping.fields.items():
        value = _at(item, path)
        if value is not None and value != "":
            fields[name] = _shaped(name, value)
            theirs[name] = f"mapping.fields.{name}"
    _translate(fields, mapping, strict)
    if not fields.get("title"):
        raise field_error(theirs.get("title", "title"), "ERR_BLANK", "can't be blank")
    return JobPush(
        parse_external_id(external_id, names.get("external_id", "external_id")),
        parse_job(fields, names=theirs),
        live=live,
        updated_at=updated_at,
        group_id=_group(group_id),
    )


def parse_job(fields: Mapping[str, Any], *, names: Mapping[str, str]) -> JobUpdate:
    """Validate a job's fields; errors speak of the source's own field names, by `names` (ours → theirs)."""
    try:
        return JobUpdate.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        details: dict[str, list[Detail]] = {}
        for problem in error.errors():
            first, *rest = (str(part) for part in problem["loc"]) if problem["loc"] else ("body",)
            place = ".".join([names.get(first, first), *rest])
            reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
            details.setdefault(place, []).append(Detail(error="ERR_INVALID", description=reason))
        raise fields_error(details) from None


def _translate(fields: dict[str, Any], mapping: WordMapping, strict: bool) -> None:
    for name, theirs, ours in (
        ("employment_type", mapping.employment_types, words.employment_type),
        ("workplace_type", mapping.workplace_types, words.workplace_type),
    ):
        value = fields.get(name)
        if not isinstance(value, str):
            continue
        said = theirs.get(_key(value)) or ours(value)
        if said:
            fields[name] = said
        elif not strict:
            del fields[name]
    places = fields.get("locations")
    if mapping.locations and isinstance(places, list):
        fields["locations"] = [_translated(place, mapping) for place in places]


def _translated(place: Any, mapping: WordMapping) -> Any:
    if isinstance(place, dict):
        for said in (place.get("name"), place.get("city")):
            found = mapping.locations.get(_key(said)) if isinstance(said, str) else None
            if found:
                return found.model_dump(exclude_none=True)
    return place


def _group(id: object) -> str | None:
    if isinstance(id, bool) or not isinstance(id, int | str) or "\x00" in str(id):
        return None
    return str(id).strip()[:LONGEST_ID] or None


def _key(said: str) -> str:
    return " ".join(said.split()).casefold()


def _at(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit():
            value = value[int(step)] if len(step) < 5 and int(step) < len(value) else None
        else:
            return None
    return value


def _shaped(name: str, value: Any) -> Any:
    if name == "locations":
        return [words.place(one) for one in (value if isinstance(value, list) else [value]) if words.place(one)]
    if name in _LISTS and isinstance(value, str):
        return [part.strip() for part in _SEPARATORS.split(value) if part.strip()]
    if name == "headcount" and isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:9])
    return value
