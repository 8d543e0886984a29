"""Cascades under any sequence of deeds: they stay trees, every count and every share of a hire is what counting again
gives, nobody is named who must not be. The deeds go through HTTP to real servers; Hypothesis chooses and shrinks them.

Only what settles credit is done by hand, in place of the worker, which would do all else that follows as well.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from app.bootstrap import Resources
from app.credits import handlers
from app.kit.changes import ALL
from app.kit.db import touch
from tests.people import Person, World

pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]

NAMES = ("zhaoyi", "qianer", "sunsan", "lisi", "zhouwu", "wuliu")
COUNTS = ("own_count", "reposts_count", "applications_count", "interviews_count", "hires_count")
STEPS = ("reposted", "applied", "interviewed", "hired")
# So often all is looked at.
EVERY = 9


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
    # How the hire was shared out, while that stands, and how often it was.
    shares: list[tuple[str, int, int]] | None = None
    awards: int = 0

    @property
    def interviewed(self) -> bool:
        return bool({"interview", "offer", "hired"} & {*self.stages})


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
stages = st.sampled_from(["hired", "interview", "rejected", "hired", "offer", "interview"])
# One rule for all, and how often each is chosen: of rules of their own Hypothesis leaves some out of every sequence.
DEEDS = {"repost": 6, "quote": 2, "apply": 3, "move": 4, "undo": 2, "delete": 2, "revoke": 2, "settle": 2}
DEEDS |= {"block_or_unblock": 1, "suspend_or_bring_back": 1}


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
        self.deeds = 0

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

    @rule(
        deed=st.sampled_from([deed for deed, weight in DEEDS.items() for _ in range(weight)]),
        number=who,
        at=which,
        explicit=st.booleans(),
        public=st.booleans() | st.just(value=True),
        stage=stages,
    )
    def does(self, deed: str, number: int, at: int, explicit: bool, public: bool, stage: str) -> None:
        match deed:
            case "repost":
                self.repost(number, at, explicit, public)
            case "quote" | "apply":
                getattr(self, deed)(number, at)
            case "undo" | "block_or_unblock" | "suspend_or_bring_back":
                getattr(self, deed)(number)
            case "delete" | "revoke":
                getattr(self, deed)(at)
            case "move":
                self.move(at, stage)
            case _:
                self.settle()

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

    def quote(self, number: int, at: int) -> None:
        if person := self.actor(number):
            target = self.target(at)
            made = self.ask(
                person, "POST", "/api/v1/statuses", status="看看这个", quoted_status_id=self.root, via=target
            )
            self.keep(made, person, "quote", public=True, via=target)

    def undo(self, number: int) -> None:
        if (person := self.actor(number)) and self.ask(person, "POST", f"/api/v1/statuses/{self.root}/unreblog"):
            for node in self.nodes.values():
                if node.person is person and node.kind == "repost" and not node.removed:
                    node.removed = True
                    self.scene.done["undo"] += 1

    def delete(self, at: int) -> None:
        node = list(self.nodes.values())[at % len(self.nodes)]
        alive = node.person.username not in self.suspended
        if alive and self.ask(node.person, "DELETE", f"/api/v1/statuses/{node.id}"):
            node.removed = True
            self.scene.done["delete"] += 1

    def revoke(self, at: int) -> None:
        quotes = [node for node in self.nodes.values() if node.kind == "quote" and not node.removed]
        if quotes:
            node = quotes[at % len(quotes)]
            path = f"/api/v1/statuses/{self.root}/quotes/{node.id}/revoke"
            if self.ask(self.scene.recruiter, "POST", path):
                node.removed = True
                self.scene.done["revoke"] += 1

    def block_or_unblock(self, number: int) -> None:
        if person := self.actor(number):
            back = person.username in self.away
            self.ask(person, "POST", f"/api/v1/accounts/{self.scene.recruiter.id}/{'un' if back else ''}block")
            self.away ^= {person.username}
            self.scene.done["block"] += 1

    def suspend_or_bring_back(self, number: int) -> None:
        # One at a time: who is suspended does nothing.
        person = next((one for one in self.scene.people if one.username in self.suspended), self.scene.people[number])
        self.suspended ^= {person.username}
        self.scene.run(suspended(self.scene.resources, person, person.username in self.suspended))
        self.scene.done["suspend"] += 1

    def apply(self, number: int, at: int) -> None:
        if person := self.actor(number):
            target = self.target(at)
            made = self.ask(person, "POST", f"/api/weizhi/v1/jobs/{self.job['id']}/applications", via=target)
            if made:
                self.applied[made["id"]] = Applied(made["id"], person, target)
                self.scene.done["apply"] += 1

    def move(self, at: int, stage: str) -> None:
        if self.applied:
            application = list(self.applied.values())[at % len(self.applied)]
            path = f"/api/weizhi/v1/applications/{application.id}"
            if self.ask(self.scene.recruiter, "PATCH", path, stage=stage):
                application.stages.append(stage)
                self.scene.done[stage] += 1

    @invariant()
    def looked_at_now_and_then(self) -> None:
        self.deeds += 1
        if self.deeds % EVERY == 0:
            self.look()

    def look(self) -> None:
        job, recruiter = f"/api/weizhi/v1/jobs/{self.job['id']}", self.scene.recruiter
        shown = self.ask(recruiter, "GET", f"{job}/cascade?limit=500")
        entries = {entry["id"]: entry for entry in shown["nodes"]}
        self.is_the_tree(shown, entries)
        self.counts_are_right(shown, entries)
        told = self.ask(recruiter, "GET", f"{job}/reposters?limit=200&sort=hires")
        self.reposters_are_right(told, entries)
        for group_by in ("hop", "account"):
            counted = self.ask(recruiter, "GET", f"{job}/funnel?group_by={group_by}&limit=500")
            self.funnel_is_right(counted, entries)
        self.credits_are_right(entries)
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
            "interviews": sum(one.interviewed for one in applied),
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
                expected[owner]["interviews_count"] += is_leaf and self.applied[entry["id"]].interviewed
        rows = {row["account"]["username"]: row for row in told["reposters"]}
        if told["private"]:
            rows[""] = told["private"]
            unnamed = {node.person.id for node in self.nodes.values() if not self.may_name(node)}
            assert told["private"]["people"] == len(unnamed)
        assert rows.keys() == expected.keys()
        for owner, row in rows.items():
            for name in COUNTS:
                assert row[name] == expected[owner][name], (owner, name)

    def funnel_is_right(self, told: dict[str, Any], entries: dict[str, Any]) -> None:
        """What came through a post is counted there: its hop, and its author where that may be told."""
        by_hop, by_account = told["group_by"] == "hop", told["group_by"] == "account"
        depths = {self.root: 0, **{id: entries[id]["depth"] for id in self.nodes}}
        names: dict[str, Any] = {self.root: self.scene.recruiter.username}
        names |= {id: node.person.username if self.may_name(node) else None for id, node in self.nodes.items()}
        expected: dict[Any, Counter[str]] = {}
        for id, entry in entries.items():
            counts = expected.setdefault((depths if by_hop else names)[entry["parent_id"]], Counter())
            if entry["kind"] == "application":
                counts["applied"] += 1
                counts["interviewed"] += self.applied[id].interviewed
                counts["hired"] += entry["stage"] == "hired"
            else:
                counts["reposted"] += not entry["removed"]
        found = {
            part["account"] and part["account"]["username"] if by_account else part["depth"]: part
            for part in told["parts"]
        }
        assert len(found) == len(told["parts"])
        for step in STEPS:
            counted = {key: part[step] for key, part in found.items() if part[step]}
            assert counted == {key: counts[step] for key, counts in expected.items() if counts[step]}, step
            assert told["whole"][step] == sum(counted.values())

    def settle(self) -> None:
        """As the worker does some time after a hire, or after one that came to nothing."""
        self.scene.run(settled(self.scene.resources, self.applied))
        job = f"/api/weizhi/v1/jobs/{self.job['id']}"
        shown = self.ask(self.scene.recruiter, "GET", f"{job}/cascade?limit=500")
        entries = {entry["id"]: entry for entry in shown["nodes"]}
        for applied in self.applied.values():
            if applied.stages[-1] != "hired":
                self.scene.done["reversed"] += applied.shares is not None
                applied.shares = None
            elif applied.shares is None:
                applied.shares = self.shared_out(applied, entries)
                applied.awards += 1
                self.scene.done["credit"] += len(applied.shares)

    def shared_out(self, applied: Applied, entries: dict[str, Any]) -> list[tuple[str, int, int]]:
        """By hand: half to who stood nearest, a quarter to the next; each once, and only who can be credited now."""
        seen, shares = {applied.person.username, *self.suspended}, list[tuple[str, int, int]]()
        for id in lineage(entries[applied.id], entries)[1:-1]:
            name = self.nodes[id].person.username
            if name not in seen and not self.nodes[id].removed and len(shares) < 8:
                seen.add(name)
                shares.append((id, len(shares) + 1, 10_000 >> (len(shares) + 1)))
        return shares

    def credits_are_right(self, entries: dict[str, Any]) -> None:
        for applied in self.applied.values():
            told = self.ask(self.scene.recruiter, "GET", f"/api/weizhi/v1/applications/{applied.id}/credits")
            current = told["current"]
            given = current and [(one["status_id"], one["hop"], one["basis_points"]) for one in current["credits"]]
            assert given == applied.shares
            assert len(told["past"]) + (current is not None) == applied.awards
            for award in (*told["past"], *filter(None, [current])):
                assert sum(credit["basis_points"] for credit in award["credits"]) + award["unassigned"] == 10_000
                for credit in award["credits"]:
                    node = self.nodes[credit["status_id"]]
                    assert credit["state"] == ("pending" if award is current else "reversed")
                    assert (credit["account"] and credit["account"]["username"]) == (
                        node.person.username if self.may_name(node) else None
                    )
                    assert node.id in lineage(entries[applied.id], entries), "only who stands on the way"

    def teardown(self) -> None:
        self.settle()
        self.look()
        for person in self.scene.people:
            if person.username in self.suspended:
                self.scene.run(suspended(self.scene.resources, person, now=False))
            if person.username in self.away:
                self.ask(person, "POST", f"/api/v1/accounts/{self.scene.recruiter.id}/unblock")
        self.ask(self.scene.recruiter, "POST", f"/api/weizhi/v1/jobs/{self.job['id']}/close")


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


async def settled(resources: Resources, applications: Iterable[str]) -> None:
    """Each twice: a task may come again."""
    for id in applications:
        for _ in range(2):
            async with resources.db.transaction() as session:
                await handlers.settle(session, [{"application_id": int(id)}], default="path_geometric")


async def test_whatever_happens(world: World, resources: Resources) -> None:
    recruiter, *people = await world.people("recruiter", *NAMES)
    loop = asyncio.get_running_loop()
    Cascades.scene = Scene(loop, resources, recruiter, await recruiter.organization(), people)
    await asyncio.to_thread(
        run_state_machine_as_test,
        Cascades,
        settings=settings(
            max_examples=6,
            # Without making a failure smaller: that takes many minutes. Take this line out to find its shortest form.
            phases=[Phase.generate],
            stateful_step_count=26,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # Not one of them was idle.
    kinds = {"repost", "quote", "undo", "delete", "block", "suspend", "apply", "interview", "hired", "credit"}
    kinds |= {"revoke", "reversed"}
    assert kinds <= set(Cascades.scene.done), Cascades.scene.done
