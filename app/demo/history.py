"""What happens in the world's 90 days: posts, cascades, replies, applications — as skeletons, without words."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from app.demo.cascades import Grower, cascade_size, is_repostable
from app.demo.employers import Job, Organization, valid_through
from app.demo.graph import Graph
from app.demo.people import PROFESSIONAL, Person
from app.demo.plan import DAY, Plan
from app.demo.posts import DIRECT, EXPLICIT, FOLLOW, JOB, POST, PRIVATE, PUBLIC, REPLY, REPOST, UNLISTED, Hours, Posts
from app.demo.professions import HR, STUDENT
from app.demo.writer import draw_genre

Report = Callable[[int, int], None]
_OPEN_STAGES = (("applied", 46), ("screen", 20), ("interview", 15), ("offer", 4), ("rejected", 11), ("withdrawn", 4))
_OVER_STAGES = (("rejected", 82), ("withdrawn", 10), ("interview", 8))


@dataclass(slots=True)
class Application:
    job: int
    applicant: int
    via: int
    inference: int
    stage: str
    at: int


class History:
    """Fills `posts` and `applications`; each job gets its post and closing time."""

    def __init__(
        self,
        plan: Plan,
        people: list[Person],
        graph: Graph,
        organizations: list[Organization],
        jobs: list[Job],
        rng: Random,
    ) -> None:
        self._plan, self._people, self._graph, self._rng = plan, people, graph, rng
        self._organizations, self._jobs = organizations, jobs
        self._hours = Hours(plan)
        self.posts = Posts()
        self.applications: list[Application] = []
        self._nodes_of: dict[int, array[int]] = {}

    def happen(self, report: Report) -> None:
        """Everything, in the order in which things depend on each other."""
        total = self._plan.posts
        grower = Grower(self._plan, self._people, self._graph, self.posts, self._rng)
        self._publish_jobs()
        starts = self._write_posts(total - len(self.posts) - self._plan.reposts - self._plan.replies)
        report(len(self.posts), total)
        self._travel(grower, starts, report)
        self._reply(total - len(self.posts))
        report(len(self.posts), total)
        self._apply()
        self._introduce()

    def _publish_jobs(self) -> None:
        for number, job in enumerate(self._jobs):
            published = self._hours.draw(
                self._rng,
                max(self._plan.start, self._organizations[job.organization].created, self._people[job.author].joined),
            )
            if number == 0:
                published = self._plan.end - 12 * DAY - 7_200_000
            job.post = self.posts.add(job.author, published, JOB)
            job.valid = valid_through(self._plan, job, published, self._rng)
            if job.state != "open":
                left = self._plan.end - published
                job.closed = published + int(left * self._rng.uniform(0.35, 0.9))

    def _write_posts(self, count: int) -> list[int]:
        """Ordinary posts, all of one author in a row; where each author's begin (one more entry than people)."""
        rng, posts = self._rng, self.posts
        busy = [
            rng.lognormvariate(0, 1.0) * (1.8 if person.rank < self._plan.people // 20 else 1.0)
            for person in self._people
        ]
        wanted = [0] * len(self._people)
        for author in rng.choices(range(len(self._people)), cum_weights=list(accumulate(busy)), k=count):
            wanted[author] += 1
        starts = [len(posts)]
        for author, person in enumerate(self._people):
            earliest = max(self._plan.start, person.joined)
            for _ in range(wanted[author]):
                draw = rng.random()
                visibility = PUBLIC if draw < 0.94 else UNLISTED if draw < 0.98 else PRIVATE
                posts.add(
                    author, self._hours.draw(rng, earliest), POST, genre=draw_genre(rng, person), visibility=visibility
                )
            starts.append(len(posts))
        return starts

    def _travel(self, grower: Grower, starts: list[int], report: Report) -> None:
        """Cascades: the flagship's, then the jobs', then those of ordinary posts by the better known."""
        rng, posts, plan = self._rng, self.posts, self._plan
        left = plan.reposts
        most = 20 + plan.people // 10
        for number, job in enumerate(self._jobs):
            if number == 0:
                size, chain = min(90, 24 + plan.people // 50), 5
            else:
                size, chain = (cascade_size(rng, most) if rng.random() < 0.6 else 0), 0
            nodes = grower.grow(
                job.post, min(size, left), chain=chain, barred=frozenset({PROFESSIONAL} if number == 0 else ())
            )
            left -= len(nodes)
            if nodes:
                self._nodes_of[number] = array("i", nodes)
        known = list(accumulate(1 / (person.rank + 10) for person in self._people))
        told = set()
        tries = 0
        while left > 0 and tries < 6 * plan.reposts:
            tries += 1
            author = rng.choices(range(len(self._people)), cum_weights=known)[0]
            if starts[author] == starts[author + 1]:
                continue
            root = rng.randrange(starts[author], starts[author + 1])
            if root in told or not is_repostable(posts, root):
                continue
            told.add(root)
            left -= len(grower.grow(root, min(cascade_size(rng, most), left)))
            if tries % 500 == 0:
                report(len(posts), plan.posts)

    def _reply(self, count: int) -> None:
        """Replies, mostly by followers, mostly to what the well known and the recruiters wrote."""
        rng, posts, people = self._rng, self.posts, self._people
        before, made, tries = len(posts), 0, 0
        while made < count:
            tries += 1
            target = int(rng.random() * (len(posts) if made and rng.random() < 0.15 else before))
            if posts.kind[target] == REPOST or posts.visibility[target] == PRIVATE:
                continue
            author = posts.author[target]
            eager = (
                posts.kind[target] in (JOB, REPLY)
                or len(self._graph.followers[author]) > rng.random() * self._plan.people * 0.08
            )
            # A world too young or too lonely for its replies takes any post in the end.
            if not eager and tries < 50 * count:
                continue
            # Whoever is answered answers back now and then.
            back = posts.kind[target] == REPLY and rng.random() < 0.6
            replier = posts.author[posts.ref[target]] if back else self._follower(author)
            at = posts.at[target] + 20_000 + int(rng.lognormvariate(8.2, 1.6) * 1000)
            if replier == author or at >= self._plan.end or people[replier].joined >= at:
                continue
            visibility = posts.visibility[target]
            posts.add(replier, at, REPLY, genre=posts.genre[target], visibility=visibility, ref=target)
            made += 1

    def _follower(self, author: int) -> int:
        followers = self._graph.followers[author]
        if followers and self._rng.random() < 0.85:
            return followers[int(self._rng.random() * len(followers))]
        return int(self._rng.random() * len(self._people))

    def _apply(self) -> None:
        """Applications through each job's post or a repost of it; filled jobs hire their headcount."""
        for number, job in enumerate(self._jobs):
            nodes = self._nodes_of.get(number, array("i"))
            wanted = min(int(self._rng.expovariate(0.42)) + len(nodes) // 4, 60)
            applied: set[int] = {
                PROFESSIONAL,
                *self._organizations[job.organization].recruiters,
                *self._organizations[job.organization].viewers,
            }
            made = len(self.applications)
            if number == 0:
                self._apply_on_leaves(job, nodes, applied)
                wanted = 5
            if job.state == "filled":
                wanted = max(wanted, job.headcount + 2)
            for _ in range(wanted):
                via = nodes[int(self._rng.random() * len(nodes))] if nodes and self._rng.random() < 0.62 else job.post
                self._apply_once(number, via, applied)
            if number == 0:
                self._hire_far_away(job, self.applications[made:])
            for application in self.applications[made:] if job.state == "filled" else ():
                if job.hires < job.headcount:
                    application.stage = "hired"
                    job.hires += 1
            if job.state == "filled":
                job.headcount = job.hires or job.headcount
                job.state = "filled" if job.hires else "closed"

    def _apply_on_leaves(self, job: Job, nodes: "array[int]", applied: set[int]) -> None:
        inner = {self.posts.parent[node] for node in nodes}
        leaves = sorted((node for node in nodes if node not in inner), key=lambda node: (-self.posts.depth[node], node))
        for leaf in leaves[: max(8, len(leaves) // 3)]:
            self._apply_once(0, leaf, applied)

    def _hire_far_away(self, job: Job, applications: list[Application]) -> None:
        """One of the flagship's places is taken by whoever came the longest way: its picture has a path to show."""
        depth = self.posts.depth
        far = sorted(applications, key=lambda one: (-depth[one.via], one.at))
        for application, stage in zip(far, ("hired", "offer", "interview"), strict=False):
            application.stage = stage
        job.hires = min(1, len(far))

    def _apply_once(self, number: int, via: int, applied: set[int]) -> None:
        rng, posts, job = self._rng, self.posts, self._jobs[number]
        seen_from = posts.author[via]
        latest = job.closed or self._plan.end - 20_000
        for _ in range(10):
            applicant = self._follower(seen_from)
            at = posts.at[via] + 60_000 + int(rng.lognormvariate(9.6, 1.5) * 1000)
            person = self._people[applicant]
            fitting = self._fits(person, job)
            if applicant in applied or at >= latest or person.joined >= at or not fitting:
                continue
            applied.add(applicant)
            if via == job.post:
                inference = DIRECT if rng.random() < 0.6 else EXPLICIT
            else:
                inference = EXPLICIT if rng.random() < 0.6 or not self._graph.follows(applicant, seen_from) else FOLLOW
            stages = _OPEN_STAGES if job.state == "open" else _OVER_STAGES
            stage = rng.choices([name for name, _ in stages], [weight for _, weight in stages])[0]
            self.applications.append(Application(number, applicant, via, inference, stage, at))
            return

    def _fits(self, person: Person, job: Job) -> bool:
        """Mostly people of the profession apply, some who want to change, and beginners to internships."""
        if job.profession == STUDENT:
            return person.years < 2
        if person.profession == job.profession:
            return True
        return person.profession not in (HR, STUDENT) and self._rng.random() < 0.25

    def _introduce(self) -> None:
        """The professional login follows somebody through whom the recruiter login's job came along."""
        nodes = self._nodes_of[0]
        spreaders = [self.posts.author[node] for node in nodes]
        if not any(self._graph.follows(PROFESSIONAL, spreader) for spreader in spreaders):
            reposts = [node for node in nodes if self.posts.kind[node] == REPOST] or list(nodes)
            deepest = max(reposts, key=lambda node: (self.posts.depth[node], node))
            self._graph.add(PROFESSIONAL, self.posts.author[deepest])
