"""Organisations, their seats, and their jobs' facts."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from app.demo import names
from app.demo.facts import CITIES, EDUCATION, SALARY_MONTHS
from app.demo.people import HANGZHOU, PROFESSIONAL, RECRUITER, Person, levelled
from app.demo.plan import DAY, Plan
from app.demo.professions import BACKEND, CODING, HR, PROFESSIONS, STUDENT

_T = TypeVar("_T")
FLAGSHIP = 0
_BY_KEY = {profession.key: index for index, profession in enumerate(PROFESSIONS)}
_YEARS = (0, 1, 3, 6)
_PAY = (0.66, 1.0, 1.35, 1.75)
_ENGLISH = {
    "backend": "Backend Engineer",
    "frontend": "Frontend Engineer",
    "ml": "Machine Learning Engineer",
    "data": "Data Analyst",
    "sre": "Site Reliability Engineer",
    "product": "Product Manager",
    "design": "Product Designer",
    "qa": "Test Engineer",
    "mobile": "Mobile Engineer",
    "security": "Security Engineer",
    "embedded": "Embedded Engineer",
    "ops": "Community Manager",
    "student": "Engineering Intern",
    "hr": "Technical Recruiter",
}
_ENGLISH_LEVELS = ("Junior ", "", "Senior ", "Staff ")


@dataclass(slots=True)
class Organization:
    """An employer; `recruiters` are the people with a seat who may post jobs, the owner first."""

    name: str
    slug: str
    city: int
    professions: tuple[int, ...]
    recruiters: list[int]
    viewers: list[int]
    verified: bool
    created: int


@dataclass(slots=True)
class Job:
    """A job's facts. `post` is its index among the posts, `hires` how many it ends up with."""

    organization: int
    author: int
    profession: int
    title: str
    level: int
    city: int
    workplace: str
    employment: str
    low: int | None
    high: int | None
    months: int | None
    headcount: int
    education: str | None
    skills: tuple[str, ...]
    requirements: tuple[str, ...]
    language: str
    state: str
    hires: int = 0
    post: int = -1
    closed: int | None = None
    valid: date = date.min

    @property
    def experience(self) -> int:
        return 0 if self.profession == STUDENT else _YEARS[self.level]

    @property
    def locations(self) -> list[dict[str, Any]]:
        city = CITIES[self.city]
        return [{"city": city.name, "region": city.region, "country": "CN", "name": city.name}]


def make_organizations(plan: Plan, people: list[Person], rng: Random) -> list[Organization]:
    """Employers with their owners; every recruiter has a seat somewhere."""
    recruiters = [index for index, person in enumerate(people) if person.profession == HR and index != RECRUITER]
    rng.shuffle(recruiters)
    owners = [RECRUITER, *recruiters][: plan.organizations]
    chosen = _names(plan.organizations, rng)
    organizations = []
    for index, owner in enumerate(owners):
        name, slug, keys = chosen[index]
        people[owner].organization = index
        organizations.append(
            Organization(
                name=name,
                slug=slug,
                city=people[owner].city,
                professions=tuple(_BY_KEY[key] for key in keys),
                recruiters=[owner],
                viewers=[],
                verified=index == FLAGSHIP or rng.random() < 0.5,
                created=people[owner].joined + 1 + int(rng.random() * DAY),
            )
        )
    for recruiter in recruiters[plan.organizations - 1 :]:
        index = rng.randrange(1, len(organizations))
        people[recruiter].organization = index
        organizations[index].recruiters.append(recruiter)
    for organization in organizations:
        viewer = rng.randrange(PROFESSIONAL + 1, len(people))
        if rng.random() < 0.3 and people[viewer].profession != HR:
            organization.viewers.append(viewer)
    _seat(people, organizations)
    flagship = organizations[FLAGSHIP]
    flagship.professions = (BACKEND, _BY_KEY["ml"], _BY_KEY["frontend"])
    return organizations


def _seat(people: list[Person], organizations: list[Organization]) -> None:
    for index, organization in enumerate(organizations):
        for member in (*organization.recruiters, *organization.viewers):
            people[member].seats.append(index)


def _names(count: int, rng: Random) -> list[tuple[str, str, tuple[str, ...]]]:
    pairs = [(first, field) for first in names.ORG_FIRST for field in names.ORG_FIELDS]
    rng.shuffle(pairs)
    made: list[tuple[str, str, tuple[str, ...]]] = []
    for number in range(count):
        first, (kind, keys) = pairs[number % len(pairs)]
        series = number // len(pairs)
        place = f"（{CITIES[(series - 1) % len(CITIES)].name}）" if series else ""
        again = f"{series // len(CITIES) + 1} 部" if series > len(CITIES) else ""
        made.append((f"{first}{kind}{place}{again}", f"org{number + 1}", keys))
    return made


