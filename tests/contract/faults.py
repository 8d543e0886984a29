"""Where Mastodon's schema file is wrong, and why we think so.

The file (abraham/mastodon-openapi) is made from the documentation's prose, and prose has slips. Each line says where,
what stands there now (so that a line which is no longer needed is found), what is meant, and how we know.
"""

from dataclasses import dataclass
from typing import Any

# The file demands `details` with every 422; Mastodon tells them at registration only, and elsewhere just `error`.
REFUSAL = {
    "allOf": [{"$ref": "#/components/schemas/Error"}],
    "properties": {"details": {"$ref": "#/components/schemas/ValidationError/properties/details"}},
}
OUR_SCOPES = [
    "read:jobs", "write:jobs", "read:applications", "write:applications", "read:cascades", "write:webhooks",
    "read:introductions", "write:introductions",
    "offline_access",
]  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One wrong place: a JSON pointer below the document, what it holds, and what it should."""

    at: str
    holds: Any
    meant: Any
    because: str


_QUOTES = [
    {"$ref": "#/components/schemas/Quote"},
    {"$ref": "#/components/schemas/ShallowQuote"},
    {"type": "null"},
]

FAULTS = (
    *(
        Fault(
            f"/components/schemas/{entity}/properties/quote",
            {"oneOf": _QUOTES},
            {"anyOf": _QUOTES},
            "Quote and ShallowQuote each fit every object the other fits, so that oneOf refuses every quote there is",
        )
        for entity in ("Status", "StatusEdit")
    ),
    *(
        Fault(
            f"/components/schemas/{entity}/properties/{field}",
            {"format": "uri"},
            {"anyOf": [{"format": "uri"}, {"const": ""}]},
            "The documentation's own example has an empty string, as Mastodon answers for what a page does not tell",
        )
        for entity in ("PreviewCard", "TrendsLink")
        for field in ("author_url", "embed_url", "provider_url")
    ),
    Fault(
        "/paths/~1api~1v1~1filters/get/responses/200/content/application~1json/schema",
        {"$ref": "#/components/schemas/V1Filter"},
        {"type": "array", "items": {"$ref": "#/components/schemas/V1Filter"}},
        "The documentation's own example has an array, and the operation's name is 'view your filters'",
    ),
    Fault(
        "/components/schemas/ScheduledStatus/properties/params/properties/visibility",
        {"type": "string", "$ref": "#/components/schemas/StatusVisibilityEnum"},
        {"anyOf": [{"$ref": "#/components/schemas/StatusVisibilityEnum"}, {"type": "null"}]},
        "The documentation's own example has null, as Mastodon answers when none was asked for",
    ),
)


def mend(document: dict[str, Any]) -> list[str]:
    """Put right what FAULTS lists, in place; says which lines no longer fit the file."""
    stale = []
    for fault in FAULTS:
        *way, last = (step.replace("~1", "/").replace("~0", "~") for step in fault.at.strip("/").split("/"))
        holder = document
        for step in way:
            holder = holder[step]
        held = holder.get(last)
        wanted = {key: held[key] for key in fault.holds if key in held} if isinstance(fault.holds, dict) else held
        if wanted != fault.holds:
            stale.append(fault.at)
        elif isinstance(held, dict):
            holder[last] = {key: value for key, value in held.items() if key not in fault.holds} | fault.meant
        else:
            holder[last] = fault.meant
    for operations in document["paths"].values():
        for operation in operations.values():
            _empty(operation["responses"])
            _partial(operation["responses"])
    for schema in document["components"]["schemas"].values():
        _null_too(schema)
    # No slip: Weizhi has scopes of its own, and an app that asked for them is told so.
    document["components"]["schemas"]["OAuthScope"]["enum"] += OUR_SCOPES
    # Nor this: who asked for introductions, or said which types it knows, is told of them.
    for name in ("NotificationTypeEnum", "NotificationGroupTypeEnum"):
        document["components"]["schemas"][name]["enum"] += ["introduction"]
    document["components"]["schemas"]["Refusal"] = REFUSAL
    return stale


def _empty(responses: dict[str, Any]) -> None:
    """`Empty` has no schema in the file; Mastodon's render_empty answers `{}`."""
    for response in responses.values():
        if response["description"] == "Empty" and "content" not in response:
            response["content"] = {"application/json": {"schema": {"type": "object", "maxProperties": 0}}}


def _partial(responses: dict[str, Any]) -> None:
    """206 has no schema in the file; Mastodon answers the same entity as with 200, only not finished."""
    if "206" in responses and "content" not in responses["206"]:
        responses["206"]["content"] = responses["200"]["content"]


def _null_too(schema: Any) -> None:
    """What "may be null" and refers to an enumeration without null may be null still."""
    if isinstance(schema, list):
        for inner in schema:
            _null_too(inner)
    elif isinstance(schema, dict):
        for inner in schema.values():
            _null_too(inner)
        if "$ref" in schema and "null" in (schema.get("type") or ()):
            schema["anyOf"] = [{"$ref": schema.pop("$ref")}, {"type": "null"}]
