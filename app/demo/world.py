"""The demo world as rows of tables, generated from a plan: no database, no clock, no chance beside the seed."""

from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from typing import Any

from app.demo.employers import Job, Organization, description, make_jobs, make_organizations
from app.demo.facts import CITIES
from app.demo.graph import make_graph
from app.demo.history import History
from app.demo.outcomes import Outcomes
from app.demo.people import PROFESSIONAL, RECRUITER, Person, headline, make_people
from app.demo.plan import DAY, Plan, moment
from app.demo.posts import INFERENCES, JOB, KINDS, POST, QUOTE, REPLY, REPOST, VISIBILITIES, Posts
from app.demo.professions import PROFESSIONS
from app.demo.tables import Row, Table, rising_ids
from app.demo.templates import GENRES
from app.demo.writer import Writer
from app.jobs.rendering import job_post_text, place_line, salary_line
from app.organizations.rules import UNVERIFIED
from app.posts.text import tags as tags_in

Report = Callable[[str, int, int], None]


class World:
    """One generated world. Skeletons are kept in columns; words are written while rows are read."""

    def __init__(self, plan: Plan, report: Report | None = None) -> None:
        tell = report or (lambda stage, done, total: None)
        self.plan = plan
        tell("人物", 0, plan.people)
        self.people = make_people(plan, self._random("people"))
        tell("人物", plan.people, plan.people)
        self.graph = make_graph(plan, self.people, self._random("graph"))
        tell("关注", plan.people, plan.people)
        self.organizations = make_organizations(plan, self.people, self._random("organizations"))
        self.jobs = make_jobs(plan, self.people, self.organizations, self._random("jobs"))
        history = History(plan, self.people, self.graph, self.organizations, self.jobs, self._random("history"))
        history.happen(lambda done, total: tell("帖子", done, total))
        self.posts: Posts = history.posts
        self.applications = history.applications
        self.account_ids = rising_ids([person.joined for person in self.people])
        self.order = sorted(range(len(self.posts)), key=self.posts.at.__getitem__)
        self.post_ids = rising_ids(self.posts.at, self.order)
        self.organization_ids = rising_ids([organization.created for organization in self.organizations])
        self._job_created = [
            max(self.posts.at[job.post] - 1_800_000, self.organizations[job.organization].created + 1)
            for job in self.jobs
        ]
        self.job_ids = rising_ids(self._job_created)
        self.application_ids = rising_ids([application.at for application in self.applications])
        self._outcomes = Outcomes(
            plan,
            self.posts,
            self.organizations,
            self.jobs,
            self.applications,
            self._random("outcomes"),
            account_ids=self.account_ids,
            post_ids=self.post_ids,
            application_ids=self.application_ids,
        )
        self._job_of_post = {job.post: number for number, job in enumerate(self.jobs)}

    @property
    def follows_count(self) -> int:
        return self.graph.count()

    def tables(self) -> list[Table]:
        """Every table's rows, in the order their foreign keys ask for."""
        originals = sum(kind != REPOST for kind in self.posts.kind)
        nodes = sum(root >= 0 for root in self.posts.root)
        seats = sum(len(person.seats) for person in self.people)
        return [
            Table("accounts", _ACCOUNTS, len(self.people), self._accounts),
            Table("account_stats", _ACCOUNT_STATS, len(self.people), self._account_stats),
            Table("follows", _FOLLOWS, self.follows_count, self._follows),
            Table("organizations", _ORGANIZATIONS, len(self.organizations), self._organizations),
            Table("seats", _SEATS, seats, self._seats),
            Table("posts", _POSTS, len(self.posts), self._posts),
            Table("post_stats", _POST_STATS, originals, self._post_stats),
            Table("cascade_nodes", _CASCADE_NODES, nodes, self._cascade_nodes),
            Table("jobs", _JOBS, len(self.jobs), self._jobs),
            Table("applications", _APPLICATIONS, len(self.applications), self._applications),
            *self._outcomes.tables(),
        ]

    def _random(self, part: str) -> Random:
        # A generator per part: more words in one place must not change who follows whom.
        return Random(f"{self.plan.seed}:{part}")

    def _accounts(self) -> Iterator[Row]:
        rng = self._random("accounts")
        writer = Writer(self.people, rng)
        year = self.plan.now.year
        owned = {one.recruiters[0]: one for one in self.organizations if one.verified}
        for index, person in enumerate(self.people):
            employer = self.organizations[person.organization].name if person.organization >= 0 else None
            yield (
                self.account_ids[index],
                person.username,
                person.username.lower(),
                f"{person.username.lower()}@example.com",
                None,
                person.name,
                headline(person, employer, year, rng) if index != PROFESSIONAL else "后端工程师 · 杭州",
                _RECRUITER_NOTE if index == RECRUITER else writer.note(index),
                _fields(person, rng),
                person.language,
                False,
                index in (RECRUITER, PROFESSIONAL) or rng.random() < 0.95,
                moment(person.joined),
                *self._badge(index, headline(person, employer, year, Random(index)), owned.get(index)),
            )

    def _badge(
        self, index: int, said: str, organization: Organization | None
    ) -> tuple[str | None, str, datetime | None]:
        """Who has a V, what as, since when: owners of verified employers, and the most followed people."""
        person = self.people[index]
        if organization is not None:
            return "organization", f"{organization.name}官方招聘账号", moment(organization.created + DAY)
        if person.rank < max(3, len(self.people) // 100):
            return "person", said, moment(person.joined + DAY)
        return None, "", None

    def _account_stats(self) -> Iterator[Row]:
        written = array("i", bytes(4 * len(self.people)))
        last = array("q", bytes(8 * len(self.people)))
        for author, at in zip(self.posts.author, self.posts.at, strict=True):
            written[author] += 1
            if at > last[author]:
                last[author] = at
        for index in range(len(self.people)):
            yield (
                self.account_ids[index],
                len(self.graph.followers[index]),
                len(self.graph.following[index]),
                written[index],
                moment(last[index]) if last[index] else None,
            )

    def _follows(self) -> Iterator[Row]:
        chance = self._random("follows").random
        account_ids, people, end = self.account_ids, self.people, self.plan.end
        for follower in sorted(range(len(people)), key=account_ids.__getitem__):
            id, joined = account_ids[follower], people[follower].joined
            for followee in self.graph.following[follower]:
                since = max(joined, people[followee].joined)
                # Most follows are made early on: the square leans to the beginning.
                at = since + int((end - since) * chance() ** 2)
                yield id, account_ids[followee], chance() >= 0.03, chance() < 0.02, moment(at)

    def _organizations(self) -> Iterator[Row]:
        for index, organization in enumerate(self.organizations):
            yield (
                self.organization_ids[index],
                organization.name,
                f"https://{organization.slug}.example.com",
                f"{organization.name}，总部在{CITIES[organization.city].name}，做自己的产品。",
                self.account_ids[organization.recruiters[0]],
                moment(organization.created + DAY) if organization.verified else None,
                moment(organization.created),
            )

    def _seats(self) -> Iterator[Row]:
        for index, organization in enumerate(self.organizations):
            owner = organization.recruiters[0]
            for member in (*organization.recruiters, *organization.viewers):
                role = "owner" if member == owner else "viewer" if member in organization.viewers else "recruiter"
                since = max(organization.created, self.people[member].joined)
                yield self.organization_ids[index], self.account_ids[member], role, moment(since)

    def _posts(self) -> Iterator[Row]:
        posts, people, writer = self.posts, self.people, Writer(self.people, self._random("words"))
        for index in self.order:
            author, kind, ref = posts.author[index], posts.kind[index], posts.ref[index]
            text, tags, mentions, language = self._words(index, writer)
            target = self.post_ids[ref] if ref >= 0 else None
            yield (
                self.post_ids[index],
                author_id := self.account_ids[author],
                KINDS[kind],
                text,
                VISIBILITIES[posts.visibility[index]],
                language,
                target if kind == REPLY else None,
                (self.account_ids[posts.author[ref]] if ref >= 0 else author_id) if kind == REPLY else None,
                self.post_ids[self._thread(ref)] if kind == REPLY and ref >= 0 else None,
                target if kind == REPOST else None,
                target if kind == QUOTE else None,
                "accepted" if kind == QUOTE else None,
                tags,
                [{"id": self.account_ids[other], "username": people[other].username} for other in mentions],
                moment(posts.at[index]),
            )

    def _thread(self, index: int) -> int:
        """The first post of the thread that `index` is in."""
        while self.posts.kind[index] == REPLY and self.posts.ref[index] >= 0:
            index = self.posts.ref[index]
        return index

    def _words(self, index: int, writer: Writer) -> tuple[str, list[str], list[int], str]:
        """Text, topics, people mentioned, and language of one post."""
        posts = self.posts
        author, kind, ref = posts.author[index], posts.kind[index], posts.ref[index]
        genre = GENRES[posts.genre[index]]
        if kind == JOB:
            published = self.jobs[self._job_of_post[index]]
            text = self._job_text(published, self._job_of_post[index])
            return text, tags_in(text), [], published.language
        if kind == REPOST:
            root = self._job_of_post.get(posts.root[index])
            english = self.jobs[root].language == "en" if root is not None else genre.key == "english"
            return "", [], [], "en" if english else "zh"
        following = self.graph.following[author]
        if kind == POST:
            text = writer.post(author, genre, following)
            language = "en" if genre.key == "english" else "zh"
        elif kind == QUOTE:
            parent = posts.parent[index]
            seen = self.people[posts.author[parent]].name if parent != posts.root[index] else None
            number = self._job_of_post.get(posts.root[index])
            job = None if number is None else (self.jobs[number].profession, self.jobs[number].city)
            text = writer.quote(author, job, genre.replies, following, seen)
            language = "en" if text.isascii() else "zh"
        else:
            above = posts.ref[ref]
            answer = posts.kind[ref] == REPLY and posts.author[above] == author
            about = (
                "job"
                if posts.kind[ref] == JOB or (posts.kind[ref] == QUOTE and posts.root[ref] in self._job_of_post)
                else genre.replies
            )
            text = writer.reply(author, posts.author[ref], about, answer=answer)
            language = "en" if about == "english" and not answer else "zh"
        return text, writer.tags, list(dict.fromkeys(writer.mentioned)), language

    def _job_text(self, job: Job, number: int) -> str:
        organization = self.organizations[job.organization]
        return job_post_text(
            title=job.title,
            organization=organization.name,
            label=None if organization.verified else UNVERIFIED,
            place=place_line(job.locations, job.workplace),
            salary=salary_line(
                currency="CNY",
                low=job.low,
                high=job.high,
                interval="MONTH",
                months=job.months,
                negotiable=job.low is None,
            ),
            headcount=job.headcount,
            valid_through=job.valid,
            skills=job.skills,
            url=f"{self.plan.site_url}/jobs/{self.job_ids[number]}",
            state=job.state,
        )

    def _post_stats(self) -> Iterator[Row]:
        size = 4 * len(self.posts)
        counts = {kind: array("i", bytes(size)) for kind in (REPLY, REPOST, QUOTE)}
        for kind, ref in zip(self.posts.kind, self.posts.ref, strict=True):
            if ref >= 0:
                counts[kind][ref] += 1
        for index in self.order:
            if self.posts.kind[index] != REPOST:
                author_id = self.account_ids[self.posts.author[index]]
                yield self.post_ids[index], author_id, *(counts[kind][index] for kind in (REPLY, REPOST, QUOTE))

    def _cascade_nodes(self) -> Iterator[Row]:
        posts = self.posts
        for index in self.order:
            if posts.root[index] >= 0:
                inference, confidence = INFERENCES[posts.inference[index]]
                yield (
                    self.post_ids[index],
                    self.post_ids[posts.root[index]],
                    self.post_ids[posts.parent[index]],
                    self.account_ids[posts.author[index]],
                    posts.depth[index],
                    inference,
                    confidence,
                    moment(posts.at[index]),
                )

    def _jobs(self) -> Iterator[Row]:
        rng = self._random("descriptions")
        for number, job in enumerate(self.jobs):
            published = moment(self.posts.at[job.post])
            paid = job.low is not None
            yield (
                self.job_ids[number],
                self.post_ids[job.post],
                self.organization_ids[job.organization],
                self.account_ids[job.author],
                job.state,
                job.title,
                description(job, self.organizations[job.organization], rng),
                list(job.requirements),
                job.headcount,
                job.locations,
                job.workplace,
                job.employment,
                "CNY" if paid else None,
                job.low,
                job.high,
                "MONTH" if paid else None,
                job.months,
                not paid,
                job.low,
                job.high,
                job.experience,
                job.education,
                list(job.skills),
                job.language,
                job.valid,
                moment(self._job_created[number]),
                moment(job.closed) if job.closed else published,
                published,
                moment(job.closed) if job.closed else None,
            )

    def _applications(self) -> Iterator[Row]:
        writer = Writer(self.people, self._random("applications"))
        for number, application in enumerate(self.applications):
            job = self.jobs[application.job]
            inference, confidence = INFERENCES[application.inference]
            at = moment(application.at)
            yield (
                self.application_ids[number],
                self.job_ids[application.job],
                self.account_ids[application.applicant],
                self.post_ids[application.via],
                inference,
                confidence,
                application.stage,
                writer.application(
                    application.applicant,
                    job.profession,
                    english=job.language == "en",
                    reposted=application.via != job.post,
                ),
                at,
                at,
                moment(self._outcomes.moved[number]),
            )


_RECRUITER_NOTE = "帮工程团队找同事，岗位、薪资和流程都写在帖子里。三天内必回，不合适也会告诉你原因。"
_ACCOUNTS = (
    "id",
    "username",
    "handle",
    "email",
    "password_hash",
    "display_name",
    "headline",
    "note",
    "fields",
    "language",
    "bot",
    "discoverable",
    "created_at",
    "verified_kind",
    "verified_reason",
    "verified_at",
)
_ACCOUNT_STATS = ("account_id", "followers_count", "following_count", "posts_count", "last_post_at")
_FOLLOWS = ("follower_id", "followee_id", "reposts", "notify", "created_at")
_ORGANIZATIONS = ("id", "name", "url", "profile", "created_by", "verified_at", "created_at")
_SEATS = ("organization_id", "account_id", "role", "created_at")
_POSTS = (
    "id",
    "author_id",
    "kind",
    "text",
    "visibility",
    "language",
    "in_reply_to_id",
    "in_reply_to_account_id",
    "conversation_id",
    "repost_of_id",
    "quote_of_id",
    "quote_state",
    "tags",
    "mentions",
    "created_at",
)
_POST_STATS = ("post_id", "author_id", "replies_count", "reposts_count", "quotes_count")
_CASCADE_NODES = ("post_id", "root_id", "parent_id", "account_id", "depth", "inference", "confidence", "created_at")
_JOBS = (
    "id",
    "post_id",
    "organization_id",
    "author_id",
    "state",
    "title",
    "description_html",
    "requirements",
    "headcount",
    "locations",
    "workplace_type",
    "employment_type",
    "salary_currency",
    "salary_min",
    "salary_max",
    "salary_interval",
    "salary_months",
    "salary_negotiable",
    "monthly_min",
    "monthly_max",
    "experience_min_years",
    "education",
    "skills",
    "language",
    "valid_through",
    "created_at",
    "updated_at",
    "published_at",
    "closed_at",
)
_APPLICATIONS = (
    "id",
    "job_id",
    "applicant_id",
    "via_post_id",
    "inference",
    "confidence",
    "stage",
    "message",
    "consent_at",
    "created_at",
    "moved_at",
)


def _fields(person: Person, rng: Random) -> list[dict[str, Any]]:
    """The table on a profile, for those who filled it in."""
    if rng.random() < 0.4:
        return []
    profession = PROFESSIONS[person.profession]
    fields = [{"name": "城市", "value": CITIES[person.city].name}]
    if person.years > 0:
        fields.append({"name": "经验", "value": f"{person.years} 年"})
    if rng.random() < 0.6:
        fields.append({"name": "常用", "value": "、".join(rng.sample(profession.skills, 3))})
    return fields