def make_jobs(plan: Plan, people: list[Person], organizations: list[Organization], rng: Random) -> list[Job]:
    """Every job's facts, open ones first; the first is the recruiter login's."""
    weights = list(accumulate(1 / (index % 17 + 3) for index in range(len(organizations))))
    states = ["open"] * plan.open_jobs + ["filled"] * plan.filled_jobs + ["closed"] * plan.closed_jobs
    jobs = []
    for number, state in enumerate(states):
        index = FLAGSHIP if number < 6 else rng.choices(range(len(organizations)), cum_weights=weights)[0]
        organization = organizations[index]
        job = _job(rng, index, organization, rng.choice(organization.recruiters), state)
        if number == 0:
            _first(job, people)
        jobs.append(job)
    return jobs


def valid_through(plan: Plan, job: Job, published: int, rng: Random) -> date:
    """An open job stays valid for one to ten weeks more; another one was to for a while after publication."""
    if job.state == "open":
        return (plan.now + timedelta(days=rng.randint(7, 70))).date()
    return (plan.now + timedelta(days=30) - timedelta(milliseconds=plan.end - published)).date()


def _first(job: Job, people: list[Person]) -> None:
    """The job whose path through the network the demo shows."""
    role = PROFESSIONS[BACKEND]
    job.profession, job.level, job.author, job.city, job.language = BACKEND, 2, RECRUITER, HANGZHOU, "zh"
    job.title, job.workplace, job.employment = "高级后端工程师（推荐平台）", "hybrid", "FULL_TIME"
    job.low, job.high, job.months, job.headcount, job.education = 30_000, 45_000, 15, 3, "bachelor"
    job.skills, job.requirements = ("Python", "PostgreSQL", "Redis", "Kafka"), role.demands[:4]


def _job(rng: Random, index: int, organization: Organization, author: int, state: str) -> Job:
    chance = rng.random()
    if chance < 0.78:
        number = rng.choice(organization.professions)
    else:
        number = STUDENT if chance < 0.86 else rng.choices(range(len(PROFESSIONS)), [p.weight for p in PROFESSIONS])[0]
    profession = PROFESSIONS[number]
    role = rng.choice(profession.roles)
    level = 0 if number == STUDENT else rng.choices((0, 1, 2, 3), (14, 46, 30, 10))[0]
    city = organization.city if rng.random() < 0.75 else rng.choices(range(len(CITIES)), [c.weight for c in CITIES])[0]
    english = rng.random() < 0.04
    low, high = _pay(rng, role.low, role.high, 1.0 if number == STUDENT else _PAY[level] * CITIES[city].pay)
    negotiable = rng.random() < 0.03
    intern = number == STUDENT
    headcount = rng.choices((1, 2, 3, 5, 10), (50, 27, 12, 8, 3))[0]
    return Job(
        organization=index,
        author=author,
        profession=number,
        title=_title(rng, number, role.title, level, english),
        level=level,
        city=city,
        workplace=rng.choices(("on_site", "hybrid", "remote"), (66, 25, 9))[0],
        employment="INTERN" if intern else rng.choices(("FULL_TIME", "CONTRACTOR", "PART_TIME"), (95, 3, 2))[0],
        low=None if negotiable else low,
        high=None if negotiable else high,
        months=None if negotiable else 12 if intern else _weighted(rng, SALARY_MONTHS),
        headcount=headcount if state == "open" else min(headcount, 2),
        education=_weighted(rng, EDUCATION),
        skills=tuple(_skills(rng, profession.key, role.title, profession.skills)),
        requirements=_english_demands(profession.skills)
        if english
        else tuple(rng.sample(profession.demands, rng.randint(3, 4))),
        language="en" if english else "zh",
        state=state,
    )


def _title(rng: Random, number: int, title: str, level: int, english: bool) -> str:
    profession = PROFESSIONS[number]
    if english:
        return ("" if number == STUDENT else _ENGLISH_LEVELS[level]) + _ENGLISH[profession.key]
    if number == STUDENT:
        return title
    direction = rng.random()
    ending = f"（{rng.choice(_TECHNICAL if profession.key in CODING else _DIRECTIONS)}）" if direction < 0.3 else ""
    return f"{levelled(level, title) if level else title}{ending}"


_DIRECTIONS = ("增长业务", "新业务", "商业化", "国际业务", "创新项目")
_TECHNICAL = (*_DIRECTIONS, "平台方向", "基础架构组", "中台")


