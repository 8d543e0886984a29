"""The people: who they are, what they do, where they live and since when they are here."""

from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from app.demo import names
from app.demo.facts import CITIES
from app.demo.plan import DAY, Plan
from app.demo.professions import BACKEND, HR, PROFESSIONS, STUDENT
from app.demo.templates import EN_CITIES

RECRUITER = 0
PROFESSIONAL = 1
HANGZHOU = next(index for index, city in enumerate(CITIES) if city.slug == "hz")
LEVELS = ("初级", "", "高级", "资深")
_TAKEN = (
    "zhaopin",
    "gongcheng",
    "admin",
    "administrator",
    "root",
    "support",
    "weizhi",
    "api",
    "oauth",
    "system",
    "moderator",
)
_TECHNICAL = ("backend", "frontend", "ml", "data", "mobile")
_ENGLISH_TITLES = {
    "backend": "Backend engineer",
    "frontend": "Frontend engineer",
    "ml": "ML engineer",
    "data": "Data analyst",
    "sre": "SRE",
    "product": "Product manager",
    "design": "Product designer",
    "qa": "QA engineer",
    "mobile": "Mobile engineer",
    "security": "Security engineer",
    "embedded": "Embedded engineer",
    "ops": "Community manager",
    "student": "CS student",
    "hr": "Tech recruiter",
}


@dataclass(slots=True)
class Person:
    """One account; `rank` 0 is the most followed. `joined` in milliseconds since 1970."""

    username: str
    name: str
    profession: int
    second: int
    role: int
    city: int
    years: int
    joined: int
    language: str
    rank: int
    organization: int = -1
    seats: list[int] = field(default_factory=list)

    @property
    def level(self) -> int:
        return 0 if self.years < 2 else 1 if self.years < 5 else 2 if self.years < 9 else 3

    @property
    def title(self) -> str:
        """The job title with its level, as on a profile."""
        role = PROFESSIONS[self.profession].roles[self.role].title
        return role if self.profession in (HR, STUDENT) or self.level < 2 else levelled(self.level, role)


def levelled(level: int, title: str) -> str:
    """A title with its level in front; Chinese before Latin letters takes a space."""
    space = " " if LEVELS[level] and title[0].isascii() else ""
    return f"{LEVELS[level]}{space}{title}"


