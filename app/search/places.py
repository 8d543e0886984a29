"""Places of China with what they lie in, found under any of the names people give them.

A place is known by its code; what it lies in has a code that its own begins with. A place that the table
does not know (Singapore, say) is known by its name.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal, cast

from app.search.chinese import normalize

Level = Literal["region", "municipality", "city", "district"]

_TABLE = Path(__file__).parent / "tables" / "places.csv"
# The widest first: of places that share a name, those of the first level that has any are meant.
_LEVELS: tuple[tuple[Level, ...], ...] = (("region", "municipality"), ("city",), ("district",))
_LONGEST = 400
_MOST_PLACES = 20
_HAN = re.compile("[\u3400-\u9fff]+")
_BETWEEN_PLACES = re.compile(r"[、/;|]+")
_BETWEEN_PARTS = re.compile(r"[,·()•_\n\r]+|\s-+\s|[\u2010-\u2015]+")
_COUNTRY = re.compile(r"^中国(?=.)")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_SUFFIX = re.compile(r"(?<=..)(?:特别行政区|市|省)$")
_LATIN_SUFFIX = re.compile(r"(?<=...)(?:city|province|district|shi|sheng)$")
_OTHER_NAMES = {
    "xizang": ("tibet",),
    "neimenggu": ("innermongolia",),
    "haerbin": ("harbin",),
    "wulumuqi": ("urumqi",),
    "huhehaote": ("hohhot", "huhhot"),
    "lasa": ("lhasa",),
    "shanxi": ("shansi",),
    "xianggang": ("hongkong", "hk"),
    "aomen": ("macau", "macao"),
    "taiwan": ("taiwan",),
    "taibei": ("taipei",),
    "xinbei": ("newtaipei",),
    "gaoxiong": ("kaohsiung",),
    "taizhong": ("taichung",),
    "jilong": ("keelung",),
    "guangzhou": ("canton",),
    "eerduosi": ("ordos",),
}
_WIDER = {
    "江浙沪": ("32", "33", "31"),
    "长三角": ("31", "32", "33", "34"),
    "京津冀": ("11", "12", "13"),
    "珠三角": ("4401", "4403", "4404", "4406", "4407", "4412", "4413", "4419", "4420"),
    "大湾区": ("4401", "4403", "4404", "4406", "4407", "4412", "4413", "4419", "4420", "81", "82"),
    "粤港澳大湾区": ("4401", "4403", "4404", "4406", "4407", "4412", "4413", "4419", "4420", "81", "82"),
    "北上广": ("11", "31", "4401"),
    "北上广深": ("11", "31", "4401", "4403"),
    "北上广深杭": ("11", "31", "4401", "4403", "3301"),
    "川渝": ("51", "50"),
    "东三省": ("21", "22", "23"),
    "东北": ("21", "22", "23"),
    # A city's name, and that of a district more people mean.
    "朝阳": ("110105", "2113"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A region (浙江), municipality (上海), city (杭州) or district (余杭区); `label` names it and no other."""

    code: str
    level: Level
    name: str
    short: str
    pinyin: str
    label: str

    @property
    def key(self) -> str:
        """What this place is compared by; never equal to the key of a name."""
        return f"cn:{self.code}"


@lru_cache(maxsize=4096)
def containing(text: str) -> tuple[Place | str, ...]:
    """What a job at `text` (浙江 杭州, or a whole address) lies in, widest first; names where places are not known."""
    found: dict[str, Place | str] = {}
    for part in _BETWEEN_PLACES.split(_plain(text)):
        groups, unknown = _read(part)
        places = [group[-1] for group in groups if all(_within(*pair) for pair in zip(group[1:], group, strict=False))]
        for place in _one_way_down(places, part):
            for wider in _up_to(place):
                found[wider.key] = wider
        if not places:
            # Of a name that several places have, none is meant for sure: the name remains.
            for name in unknown + [part for group in groups[:1] for part in [group[0].name]]:
                found[name] = name
    return tuple(found.values())[:_MOST_PLACES]


def keys(text: str) -> list[str]:
    """What somebody looks for who types `text`: a job has one of these keys if it lies there."""
    found: dict[str, None] = {}
    for part in _BETWEEN_PLACES.split(_plain(text)):
        if part in _WIDER:
            found.update({f"cn:{code}": None for code in _WIDER[part]})
            continue
        groups, unknown = _read(part)
        candidates = [place for group in groups for place in group]
        narrowest = [place for place in candidates if not any(_within(other, place) for other in candidates)]
        found.update({place.key: None for place in narrowest})
        found.update(dict.fromkeys(unknown))
        found.update({place.name: None for group in groups if len(group) > 1 for place in group})
    return [*found][: 3 * _MOST_PLACES]


def labelled(label: str) -> Place | None:
    """The place that has this label."""
    return _gazetteer().by_label.get(label)


def names(place: Place) -> Iterator[str]:
    """What a job is found by that lies in `place`."""
    yield place.name
    yield place.pinyin
    yield from _OTHER_NAMES.get(place.pinyin, ())


def everywhere() -> Iterable[Place]:
    """All places of the table."""
    return _gazetteer().by_code.values()