def _skills(rng: Random, key: str, title: str, skills: tuple[str, ...]) -> list[str]:
    """A title's own skills come first; those of the profession's other titles stay out: no Swift for Android."""
    owned = _OWN.get(key, {})
    own = next((words for part, words in owned.items() if part in title), ())
    if key == "student":
        return rng.sample(own, min(len(own), 4))
    others = {skill for words in owned.values() for skill in words} if own else set()
    rest = [skill for skill in skills if skill not in others]
    return [*own, *rng.sample(rest, min(len(rest), rng.randint(3, 4) - len(own) // 2))]


_OWN: dict[str, dict[str, tuple[str, ...]]] = {
    "backend": {"Java": ("Java", "Spring Boot"), "Go": ("Go", "gRPC"), "Python": ("Python", "FastAPI")},
    "frontend": {"小程序": ("小程序",)},
    "ml": {"推荐": ("推荐系统", "特征工程"), "大模型": ("大模型", "RAG"), "图像": ("PyTorch", "CUDA")},
    "mobile": {"Android": ("Kotlin", "Jetpack Compose"), "iOS": ("Swift",), "鸿蒙": ("ArkTS",), "跨端": ("Flutter",)},
    "student": {
        "后端": ("Java", "Python", "Git", "Linux", "数据结构"),
        "数据": ("SQL", "Python", "Excel", "Git"),
        "产品": ("需求分析", "SQL", "Figma", "用户访谈"),
        "前端": ("TypeScript", "Vue", "CSS", "Git"),
    },
}


def _english_demands(skills: tuple[str, ...]) -> tuple[str, ...]:
    return (
        f"Solid experience with {skills[0]}",
        "Clear writing in English or Chinese",
        "You have run something in production and can tell the story",
    )


def _pay(rng: Random, low: int, high: int, factor: float) -> tuple[int, int]:
    factor *= rng.uniform(0.9, 1.12)
    least = max(3, round(low * factor))
    return least * 1000, max(least + 1, round(high * factor)) * 1000


def _weighted(rng: Random, table: tuple[tuple[_T, int], ...]) -> _T:
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]


def description(job: Job, organization: Organization, rng: Random) -> str:
    """The job's description as HTML."""
    profession = PROFESSIONS[job.profession]
    city = CITIES[job.city].name
    skills = "、".join(job.skills)
    if job.language == "en":
        return (
            f"<p>{organization.name} is growing its team in {city}. You will own a part of the product from "
            f"design to production.</p><ul><li>Design, build and run what you ship</li><li>Work daily with "
            f"{', '.join(job.skills)}</li><li>Review and teach</li></ul>"
            f"<p>We answer every application within a week.</p>"
        )
    duties = "".join(
        f"<li>{duty}</li>" for duty in rng.sample(profession.duties, min(len(profession.duties), rng.randint(3, 4)))
    )
    perks = "、".join(rng.sample(_PERKS, 4))
    return (
        f"<p>{rng.choice(_ABOUT).format(name=organization.name, city=city, topic=profession.topics[0])}</p>"
        f"<h3>你会做什么</h3><ul>{duties}</ul>"
        f"<h3>我们用什么</h3><p>{skills}。</p>"
        f"<h3>第一年</h3><p>{rng.choice(_FIRST_YEAR)}</p><h3>待遇</h3><p>{perks}。</p>"
    )


_ABOUT = (
    "{name}的{city}团队正在找一位愿意把事情做扎实的同事。",
    "{name}在{city}，规模不大，每个人负责一件完整的事。",
    "我们是{name}，今年开始重做核心产品，{topic}这一块需要有人牵头。",
    "{name}的业务走到了第二个阶段：用户有了，接下来要把体验和稳定性补齐。",
    "{name}，一群喜欢把复杂流程变简单的人，办公室在{city}，靠近地铁。",
)
_FIRST_YEAR = (
    "三个月内熟悉业务并独立负责一个模块，一年内能带着一位新同事一起做。",
    "前两周跟着同事走一遍真实流程，半年内把一个老问题彻底解决。",
    "入职就有明确的第一个任务，季度末一起复盘，目标由你和组长一起定。",
    "先修好三个小问题，再做一个中等的改造，年底前负责一条完整的业务线。",
)
_PERKS = (
    "五险一金全额缴纳",
    "年假十天起",
    "弹性上下班",
    "每年体检",
    "学习经费",
    "午餐补贴",
    "周三不开会",
    "设备自选",
    "生日假",
    "租房补贴",
    "不打卡",
    "年度旅行",
)
