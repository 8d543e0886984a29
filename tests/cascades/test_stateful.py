"""Cascades under any sequence of deeds: they stay trees, every count is what counting again gives, nobody is named who
must not be. The deeds go through HTTP to real servers; Hypothesis chooses and shrinks them."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.changes import ALL
from app.kit.db import touch
from tests.people import Person, World

pytestmark = pytest.mark.anyio

NAMES = ("zhaoyi", "qianer", "sunsan", "lisi", "zhouwu", "wuliu")
COUNTS = ("own_count", "reposts_count", "applications_count", "interviews_count", "hires_count")


@pytest.fixture
def asks_twice() -> bool:
    return False


@dataclass
class Node:
    """What the test knows of a repost or quote. `via`: the parent that was named."""

    id: str
    person: Person
    kind: str
    public: bool
    via: str | None
    removed: bool = False


@dataclass
class Applied:
    id: str
    person: Person
    via: str | None
    stages: list[str] = field(default_factory=lambda: ["applied"])


@dataclass
class Scene:
    """The servers, the people, and what was done to any tree."""

    loop: asyncio.AbstractEventLoop
    resources: Resources
    recruiter: Person
    organization: dict[str, Any]
    people: list[Person]
    done: Counter[str] = field(default_factory=Counter)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Hypothesis runs in a thread, the service on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)


who = st.integers(0, len(NAMES) - 1)
which = st.integers(0, 30)
stages = st.sampled_from(["interview", "offer", "hired", "rejected"])


class Cascades(RuleBasedStateMachine):
    """Deeds upon one tree; `look` holds what the service tells against what is known."""

    scene: Scene

    def __init__(self) -> None:
        super().__init__()
        recruiter = self.scene.recruiter
        self.job = self.scene.run(recruiter.publishes_job(self.scene.organization))
        self.root = self.job["status_id"]
        self.nodes: dict[str, Node] = {}
        self.applied: dict[str, Applied] = {}
        self.away: set[str] = set()
        self.suspended: set[str] = set()

    def ask(self, person: Person, method: str, path: str, **body: Any) -> Any:
        """The answer, or None where the deed was refused."""
        answer = self.scene.run(person.request(method, path, json=body))
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.status_code == 200 else None

    def target(self, number: int) -> str:
        """The root, or one of the nodes."""
        return [self.root, *self.nodes][number % (len(self.nodes) + 1)]

    def actor(self, number: int) -> Person | None:
        person = self.scene.people[number]
        return None if person.username in self.suspended else person

    def keep(self, made: Any, person: Person, kind: str, *, public: bool, via: str | None) -> None:
        if made and made["id"] not in self.nodes:
            self.nodes[made["id"]] = Node(made["id"], person, kind, public, via)
            self.scene.done[kind] += 1

    @initialize(last=who, stage=stages)
    def begin(self, last: int, stage: str) -> None:
        """A line of three, and someone who came by it: so that there is something to undo from the first deed on."""
        self.repost(0, 0, explicit=True, public=True)
        self.repost(1, 1, explicit=False, public=True)
        self.quote(2, 2)
        self.apply(last, 3)
        self.move(0, stage)

    @rule(number=who, at=which, explicit=st.booleans(), public=st.booleans() | st.just(value=True))
    def repost(self, number: int, at: int, explicit: bool, public: bool) -> None:
        if person := self.actor(number):
            target, visibility = self.target(at), "public" if public else "private"
            if explicit or (target in self.nodes and self.nodes[target].kind == "quote"):
                made = self.ask(
                    person, "POST", f"/api/v1/statuses/{self.root}/reblog", via=target, visibility=visibility
                )
            else:
                made = self.ask(person, "POST", f"/api/v1/statuses/{target}/reblog", visibility=visibility)
            # A plain repost of the root comes by whatever is guessed.
            via = target if explicit or target != self.root else None
            own = target in self.nodes and self.nodes[target].person is person
            self.keep(made, person, "repost", public=public, via=None if own else via)

    @rule(number=who, at=which)
    def quote(self, number: int, at: int) -> None:
        if person := self.actor(number):
            target = self.target(at)
            made = self.ask(
                person, "POST", "/api/v1/statuses", status="看看这个", quoted_status_id=self.root, via=target
            )
            self.keep(made, person, "quote", public=True, via=target)

    @rule(number=who)
    def undo(self, number: int) -> None:
        if (person := self.actor(number)) and self.ask(person, "POST", f"/api/v1/statuses/{self.root}/unreblog"):
            for node in self.nodes.values():
                if node.person is person and node.kind == "repost" and not node.removed:
                    node.removed = True
                    self.scene.done["undo"] += 1

    @rule(at=which)
    def delete(self, at: int) -> None:
        node = self.nodes.get(self.target(at))
        if node and node.person.username not in self.suspended:
            gone = self.ask(node.person, "DELETE", f"/api/v1/statuses/{node.id}")
            if gone:
                node.removed = True
                self.scene.done["delete"] += 1

    @rule(number=who)
    def block_or_unblock(self, number: int) -> None:
        if person := self.actor(number):
            back = person.username in self.away
            self.ask(person, "POST", f"/api/v1/accounts/{self.scene.recruiter.id}/{'un' if back else ''}block")
            self.away ^= {person.username}
            self.scene.done["block"] += 1

    @rule(number=who)
    def suspend_or_bring_back(self, number: int) -> None:
        # One at a time: who is suspended does nothing.
        person = next((one for one in self.scene.people if one.username in self.suspended), self.scene.people[number])
        self.suspended ^= {person.username}
        self.scene.run(suspended(self.scene.resources, person, person.username in self.suspended))
        self.scene.done["suspend"] += 1

    @rule(number=who, at=which)
    def apply(self, number: int, at: int) -> None:
        if person := self.actor(number):
            target = self.target(at)
            made = self.ask(person, "POST", f"/api/weizhi/v1/jobs/{self.job['id']}/applications", via=target)
            if made:
                self.applied[made["id"]] = Applied(made["id"], person, target)
                self.scene.done["apply"] += 1

    @rule(at=which, stage=stages)
    def move(self, at: int, stage: str) -> None:
        if self.applied:
            application = list(self.applied.values())[at % len(self.applied)]
            path = f"/api/weizhi/v1/applications/{application.id}"
            if self.ask(self.scene.recruiter, "PATCH", path, stage=stage):
                application.stages.append(stage)
                self.scene.done[stage] += 1

    @rule()
    def look(self) -> None:
        job, recruiter = f"/api/weizhi/v1/jobs/{self.job['id']}", self.scene.recruiter
        shown = self.ask(recruiter, "GET", f"{job}/cascade?limit=500")
        entries = {entry["id"]: entry for entry in shown["nodes"]}
        self.is_the_tree(shown, entries)
        self.counts_are_right(shown, entries)
        told = self.ask(recruiter, "GET", f"{job}/reposters?limit=200&sort=hires")
        self.reposters_are_right(told, entries)
        picture = self.scene.run(recruiter.request("GET", f"{job}/cascade.svg", expect=200)).text
        named = {node.person.username for node in self.nodes.values() if self.may_name(node)}
        for name in set(NAMES) - named:
            assert name not in picture
            assert name not in str(told)

    def may_name(self, node: Node) -> bool:
        hidden = node.person.username in self.away | self.suspended
        return node.public and not node.removed and not hidden

    def is_the_tree(self, shown: dict[str, Any], entries: dict[str, Any]) -> None:
        assert set(entries) == {*self.nodes, *self.applied}
        assert len(entries) == len(shown["nodes"])
        depths = {self.root: 0}
        for entry in shown["nodes"]:
            assert entry["parent_id"] in depths, "a parent comes first, so there is no circle"
            above = depths[entry["parent_id"]]
            if entry["kind"] == "application":
                applied = self.applied[entry["id"]]
                assert entry["depth"] == above + 1
                assert entry["parent_id"] == applied.via
                assert entry["stage"] == applied.stages[-1]
                continue
            node = self.nodes[entry["id"]]
            assert int(entry["parent_id"]) < int(entry["id"]), "a parent is older"
            assert entry["depth"] == min(above + 1, 8)
            assert (entry["kind"], entry["removed"]) == (node.kind, node.removed)
            if node.via:
                assert entry["parent_id"] == node.via
            assert (entry["account"] and entry["account"]["username"]) == (
                node.person.username if self.may_name(node) else None
            )
            depths[entry["id"]] = entry["depth"]

    def counts_are_right(self, shown: dict[str, Any], entries: dict[str, Any]) -> None:
        below, beneath = Counter[str](), Counter[str]()
        children, leaves, hires = Counter[str](), Counter[str](), Counter[str]()
        for entry in entries.values():
            is_leaf = entry["kind"] == "application"
            (leaves if is_leaf else children)[entry["parent_id"]] += 1
            for above in lineage(entry, entries)[1:]:
                (beneath if is_leaf else below)[above] += 1
                hires[above] += entry["stage"] == "hired"
        for id, entry in (*entries.items(), (self.root, shown["root"])):
            counted = (children[id], below[id], leaves[id], beneath[id], hires[id])
            told = ("children_count", "subtree_count", "applications_count", "subtree_applications_count")
            assert tuple(entry[name] for name in (*told, "subtree_hires_count")) == counted
        standing = [node for node in self.nodes.values() if not node.removed]
        applied = self.applied.values()
        assert shown["totals"] == {
            "reposts": sum(node.kind == "repost" for node in standing),
            "quotes": sum(node.kind == "quote" for node in standing),
            "applications": len(self.applied),
            "interviews": sum(bool({"interview"} & {*one.stages}) or one.stages[-1] in late for one in applied),
            "hires": sum(one.stages[-1] == "hired" for one in applied),
            "accounts": len({node.person.id for node in standing}),
            "depth": max((len(lineage(entries[node.id], entries)) - 1 for node in standing), default=0),
        }

    def reposters_are_right(self, told: dict[str, Any], entries: dict[str, Any]) -> None:
        """Whoever is beneath any post of someone was brought by them, once."""
        owners = {id: node.person.username if self.may_name(node) else "" for id, node in self.nodes.items()}
        expected = {owner: Counter[str](own_count=number) for owner, number in Counter(owners.values()).items()}
        for entry in entries.values():
            line = lineage(entry, entries)[1:]
            is_leaf = entry["kind"] == "application"
            for owner in {owners[id] for id in line if id in owners}:
                expected[owner]["applications_count" if is_leaf else "reposts_count"] += 1
                expected[owner]["hires_count"] += entry["stage"] == "hired"
        rows = {row["account"]["username"]: row for row in told["reposters"]}
        if told["private"]:
            rows[""] = told["private"]
            unnamed = {node.person.id for node in self.nodes.values() if not self.may_name(node)}
            assert told["private"]["people"] == len(unnamed)
        assert rows.keys() == expected.keys()
        for owner, row in rows.items():
            for name in set(COUNTS) - {"interviews_count"}:
                assert row[name] == expected[owner][name], (owner, name)

    def credits_are_bounded(self) -> None:
        """Of a hire, and of nothing else, 10,000 points at most are shared: never with who was hired, nor twice."""
        self.scene.run(self.scene.recruiter.world.settle())
        for application in self.applied.values():
            path = f"/api/weizhi/v1/applications/{application.id}/credits"
            if told := self.ask(self.scene.recruiter, "GET", path):
                current = told["current"]
                assert current is None or application.stages[-1] == "hired"
                for award in (*told["past"], *filter(None, [current])):
                    points = [credit["basis_points"] for credit in award["credits"]]
                    assert min(points, default=1) > 0
                    assert sum(points) + award["unassigned"] == 10_000
                    people = [credit["account"]["id"] for credit in award["credits"] if credit["account"]]
                    assert len(set(people)) == len(people)
                    assert application.person.id not in people
                    self.scene.done["credit"] += len(points)

    def teardown(self) -> None:
        self.look()
        self.credits_are_bounded()
        for person in self.scene.people:
            if person.username in self.suspended:
                self.scene.run(suspended(self.scene.resources, person, now=False))
            if person.username in self.away:
                self.ask(person, "POST", f"/api/v1/accounts/{self.scene.recruiter.id}/unblock")
        self.ask(self.scene.recruiter, "POST", f"/api/weizhi/v1/jobs/{self.job['id']}/close")


late = ("offer", "hired", "interview")


def lineage(entry: dict[str, Any], entries: dict[str, Any]) -> list[str]:
    """An entry's id, its parent's, and so on to the root's."""
    line = [entry["id"], entry["parent_id"]]
    while line[-1] in entries:
        line.append(entries[line[-1]]["parent_id"])
    return line


async def suspended(resources: Resources, person: Person, now: bool) -> None:
    """At once, without what follows in the worker: its tokens live on."""
    async with resources.db.transaction() as session:
        touch(session, ALL)
        state = "now()" if now else "NULL"
        await session.execute(
            text(f"UPDATE accounts SET suspended_at = {state} WHERE id = :id"), {"id": int(person.id)}
        )


async def test_whatever_happens(world: World, resources: Resources) -> None:
    recruiter, *people = await world.people("recruiter", *NAMES)
    loop = asyncio.get_running_loop()
    Cascades.scene = Scene(loop, resources, recruiter, await recruiter.organization(), people)
    await asyncio.to_thread(
        run_state_machine_as_test,
        Cascades,
        settings=settings(
            max_examples=6,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Not one of them was idle.
    kinds = {"repost", "quote", "undo", "delete", "block", "suspend", "apply", "interview", "hired", "credit"}
    assert kinds <= set(Cascades.scene.done), Cascades.scene.done
