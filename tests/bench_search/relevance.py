"""The relevance part: asks every engine every judged query, and tells how good the answers are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench_search import engines, rows
from tests.bench_search.asking import Answered, ask
from tests.bench_search.engines import Servers, asked
from tests.bench_search.judging import Judged, grades, queries
from tests.bench_search.world import seed

GOAL = 0.85
_WORST, _FEWEST_DIFFERENT = 15, 0.2


async def measure(servers: Servers, folder: Path | None, console: Console) -> dict[str, Any]:
    """Seed, ask, print; the figures by engine. Queries for which no row is relevant are left out, and named."""
    jobs, posts, people = rows.jobs(folder), rows.posts(folder), rows.people()
    judged = {query: grades(query, jobs=jobs, posts=posts, people=people) for query in queries()}
    askable = {query: found for query, found in judged.items() if any(grade > 1 for grade in found.values())}
    left_out = [query.name for query in judged if query not in askable]
    console.print(f"{len(jobs)} jobs, {len(posts)} posts, {len(people)} people; {len(askable)} judged queries.")
    if left_out:
        console.print(f"No row is relevant to: {'; '.join(left_out)}", style="yellow")
    async with asked(servers, engines.POSTGRESQL) as (resources, _):
        world = await seed(resources, jobs=jobs, posts=posts, people=people)
    answers: dict[str, list[Answered]] = {}
    for engine in servers.engines:
        async with asked(servers, engine) as (_, client):
            answers[engine] = [await ask(client, world, query, found) for query, found in askable.items()]
        _print(console, engine, answers[engine], askable)
    _print_differences(console, answers)
    return {
        "rows": {"jobs": len(jobs), "posts": len(posts), "people": len(people)},
        "engines": {engine: _plain(found) for engine, found in answers.items()},
    }


def mean(answers: Sequence[Answered]) -> dict[str, float]:
    """The means over these answers."""
    return {
        "ndcg10": fmean(one.ndcg for one in answers),
        "mrr": fmean(one.rank for one in answers),
        "recall40": fmean(one.recall for one in answers),
    }


def by_group(answers: Sequence[Answered]) -> dict[str, list[Answered]]:
    """The answers by what is searched and by class of query."""
    groups = defaultdict(list)
    for one in answers:
        groups[f"{one.query.kind}: {one.query.group}"].append(one)
    return dict(sorted(groups.items()))


def _print(
    console: Console, engine: str, answers: Sequence[Answered], judged: Mapping[Judged, Mapping[str, int]]
) -> None:
    table = Table(title=f"Relevance, {engine}")
    for heading in ("class", "queries", "nDCG@10", "MRR", "recall@40"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for name, group in (*by_group(answers).items(), ("all", answers)):
        means = mean(group)
        table.add_row(name, f"{len(group)}", *(f"{value:.3f}" for value in means.values()))
    console.print(table)
    worst = Table(title=f"The worst, {engine}")
    for heading in ("query", "class", "nDCG@10", "MRR", "recall@40", "relevant", "found"):
        worst.add_column(heading)
    for one in sorted(answers, key=lambda one: one.ndcg)[:_WORST]:
        if one.ndcg >= GOAL:
            break
        relevant = sum(grade > 1 for grade in judged[one.query].values())
        figures = (f"{one.ndcg:.2f}", f"{one.rank:.2f}", f"{one.recall:.2f}")
        kind = f"{one.query.kind}: {one.query.group}"
        worst.add_row(one.query.name, kind, *figures, f"{relevant}", f"{len(one.found)}")
    console.print(worst)
    if any(one.degraded for one in answers):
        console.print(f"{engine} did not answer some queries: another stood in", style="red")


def _print_differences(console: Console, answers: Mapping[str, Sequence[Answered]]) -> None:
    if len(answers) < 2:
        console.print(engines.ABSENT, style="yellow")
        return
    table = Table(title="Where engines differ (nDCG@10)")
    for heading in ("query", "class", *answers):
        table.add_column(heading)
    for together in zip(*answers.values(), strict=True):
        values = [one.ndcg for one in together]
        if max(values) - min(values) >= _FEWEST_DIFFERENT:
            query = together[0].query
            table.add_row(query.name, f"{query.kind}: {query.group}", *(f"{value:.2f}" for value in values))
    console.print(table)


def _plain(answers: Sequence[Answered]) -> dict[str, Any]:
    groups = {name: {"queries": len(group), **_rounded(mean(group))} for name, group in by_group(answers).items()}
    below = {f"{one.query.kind}: {one.query.name}": round(one.ndcg, 3) for one in answers if one.ndcg < GOAL}
    return {"queries": len(answers), **_rounded(mean(answers)), "classes": groups, "below_goal": below}


def _rounded(means: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in means.items()}
