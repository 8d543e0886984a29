"""Job boards of recruiting systems that answer in JSON: Lever, Workable, Greenhouse, Ashby, SmartRecruiters,
Recruitee, Comeet. Their postings are public; what is not is not among them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.inbound import ashby_posting, smartrecruiters, words
from app.inbound.listing import Listing, NotAFeed, Reader, read_items
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush, parse_json

_Read = Callable[[Mapping[str, Any], WordMapping], JobPush]


def board(key: str | None, id: str, read: _Read) -> Reader:
    """A reader of a board: the list is under `key` (or the whole document), each posting's id under `id`."""

    def reader(body: bytes, *, url: str, mapping: WordMapping) -> Listing:
        found = parse_json(body)
        items = found.get(key) if key and isinstance(found, dict) else found
        if not isinstance(items, list):
            raise NotAFeed(f"The feed must hold a list of jobs{f' under `{key}`' if key else ''}")
        return read_items(items, id_of=lambda item: item.get(id), read=lambda item: read(item, mapping))

    return reader


def lever(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """A posting of `GET /v0/postings/SITE?mode=json`."""
    categories = _object(item.get("categories"))
    all_places = categories.get("allLocations")
    places = all_places if isinstance(all_places, list) and all_places else [categories.get("location")]
    pay = _object(item.get("salaryRange"))
    sections = item.get("lists")
    lists = [
        f"<h3>{section.get('text')}</h3><ul>{section.get('content')}</ul>"
        for section in (sections if isinstance(sections, list) else [])
        if isinstance(section, Mapping)
    ]
    fields = {
        "title": item.get("text"),
        "description_html": words.joined(item.get("description"), *lists, item.get("additional")),
        "locations": [words.place(place) for place in places[:20] if words.place(place)] or None,
        "employment_type": categories.get("commitment"),
        "workplace_type": item.get("workplaceType"),
        "salary": words.salary(
            currency=pay.get("currency"), low=pay.get("min"), high=pay.get("max"), per=pay.get("interval")
        ),
        "apply_url": item.get("applyUrl") or item.get("hostedUrl"),
    }
    names = {"title": "text", "description_html": "description", "locations": "categories.location"}
    return _built(item, "id", fields, names, mapping)


def workable(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """A job of `GET /api/accounts/ACCOUNT?details=true`."""
    listed = item.get("locations")
    places = [place for place in (listed if isinstance(listed, list) else []) if isinstance(place, Mapping)]
    if not places:
        places = [{"city": item.get("city"), "region": item.get("state"), "country": item.get("country")}]
    fields = {
        "title": item.get("title"),
        "description_html": item.get("description"),
        "locations": [place for one in places[:20] if (place := _place(one)) and not one.get("hidden")] or None,
        "employment_type": item.get("employment_type"),
        "workplace_type": "remote" if item.get("telecommuting") is True else None,
        "apply_url": item.get("application_url") or item.get("url"),
    }
    return _built(item, "shortcode", fields, {"description_html": "description"}, mapping)


def greenhouse(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """A job of `GET /v1/boards/TOKEN/jobs?content=true`."""
    place = _object(item.get("location")).get("name")
    ranges = item.get("pay_input_ranges")
    pay = _object(ranges[0]) if isinstance(ranges, list) and ranges else {}
    fields = {
        "title": item.get("title"),
        "description_html": words.unescaped(item.get("content")),
        "locations": [found] if (found := words.place(place)) else None,
        "workplace_type": "remote" if words.says_remote(place, item.get("title")) else None,
        "salary": words.salary(
            currency=pay.get("currency_type"),
            low=_hundredth(pay.get("min_cents")),
            high=_hundredth(pay.get("max_cents")),
            per=pay.get("title") if words.interval(pay.get("title")) else "year",
        ),
        "language": language if isinstance(language := item.get("language"), str) and len(language) in (2, 3) else None,
        "apply_url": item.get("absolute_url"),
    }
    names = {"description_html": "content", "locations": "location.name"}
    return _built(item, "id", fields, names, mapping, updated_at=item.get("updated_at"))


def ashby(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """A job of `GET /posting-api/job-board/NAME?includeCompensation=true`."""
    return ashby_posting.read(item, place="", mapping=mapping)


def recruitee(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """An offer of `GET /api/offers/`."""
    listed = item.get("locations")
    places = [place for place in (listed if isinstance(listed, list) else []) if isinstance(place, Mapping)]
    pay = _object(item.get("salary"))
    where = {"remote": item.get("remote"), "hybrid": item.get("hybrid"), "on_site": item.get("on_site")}
    fields = {
        "title": item.get("title"),
        "description_html": words.joined(item.get("description"), item.get("requirements")),
        "locations": [found for one in places[:20] if (found := _place({**one, "region": one.get("state")}))]
        or ([found] if (found := _place({**item, "region": item.get("state_name")})) else None),
        "employment_type": item.get("employment_type_code"),
        "workplace_type": next((name for name, said in where.items() if said is True), None),
        "salary": words.salary(
            currency=pay.get("currency"), low=pay.get("min"), high=pay.get("max"), per=pay.get("period")
        ),
        "apply_url": item.get("careers_apply_url") or item.get("careers_url"),
    }
    live = item.get("status", "published") == "published"
    names = {"description_html": "description"}
    return _built(item, "id", fields, names, mapping, updated_at=item.get("updated_at"), live=live)


def comeet(item: Mapping[str, Any], mapping: WordMapping) -> JobPush:
    """A position of `GET /careers-api/2.0/company/UID/positions?details=true`."""
    place = _object(item.get("location"))
    details = item.get("details")
    texts = [part.get("value") for part in (details if isinstance(details, list) else []) if isinstance(part, Mapping)]
    fields = {
        "title": item.get("name"),
        "description_html": words.joined(*texts),
        "locations": [found] if (found := _place({**place, "region": place.get("state")})) else None,
        "employment_type": item.get("employment_type"),
        "workplace_type": "remote" if place.get("is_remote") is True else item.get("workplace_type"),
        "apply_url": item.get("url_active_page") or item.get("url_comeet_hosted_page"),
    }
    names = {"title": "name", "description_html": "details", "locations": "location"}
    live = item.get("is_internal") is not True
    return _built(item, "uid", fields, names, mapping, updated_at=item.get("time_updated"), live=live)


def smartrecruiters_board(body: bytes, *, url: str, mapping: WordMapping) -> Listing:
    """`GET /v1/companies/ID/postings`: pages of references, or one posting with its text."""
    found = parse_json(body)
    if isinstance(found, dict) and "jobAd" in found and "content" not in found:
        return read_items(
            [found],
            id_of=lambda item: item.get("id"),
            read=lambda item: smartrecruiters.read(item, mapping=mapping),
        )
    items = found.get("content") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise NotAFeed("The feed must hold a list of jobs under `content`")
    listing = Listing(
        links=[item["ref"] for item in items if isinstance(item, dict) and isinstance(item.get("ref"), str)]
    )
    listing.complete = len(listing.links) == len(items)
    total, parts = found.get("totalFound"), urlsplit(url)
    query = dict(parse_qsl(parts.query))
    seen = (int(query["offset"]) if query.get("offset", "").isdigit() else 0) + len(items)
    if isinstance(total, int) and seen < total:
        if items:
            listing.next_url = parts._replace(query=urlencode({**query, "offset": str(seen)})).geturl()
        else:
            listing.complete = False
    return listing


READERS: Mapping[str, Reader] = {
    "lever": board(None, "id", lever),
    "workable": board("jobs", "shortcode", workable),
    "greenhouse_board": board("jobs", "id", greenhouse),
    "ashby_board": board("jobs", "id", ashby),
    "recruitee": board("offers", "id", recruitee),
    "comeet": board(None, "uid", comeet),
    "smartrecruiters_board": smartrecruiters_board,
}


def _built(
    item: Mapping[str, Any],
    id: str,
    fields: Mapping[str, Any],
    names: Mapping[str, str],
    mapping: WordMapping,
    *,
    updated_at: object = None,
    live: bool = True,
) -> JobPush:
    return build(
        item.get(id),
        fields,
        item=item,
        names={"external_id": id, **names},
        mapping=mapping,
        live=live,
        updated_at=words.moment(updated_at),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _place(place: Mapping[str, Any]) -> dict[str, Any] | None:
    told = {
        name: place[name][:60]
        for name in ("city", "region", "country")
        if isinstance(place.get(name), str) and place[name].strip()
    }
    return told or words.place(place.get("name"))


def _hundredth(cents: object) -> float | None:
    return cents / 100 if isinstance(cents, int | float) and not isinstance(cents, bool) else None
