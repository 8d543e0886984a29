"""Turns templates into posts, comments, replies and messages by particular people."""

import re
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random

from app.demo import templates
from app.demo.facts import CITIES
from app.demo.people import LEVELS, Person
from app.demo.professions import CODING, HR, PAIRS, PROFESSIONS, STUDENT, Profession
from app.demo.templates import GENRES, Genre

_SLOT = re.compile(r"\{(\w+)\}")
_WEIGHTS = list(accumulate(genre.weight for genre in GENRES))
_KEYS = {genre.key: index for index, genre in enumerate(GENRES)}
_FIELDS = {"student": "开发", "hr": "招聘"}
_ANYONE = [index for index in range(len(PROFESSIONS)) if index not in (HR, STUDENT)]
_SPACED = frozenset({"skill", "title"})
Parts = tuple[str, ...]


def draw_genre(rng: Random, person: Person) -> int:
    """What a person's next post is about."""
    if person.language == "en" and rng.random() < 0.7:
        return _KEYS["english"]
    genre = rng.choices(range(len(GENRES)), cum_weights=_WEIGHTS)[0]
    key = GENRES[genre].key
    if person.profession == STUDENT and key in ("referral", "career"):
        return _KEYS["search"]
    if person.profession == HR and key in ("work", "incident", "search", "tool"):
        return _KEYS["hiring"]
    if key == "english" and rng.random() < 0.5:
        return _KEYS["city"]
    return genre


class Writer:
    """Fills templates for one person at a time. `tags` and `mentioned` tell of the text written last."""

    def __init__(self, people: Sequence[Person], rng: Random) -> None:
        self._people = people
        self._rng = rng
        self._parts: dict[str, Parts] = {}
        self._followees: Sequence[int] = ()
        self._city: int | None = None
        self.tags: list[str] = []
        self.mentioned: list[int] = []

    def post(self, author: int, genre: Genre, followees: Sequence[int]) -> str:
        """An ordinary post."""
        rng, person = self._rng, self._people[author]
        self._begin(followees)
        profession = PROFESSIONS[person.profession]
        bodies = genre.bodies + genre.coding if profession.key in CODING else genre.bodies
        pieces = [rng.choice(genre.openings) if genre.openings and rng.random() < 0.6 else "", rng.choice(bodies)]
        if genre.endings and rng.random() < 0.6:
            pieces.append(rng.choice(genre.endings))
        if person.profession == HR and genre.key in ("hiring", "referral", "question", "learn", "tool"):
            profession = PROFESSIONS[rng.choice(_ANYONE)]
        text = self._join([self._fill(piece, person, profession) for piece in pieces if piece])
        if rng.random() < genre.tagged:
            own = templates.TAGS_OF_GENRE.get(genre.key, ())
            topics = [rng.choice(own)] if own and rng.random() < 0.6 else []
            if (not topics or rng.random() < 0.35) and genre.key not in ("city", "english", "hiring"):
                topics.append(rng.choice(profession.topics))
            if genre.key == "city" and rng.random() < 0.4:
                topics.append(CITIES[person.city].name)
            text = self._tagged(text, topics)
        return text

    def quote(
        self, author: int, job: tuple[int, int] | None, about: str, followees: Sequence[int], seen: str | None
    ) -> str:
        """A comment put on a quoted post of a job (its profession and city), or else of the genre `about`.

        `seen` is the name of the author it was seen from, if told.
        """
        rng, person = self._rng, self._people[author]
        self._begin(followees)
        of_job = job is not None
        profession = PROFESSIONS[job[0] if job else person.profession]
        self._city = job[1] if job else None
        if person.language == "en" or (about == "english" and not of_job):
            template = rng.choice(templates.QUOTES_EN)
        elif of_job:
            template = rng.choice(templates.QUOTES_OF_JOB)
        else:
            template = rng.choice(
                templates.QUOTES if about in templates.GENERAL or about == "question" else templates.QUOTES_OF_LIFE
            )
        text = self._fill(template, person, profession)
        if seen is not None and person.language == "zh" and rng.random() < 0.2:
            text += f"（从{seen}那里看到）"
        if rng.random() < (0.45 if of_job else 0.15):
            text = self._tagged(text, [rng.choice(templates.QUOTE_TAGS if of_job else templates.QUOTE_TAGS[-1:])])
        return text

    def reply(self, author: int, to: int, kind: str, *, answer: bool) -> str:
        """A reply to a post of `kind` (a genre's `replies`, or "job"); `answer` when by the thread's author."""
        rng, person = self._rng, self._people[author]
        self._begin(())
        pool = templates.REPLIES.get(kind, ())
        if answer:
            template = rng.choice(templates.ANSWERS_TO_JOB if kind == "job" else templates.ANSWERS)
        elif pool and (kind not in templates.GENERAL or rng.random() < 0.6):
            template = rng.choice(pool)
        else:
            template = rng.choice(templates.REPLIES["any"])
        text = self._fill(template, person, PROFESSIONS[person.profession])
        if to != author:
            self.mentioned.append(to)
            text = f"@{self._people[to].username} {text}"
        return text

    def application(self, applicant: int, profession: int, *, english: bool, reposted: bool) -> str:
        """The message of an application to a job of `profession`; `reposted` when it came through a repost."""
        rng, person = self._rng, self._people[applicant]
        self._begin(())
        if english:
            return self._fill(rng.choice(templates.APPLICATION_EN), person, PROFESSIONS[profession])
        pieces = [rng.choice(choices) for choices in templates.APPLICATION]
        if reposted and rng.random() < 0.7:
            pieces[0] = rng.choice(templates.APPLICATION_VIA)
        if person.profession != profession:
            own = _FIELDS.get(PROFESSIONS[person.profession].key, PROFESSIONS[person.profession].topic)
            pieces[1] = rng.choice(templates.APPLICATION_CHANGING).replace("{own}", own)
            pieces[2] = rng.choice(templates.APPLICATION_LEARNT)
        return "".join(self._fill(piece, person, PROFESSIONS[profession]) for piece in pieces)

    def note(self, author: int) -> str:
        """A profile's few words."""
        person = self._people[author]
        self._begin(())
        pool = templates.NOTES_HR if person.profession == HR else templates.NOTES
        return self._fill(self._rng.choice(pool), person, PROFESSIONS[person.profession])

    def _begin(self, followees: Sequence[int]) -> None:
        self.tags, self.mentioned = [], []
        self._followees = followees
        self._city = None

    def _join(self, pieces: list[str]) -> str:
        """Sentences one after the other; a mention or English after a full stop gets its space."""
        text = pieces[0]
        for piece in pieces[1:]:
            if text and text[-1] not in "。！？：? " and piece[:1].isascii():
                text += " "
            text += f" {piece}" if piece.startswith("@") and not text.endswith(" ") else piece
        return text.strip()

    def _tagged(self, text: str, topics: list[str]) -> str:
        if not topics:
            return text
        self.tags = list(dict.fromkeys(topics))
        written = " ".join(f"#{topic}#" for topic in self.tags)
        return f"{written} {text}" if self._rng.random() < 0.25 else f"{text} {written}"

    def _fill(self, template: str, person: Person, profession: Profession) -> str:
        parts = self._parts.get(template)
        if parts is None:
            parts = self._parts[template] = tuple(_SLOT.split(template))
        if len(parts) == 1:
            return template
        rng = self._rng
        filled = list(parts)
        incident: tuple[str, str, str] | None = None
        for place in range(1, len(parts), 2):
            slot = parts[place]
            if slot in ("trouble", "cause", "fix"):
                incident = incident or rng.choice(profession.incidents)
                filled[place] = incident[("trouble", "cause", "fix").index(slot)]
            elif slot == "mention":
                filled[place] = self._mention()
            elif slot == "skill2":
                filled[place] = rng.choice([skill for skill in profession.skills if skill not in filled])
                if not filled[place].isascii():
                    filled[place - 1] = filled[place - 1].rstrip(" ")
                    filled[place + 1] = filled[place + 1].lstrip(" ")
            elif slot == "city" and self._city is not None:
                filled[place] = CITIES[self._city].name
            else:
                filled[place] = _SLOTS[slot](rng, person, profession)
                # Templates set spaces around Latin words; a Chinese word in their place needs none.
                if not filled[place].isascii() and slot in _SPACED:
                    filled[place - 1] = filled[place - 1].rstrip(" ")
                    filled[place + 1] = filled[place + 1].lstrip(" ")
        return "".join(filled)

    def _mention(self) -> str:
        if not self._followees:
            return "大家"
        other = self._followees[int(self._rng.random() * len(self._followees))]
        self.mentioned.append(other)
        return f"@{self._people[other].username}"


