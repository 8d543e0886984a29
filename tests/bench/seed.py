"""The world a run measures: authors with posts, one reader who follows all of them, and a population of readers who
follow some. Written straight into the tables: what is measured comes afterwards."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountStats
from app.bootstrap import Resources
from app.graph.models import Follow
from app.kit.secrets import fingerprint, new_token
from app.lists.models import AccountList, ListMember
from app.oauth.models import App, Token
from app.posts.models import Post, PostStats, PostTag

AUTHORS, POSTS, HOT, SOME = 200, 20, 20, 30
TAG = "微职"
_WORDS = (
    "今天面试了三位候选人，印象最深的是一位做过六年数据平台的同学：讲得清楚为什么，也讲得清楚代价。我们团队在杭州，"
    "远程也可以，欢迎把这条转给合适的朋友，介绍成功有谢意。"
    "详情见 https://jobs.example.com/positions/{} #微职# #招聘# 谢谢大家！"
)
_ALL_SCOPES = ["read", "write", "follow", "push"]


@dataclass(frozen=True)
class Someone:
    """An account that can be asked as."""

    id: int
    token: str


@dataclass(frozen=True)
class World:
    """Who and what there is. `hot` authors are followed by everybody."""

    authors: Sequence[Someone]
    hot: Sequence[Someone]
    reader: Someone
    population: Sequence[Someone]
    list_id: int
    post_ids: Sequence[int]


async def seed(resources: Resources, *, readers: int) -> World:
    """Write the world. The same every time, but for ids and tokens."""
    chance = random.Random(7)
    async with resources.db.transaction() as session:
        [app_id] = await _rows(session, App, [_app()])
        people = await _people(session, app_id, AUTHORS + 1 + readers)
        authors, reader, population = people[:AUTHORS], people[AUTHORS], people[AUTHORS + 1 :]
        hot = authors[:HOT]
        follows = [(reader, author) for author in authors]
        for one in population:
            follows += [(one, author) for author in (*hot, *chance.sample(authors[HOT:], SOME))]
        await _insert(session, Follow, [{"follower_id": one.id, "followee_id": other.id} for one, other in follows])
        posts = [_post(author, number) for number in range(POSTS) for author in authors]
        post_ids = await _rows(session, Post, posts)
        keys = [{"post_id": id, "author_id": post["author_id"]} for id, post in zip(post_ids, posts, strict=True)]
        await _insert(session, PostStats, keys)
        tags = [{"tag": tag, **key} for key in keys for tag in (TAG, "招聘")]
        await _insert(session, PostTag, tags)
        [list_id] = await _rows(session, AccountList, [{"account_id": reader.id, "title": "分组"}])
        members = [{"list_id": list_id, "account_id": one.id, "owner_id": reader.id} for one in authors[:50]]
        await _insert(session, ListMember, members)
        await session.execute(text(_COUNT))
    async with resources.db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    return World(authors, hot, reader, population, list_id, post_ids)


_COUNT = """
    UPDATE account_stats SET
        followers_count = (SELECT count(*) FROM follows WHERE followee_id = account_id),
        following_count = (SELECT count(*) FROM follows WHERE follower_id = account_id),
        posts_count = (SELECT count(*) FROM posts WHERE author_id = account_id),
        last_post_at = (SELECT max(created_at) FROM posts WHERE author_id = account_id)
"""


def _app() -> dict[str, Any]:
    return {
        "client_id": new_token(),
        "client_secret": fingerprint(new_token()),
        "name": "bench",
        "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"],
        "scopes": _ALL_SCOPES,
    }


async def _people(session: AsyncSession, app_id: int, count: int) -> list[Someone]:
    names = [f"person{number}" for number in range(count)]
    accounts = [
        {
            "username": name,
            "handle": name,
            "display_name": f"张伟{number}",
            "headline": "数据平台工程师，关注招聘与分布式系统",
            "note": "在云杉科技做数据平台。写代码，也写写招聘这件事。",
            "language": "zh-CN",
        }
        for number, name in enumerate(names)
    ]
    ids = await _rows(session, Account, accounts)
    await _insert(session, AccountStats, [{"account_id": id} for id in ids])
    people = [Someone(id, new_token()) for id in ids]
    tokens = [
        {"fingerprint": fingerprint(one.token), "app_id": app_id, "account_id": one.id, "scopes": _ALL_SCOPES}
        for one in people
    ]
    await _insert(session, Token, tokens)
    return people


def _post(author: Someone, number: int) -> dict[str, Any]:
    content = _WORDS.format(number)
    return {"author_id": author.id, "text": content, "tags": [TAG, "招聘"], "language": "zh"}


async def _rows(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows; their ids, in this order."""
    return list(await session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))


async def _insert(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 20_000):
        await session.execute(insert(table), rows[start : start + 20_000])