def _plain(text: str) -> str:
    return _COUNTRY.sub("", normalize(text[:_LONGEST]).strip())


def _one_way_down(places: list[Place], text: str) -> list[Place]:
    """`places` without those that have nothing to do with the first: in 杭州·余杭区·五常 the last is no 五常市."""
    return [
        place
        for place in places
        if any(place == other or _within(place, other) or _within(other, place) for other in places[:1])
        or (place.level != "district" and "·" not in text)
    ]


def _within(inner: Place, outer: Place) -> bool:
    return inner.code != outer.code and inner.code.startswith(outer.code)


def _up_to(place: Place) -> list[Place]:
    by_code = _gazetteer().by_code
    return [by_code[code] for code in accumulate(place.code) if code in by_code]


def _read(text: str) -> tuple[list[list[Place]], list[str]]:
    """For each name in `text` the places that may be meant, and the names of what is not known."""
    groups: list[list[Place]] = []
    unknown: list[str] = []
    for part in _BETWEEN_PARTS.split(text):
        for name in [*_HAN.findall(part), _HAN.sub(" ", part)]:
            if read := _peeled(name) if _HAN.match(name) else _spelled(name):
                groups += read
            elif name.strip():
                unknown.append(_SUFFIX.sub("", " ".join(name.split())))
    return [_meant(group, [*groups[:n], *groups[n + 1 :]]) for n, group in enumerate(groups)], unknown


def _peeled(characters: str) -> list[list[Place]]:
    """浙江省杭州市余杭区文一西路 read from its beginning, name after name, as far as it is known."""
    by_name = _gazetteer().by_name
    read: list[list[Place]] = []
    while characters:
        longest = next((n for n in range(min(len(characters), 15), 1, -1) if characters[:n] in by_name), 0)
        name, characters = characters[:longest], characters[longest:]
        # 观音山 is not in 观音区: only a name with its 区 may have something else behind it.
        whole = [place for place in by_name.get(name, []) if place.name == name]
        if not longest or (characters and not whole and not next(_next(characters), None)):
            break
        read.append(by_name[name])
    return read


def _next(characters: str) -> Iterator[str]:
    """The names that `characters` begin with."""
    return (characters[:n] for n in range(2, 16) if characters[:n] in _gazetteer().by_name)


def _spelled(text: str) -> list[list[Place]]:
    by_pinyin = _gazetteer().by_pinyin
    whole = _NOT_LETTERS.sub("", text)
    for name in (whole, _LATIN_SUFFIX.sub("", whole)):
        if name in by_pinyin:
            return [by_pinyin[name]]
    words = [_NOT_LETTERS.sub("", word) for word in text.split()]
    return [by_pinyin[word] for word in words if word in by_pinyin]


def _meant(group: list[Place], others: list[list[Place]]) -> list[Place]:
    """Of the places of one name those that lie in, or contain, what else is named; else the widest."""
    around = [place for other in others for place in other]
    related = [place for place in group if any(_within(place, one) or _within(one, place) for one in around)]
    if related:
        return related
    widest = ([place for place in group if place.level in levels] for levels in _LEVELS)
    return next(filter(None, widest))


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    by_code: dict[str, Place]
    by_name: dict[str, list[Place]]
    by_pinyin: dict[str, list[Place]]
    by_label: dict[str, Place]


@cache
def _gazetteer() -> _Gazetteer:
    with _TABLE.open(encoding="utf-8", newline="") as table:
        rows = [*csv.DictReader(table)]
    alike: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        for name in {row["short"], row["name"]}:
            alike.setdefault(_as_normalized(name), []).append(row)
    known = {row["code"]: row for row in rows}
    by_code = {row["code"]: _place(row, _label(row, alike, known)) for row in rows}
    by_name = {name: [by_code[row["code"]] for row in meant] for name, meant in alike.items()}
    return _Gazetteer(by_code, by_name, _by_pinyin(by_code.values()), {one.label: one for one in by_code.values()})


def _place(row: dict[str, str], label: str) -> Place:
    return Place(row["code"], cast(Level, row["level"]), row["name"], row["short"], row["pinyin"], label)


def _as_normalized(name: str) -> str:
    # What `normalize` makes of the names in the table, without the second that it takes.
    return name.replace("乾", "干")


def _label(row: dict[str, str], alike: dict[str, list[dict[str, str]]], known: dict[str, dict[str, str]]) -> str:
    """The shortest name that only this place is meant by."""
    for name in [row["name"]] if row["level"] == "district" else [row["short"], row["name"]]:
        meant = [] if name in _WIDER else alike[_as_normalized(name)]
        widest = [[one for one in meant if one["level"] in levels] for levels in _LEVELS]
        if next(filter(None, widest), []) == [row]:
            return name
    above = next(row["code"][:n] for n in range(len(row["code"]) - 1, 1, -1) if row["code"][:n] in known)
    return known[above]["name"] + row["name"]


def _by_pinyin(places: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        for name in {place.pinyin, *_OTHER_NAMES.get(place.pinyin, ())}:
            found.setdefault(name, []).append(place)
    # Who spells a name means the better known: a region or city before the districts that sound alike.
    for name, alike in found.items():
        found[name] = [place for place in alike if place.level != "district"] or alike
    return found