def _years(rng: Random, person: Person, profession: Profession) -> str:
    return str(max(1, min(person.years, 12)))


_SLOTS: dict[str, Callable[[Random, Person, Profession], str]] = {
    "n": lambda rng, person, profession: str(2 + int(rng.random() * 8)),
    "many": lambda rng, person, profession: str(20 + int(rng.random() * 60)),
    "pct": lambda rng, person, profession: str(30 + 5 * int(rng.random() * 13)),
    "hour": lambda rng, person, profession: str(1 + int(rng.random() * 4)),
    "years": _years,
    "task": lambda rng, person, profession: rng.choice(profession.tasks),
    "lesson": lambda rng, person, profession: rng.choice(profession.lessons),
    "subject": lambda rng, person, profession: rng.choice(profession.subjects),
    "skill": lambda rng, person, profession: rng.choice(profession.skills),
    "pair": lambda rng, person, profession: rng.choice(PAIRS[profession.key]),
    "title": lambda rng, person, profession: rng.choice(profession.roles).title,
    "level": lambda rng, person, profession: "" if profession.key == "student" else rng.choice(LEVELS[1:]),
    "field": lambda rng, person, profession: _FIELDS.get(profession.key, profession.topic),
    "other": lambda rng, person, profession: _other_field(rng, profession),
    "city": lambda rng, person, profession: CITIES[person.city].name,
    "place": lambda rng, person, profession: rng.choice(CITIES[person.city].places),
    "food": lambda rng, person, profession: rng.choice(CITIES[person.city].foods),
    "weather": lambda rng, person, profession: rng.choice(templates.WEATHER),
    "hobby": lambda rng, person, profession: rng.choice(templates.HOBBIES),
    "entopic": lambda rng, person, profession: rng.choice(templates.EN_TOPICS),
    "encity": lambda rng, person, profession: templates.EN_CITIES[CITIES[person.city].name],
}


def _other_field(rng: Random, profession: Profession) -> str:
    choices = [index for index in _ANYONE if PROFESSIONS[index] is not profession]
    return PROFESSIONS[rng.choice(choices)].topic
