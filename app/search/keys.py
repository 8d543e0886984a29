"""How names that people filter by are compared: skills without case, places by what they lie in."""

import re
from collections.abc import Iterable

from app.search import places
from app.search.chinese import normalize
from app.search.index import Facet

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
# No place: a name without a letter finds nothing.
_NOWHERE = "-"
_FACETS_OF = {"region": ("region",), "municipality": ("region", "city"), "city": ("city",), "district": ("district",)}


def plain(value: str) -> str:
    """`value` on one line, without control characters."""
    return _CONTROLS.sub(" ", value).strip()


def skill_key(name: str) -> str:
    """What a skill is compared by: `Python` and `PYTHON` are one."""
    return normalize(plain(name))


def skills_by_key(names: Iterable[str]) -> dict[str, str]:
    """Skills to show, by key, each once."""
    return {key: plain(name) for name in names if (key := skill_key(name))}


def places_by_key(names: Iterable[str]) -> dict[str, str]:
    """Places to show, by key, each once, with the places they lie in."""
    found = {}
    for name in names:
        for place in places.containing(plain(name)):
            if isinstance(place, str):
                found[place] = place.title() if place.isascii() else place
            else:
                found[place.key] = place.label
    return found


def place_keys(names: Iterable[str]) -> list[str]:
    """What jobs in any of these places are compared by."""
    return [*dict.fromkeys(key for name in names for key in places.keys(plain(name)))] or [_NOWHERE]


def place_words(names: Iterable[str]) -> str:
    """The words that a job in these places is found by: also what they lie in, and in Latin letters."""
    words = dict.fromkeys(plain(name) for name in names)
    for name in [*words]:
        for place in places.containing(name):
            words.update(dict.fromkeys([place] if isinstance(place, str) else places.names(place)))
    return " ".join(words)


def place_facets(counts: Iterable[Facet]) -> dict[str, list[Facet]]:
    """The counts of places, told apart by how wide these are: `region`, `city` and `district`."""
    facets: dict[str, list[Facet]] = {"region": [], "city": [], "district": []}
    for facet in counts:
        place = places.labelled(facet.value)
        for name in ("city",) if place is None else _FACETS_OF[place.level]:
            facets[name].append(facet)
    return facets