def make_people(plan: Plan, rng: Random) -> list[Person]:
    """Everyone, the two demo logins first."""
    city_weights = list(accumulate(city.weight for city in CITIES))
    profession_weights = list(accumulate(profession.weight for profession in PROFESSIONS))
    surname_weights = list(accumulate(weight for _, _, weight in names.SURNAMES))
    cities = rng.choices(range(len(CITIES)), cum_weights=city_weights, k=plan.people)
    professions = rng.choices(range(len(PROFESSIONS)), cum_weights=profession_weights, k=plan.people)
    seconds = rng.choices(range(len(PROFESSIONS)), cum_weights=profession_weights, k=plan.people)
    surnames = rng.choices(names.SURNAMES, cum_weights=surname_weights, k=plan.people)
    ranks = list(range(plan.people))
    rng.shuffle(ranks)
    _give_rank(ranks, RECRUITER, plan.people * 3 // 100)
    _give_rank(ranks, PROFESSIONAL, plan.people // 2)
    professions[RECRUITER], professions[PROFESSIONAL] = HR, BACKEND
    _enough_recruiters(plan, professions)
    taken = set(_TAKEN)
    people = []
    for index in range(plan.people):
        profession = professions[index]
        years = rng.randint(0, 1) if profession == STUDENT else min(15, 1 + int(rng.expovariate(0.22)))
        name, username = _name(rng, surnames[index], CITIES[cities[index]].slug)
        people.append(
            Person(
                username=_unused(rng, username, taken),
                name=name,
                profession=profession,
                second=seconds[index],
                role=rng.randrange(len(PROFESSIONS[profession].roles)),
                city=cities[index],
                years=years,
                joined=_joined(plan, rng),
                language="en" if name.isascii() and rng.random() < 0.5 else "zh",
                rank=ranks[index],
            )
        )
    _be_logins(plan, people)
    return people


def headline(person: Person, organization: str | None, year: int, rng: Random) -> str:
    """One line under the name."""
    city = CITIES[person.city].name
    profession = PROFESSIONS[person.profession]
    if person.language == "en":
        return f"{_ENGLISH_TITLES[profession.key]} · {EN_CITIES[city]}"
    if organization is not None:
        return f"{person.title} · {organization} · {city}"
    if person.profession == STUDENT:
        return rng.choice(
            (
                f"计算机在读 · {city}",
                f"{year + 2 - person.years} 届 · 找实习中 · {city}",
                f"研究生在读，{profession.skills[0]} 入门 · {city}",
            )
        )
    years = f"{person.years} 年经验"
    return rng.choice(
        (
            f"{person.title} · {city}",
            f"{person.title} · {city}",
            f"{person.title} · {city} · {years}",
            f"{person.title}，主用 {rng.choice(profession.skills[:4])} · {city}"
            if profession.key in _TECHNICAL
            else f"{person.title} · {city}",
            f"{city} · {profession.topic} · {years}",
        )
    )


def _give_rank(ranks: list[int], index: int, rank: int) -> None:
    other = ranks.index(rank)
    ranks[index], ranks[other] = ranks[other], ranks[index]


def _enough_recruiters(plan: Plan, professions: list[int]) -> None:
    """Every organisation has an owner of its own: small worlds may need a few more recruiters."""
    missing = plan.organizations - sum(profession == HR for profession in professions)
    for index in range(PROFESSIONAL + 1, plan.people):
        if missing <= 0:
            return
        if professions[index] != HR:
            professions[index] = HR
            missing -= 1


def _joined(plan: Plan, rng: Random) -> int:
    """Most were here before the window of posts; some came during its first two thirds."""
    if rng.random() < 0.85:
        return plan.start - 1 - int(rng.random() ** 1.5 * 540 * DAY)
    return plan.start + int(rng.random() * plan.days * 2 / 3 * DAY)


def _name(rng: Random, surname: tuple[str, str, int], city: str) -> tuple[str, str]:
    family, family_spelt, _ = surname
    first, second = rng.choice(names.FIRST), rng.choice(names.SECOND)
    spelt = f"{first[1]}{second[1]}" if rng.random() < 0.8 else second[1]
    given = first[0] + second[0] if spelt != second[1] else second[0]
    kind = rng.random()
    if kind < 0.66:
        display = family + given
    elif kind < 0.88:
        display, ending = rng.choice(names.NICKNAMES)
        animal, animal_spelt = rng.choice(names.NICK_ENDINGS)
        return display + animal, rng.choice(
            (f"{ending}_{animal_spelt}", f"{animal_spelt}_{city}", f"{ending}{animal_spelt}")
        )
    elif kind < 0.94:
        display = rng.choice(names.ENGLISH) + " " + family_spelt.capitalize()
        return display, display.lower().replace(" ", rng.choice(("", "_")))
    else:
        display = rng.choice(("小", "阿", "老")) + (second[0] if kind < 0.97 else family)
    username = rng.choice(
        (
            family_spelt + spelt,
            f"{family_spelt}_{spelt}",
            f"{spelt}_{family_spelt}",
            f"{spelt}_{rng.choice(names.HANDLE_WORDS)}",
            f"{family_spelt}{spelt}{rng.randint(85, 99)}",
            f"{spelt}_{city}",
        )
    )
    return display, username


def _unused(rng: Random, username: str, taken: set[str]) -> str:
    candidate = username
    while candidate in taken:
        candidate = f"{username}{rng.randint(1, 99)}" if rng.random() < 0.7 else f"{username}_{rng.randint(100, 9999)}"
    taken.add(candidate)
    return candidate


def _be_logins(plan: Plan, people: list[Person]) -> None:
    """The two people one can sign in as."""
    recruiter, professional = people[RECRUITER], people[PROFESSIONAL]
    recruiter.username, recruiter.name, recruiter.role, recruiter.years = "zhaopin", "林晓招聘", 0, 8
    professional.username, professional.name, professional.role, professional.years = "gongcheng", "程亦舟", 0, 5
    for person in (recruiter, professional):
        person.language, person.city, person.joined = "zh", HANGZHOU, plan.start - 200 * DAY + person.rank
