"""Who meets whose words where: every way to read, for every way two people can stand to each other.

A new way to read gets a line in `READS`, and says in `EXPECTED` who meets the words by it; a way that somebody forgot
to guard fails for the relation that it leaks to.
"""

import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit import changes
from app.kit.db import touch
from tests.people import Person, World
from tests.streaming.conftest import Events, Served, served

pytestmark = pytest.mark.anyio
__all__ = ["served"]

WORDS = "独一无二的话"
WHISPER = "私下的话"
END = "到此为止"


@dataclass
class Scene:
    """The author said `post`; a friend of the reader reposted (`wrapper`), quoted and answered it.

    The reader liked and kept it while that was possible, listed the author and was followed by it; the author liked
    what the friend said (`other`), answered what the reader wrote to it alone, and passed the reader's `job` on.
    """

    world: World
    author: Person
    friend: Person
    reader: Person
    post: dict[str, Any]
    wrapper: dict[str, Any]
    quote: dict[str, Any]
    reply: dict[str, Any]
    other: dict[str, Any]
    job: dict[str, Any]
    list_id: str
    signed_in: bool = True

    async def read(self, path: str, **params: Any) -> str:
        """What an answer says, in one string; nothing where it refuses."""
        if self.signed_in:
            answer = await self.reader.request("GET", path, params=params or None)
        else:
            answer = await self.world.client.get(path, params=params or None)
        assert answer.status_code < 500
        return answer.text if answer.status_code == 200 else ""


async def scene(world: World, resources: Resources) -> Scene:
    author, friend, reader = await world.people("author", "friend", "reader")
    await reader.follows(friend)
    await friend.follows(author)
    await author.follows(reader)
    post = await author.says(f"{WORDS} #话题#")
    other = await friend.says("别的话")
    wrapper = await friend.reposts(post)
    quote = await friend.says("引用", quoted_status_id=post["id"])
    reply = await friend.says("回答", in_reply_to_id=post["id"])
    await reader.post(f"/api/v1/statuses/{post['id']}/favourite")
    await reader.post(f"/api/v1/statuses/{post['id']}/bookmark")
    await author.post(f"/api/v1/statuses/{post['id']}/pin")
    await author.post(f"/api/v1/statuses/{other['id']}/favourite")
    await author.reposts(other)
    await author.says("引用", quoted_status_id=other["id"])
    asked = await reader.says("@author 在吗", visibility="direct")
    await author.says(f"@reader {WHISPER}", visibility="direct", in_reply_to_id=asked["id"])
    job = await reader.publishes_job()
    await author.reposts({"id": job["status_id"]})
    async with resources.db.transaction() as session:
        list_id = await session.scalar(
            text("INSERT INTO lists (account_id, title) VALUES (:reader, '分组') RETURNING id"),
            {"reader": int(reader.id)},
        )
        for member in (author, friend):
            touch(session, changes.ALL)
            await session.execute(
                text(
                    "INSERT INTO list_members (list_id, account_id, owner_id)"
                    " SELECT id, :member, account_id FROM lists WHERE id = :list"
                ),
                {"list": list_id, "member": int(member.id)},
            )
    await world.settle()
    return Scene(world, author, friend, reader, post, wrapper, quote, reply, other, job, str(list_id))


Read = Callable[[Scene], Awaitable[bool]]


def words(path: str, **params: Any) -> Read:
    """Whether the author's words are in the answer."""

    async def read(scene: Scene) -> bool:
        return WORDS in await scene.read(_filled(path, scene), **{k: _filled(v, scene) for k, v in params.items()})

    return read


def whisper(path: str) -> Read:
    """Whether what the author wrote to the reader alone is in the answer."""

    async def read(scene: Scene) -> bool:
        return WHISPER in await scene.read(path)

    return read


def person(path: str, **params: Any) -> Read:
    """Whether the author is named in the answer."""

    async def read(scene: Scene) -> bool:
        return f'"username":"{scene.author.username}"' in await scene.read(_filled(path, scene), **params)

    return read


def _filled(value: Any, scene: Scene) -> Any:
    if not isinstance(value, str):
        return value
    ids = {name: getattr(scene, name)["id"] for name in ("post", "wrapper", "quote", "reply", "other", "job")}
    return value.format(author=scene.author.id, friend=scene.friend.id, list=scene.list_id, **ids)


READS: dict[str, Read] = {
    "status": words("/api/v1/statuses/{post}"),
    "statuses": words("/api/v1/statuses", **{"id[]": "{post}"}),
    "history": words("/api/v1/statuses/{post}/history"),
    "wrapper": words("/api/v1/statuses/{wrapper}"),
    "quote": words("/api/v1/statuses/{quote}"),
    "thread": words("/api/v1/statuses/{reply}/context"),
    "profile": words("/api/v1/accounts/{author}/statuses"),
    "pins": words("/api/v1/accounts/{author}/statuses", pinned="true"),
    "friend's profile": words("/api/v1/accounts/{friend}/statuses"),
    "home": words("/api/v1/timelines/home"),
    "list": words("/api/v1/timelines/list/{list}"),
    "public": words("/api/v1/timelines/public"),
    "tag": words("/api/v1/timelines/tag/话题"),
    "trends": words("/api/v1/trends/statuses"),
    "search v2": words("/api/v2/search", q="独一无二"),
    "search by url": words("/api/v2/search", q="http://weizhi.test/@author/{post}", resolve="true", type="statuses"),
    "people": person("/api/v2/search", q="author", type="accounts"),
    "directory": person("/api/v1/directory", local="true"),
    "quotes": person("/api/v1/statuses/{other}/quotes"),
    "favourites": words("/api/v1/favourites"),
    "bookmarks": words("/api/v1/bookmarks"),
    "search": words("/api/weizhi/v1/search/timeline", q="独一无二", scope="public"),
    "search home": words("/api/weizhi/v1/search/timeline", q="独一无二", scope="home"),
    "search author": words("/api/weizhi/v1/search/timeline", q="独一无二", scope="account:{author}"),
    "path": person("/api/weizhi/v1/statuses/{quote}/path"),
    "path of wrapper": person("/api/weizhi/v1/statuses/{wrapper}/path"),
    "likers": person("/api/v1/statuses/{other}/favourited_by"),
    "reposters": person("/api/v1/statuses/{other}/reblogged_by"),
    "notifications": person("/api/v1/notifications"),
    "conversations": whisper("/api/v1/conversations"),
    "direct": whisper("/api/v1/timelines/direct"),
    "cascade": person("/api/weizhi/v1/jobs/{job}/cascade"),
    "reposters of a job": person("/api/weizhi/v1/jobs/{job}/reposters"),
}
ALL = set(READS)
SIGNED_IN = {"home", "list", "favourites", "bookmarks", "search home", "notifications"}
SIGNED_IN |= {"conversations", "direct", "cascade", "reposters of a job"}
PEOPLE = {"likers", "reposters", "people", "directory", "quotes"}
# What the author did with the reader, whoever may see the post.
BETWEEN = {"notifications", "conversations", "direct", "cascade", "reposters of a job"}
ASKED_FOR = {
    "status",
    "history",
    "statuses",
    "wrapper",
    "favourites",
    "bookmarks",
    "profile",
    "pins",
    "search author",
    "path",
}
ASKED_FOR |= {"path of wrapper", "people", "search by url", "cascade", "reposters of a job"}
# In the timeline of everyone's posts stands the friend's quote, which shows what it quotes to whom that may see.
EVERYONES = {"search", "search v2", "tag", "trends"}


@dataclass(frozen=True)
class Relation:
    """What is done to the scene, and where the reader meets the author's words (or the author) afterwards."""

    sql: str
    met: set[str]
    signed_in: bool = True
    follows: bool = False


BLOCK = "INSERT INTO blocks (account_id, target_id) VALUES (:{who}, :{whom})"
MUTE = "INSERT INTO mutes (account_id, target_id, expires_at) VALUES (:reader, :author, now() + interval '{days} day')"
HIDE = "UPDATE posts SET visibility = '{visibility}' WHERE id = :post"
RELATIONS: dict[str, Relation] = {
    "a stranger": Relation("", ALL),
    "a follower": Relation("", ALL, follows=True),
    "nobody signed in": Relation("", ALL - SIGNED_IN, signed_in=False),
    "blocked by the author": Relation(BLOCK.format(who="author", whom="reader"), set(), follows=True),
    "who blocks the author": Relation(BLOCK.format(who="reader", whom="author"), ASKED_FOR, follows=True),
    "who mutes the author": Relation(MUTE.format(days=1), ASKED_FOR, follows=True),
    "who muted the author once": Relation(MUTE.format(days=-1), ALL, follows=True),
    "of a suspended author": Relation(
        "UPDATE accounts SET suspended_at = now() WHERE id = :author", set(), follows=True
    ),
    "a stranger to followers' posts": Relation(HIDE.format(visibility="private"), PEOPLE | BETWEEN),
    "a follower of followers' posts": Relation(HIDE.format(visibility="private"), ALL - EVERYONES, follows=True),
    "nobody signed in to followers' posts": Relation(HIDE.format(visibility="private"), PEOPLE, signed_in=False),
    "not mentioned in a direct post": Relation(HIDE.format(visibility="direct"), PEOPLE | BETWEEN, follows=True),
    "to unlisted posts": Relation(HIDE.format(visibility="unlisted"), ALL - EVERYONES, follows=True),
}


class TestReader:
    @pytest.mark.parametrize("relation", RELATIONS)
    async def test_meets_the_author_s_words_only_where_they_may(
        self, world: World, resources: Resources, relation: str
    ) -> None:
        told = RELATIONS[relation]
        stage = await scene(world, resources)
        stage.signed_in = told.signed_in
        if told.follows:
            await stage.reader.follows(stage.author)
            await world.settle()
        if told.sql:
            people = {name: int(getattr(stage, name).id) for name in ("author", "reader")}
            parameters = {**people, "post": int(stage.post["id"])}
            wanted = {name: value for name, value in parameters.items() if f":{name}" in told.sql}
            async with resources.db.transaction() as session:
                touch(session, changes.ALL)
                await session.execute(text(told.sql), wanted)
        met = {name for name, read in READS.items() if await read(stage)}
        assert {"leaks": met - told.met, "lost": told.met - met} == {"leaks": set(), "lost": set()}


STREAMS: dict[str, tuple[str, dict[str, str]]] = {
    "user": ("user", {}),
    "public": ("public", {}),
    "local": ("public/local", {}),
    "hashtag": ("hashtag", {"tag": "话题"}),
    "list": ("list", {"list": "{list}"}),
    # Without a token.
    "nobody's": ("public", {}),
}
ANYONES = {"public", "local", "hashtag", "nobody's"}
FOLLOWERS = {"user", "list"}


@dataclass(frozen=True)
class Heard:
    """How the author says something new, what happens before the worker tells of it, and which streams do."""

    streams: set[str]
    sql: str = ""
    visibility: str = "public"
    follows: bool = True


HEARD: dict[str, Heard] = {
    "a stranger": Heard(ANYONES, follows=False),
    "a follower": Heard(ANYONES | FOLLOWERS),
    "blocked by the author": Heard({"nobody's"}, BLOCK.format(who="author", whom="reader")),
    "who blocks the author": Heard({"nobody's"}, BLOCK.format(who="reader", whom="author")),
    "who mutes the author": Heard({"nobody's"}, MUTE.format(days=1)),
    "who muted the author once": Heard(ANYONES | FOLLOWERS, MUTE.format(days=-1)),
    "of a suspended author": Heard(set(), "UPDATE accounts SET suspended_at = now() WHERE id = :author"),
    "a stranger to followers' posts": Heard(set(), visibility="private", follows=False),
    "a follower of followers' posts": Heard(FOLLOWERS, visibility="private"),
    "not mentioned in a direct post": Heard(set(), visibility="direct"),
    "to unlisted posts": Heard(FOLLOWERS, visibility="unlisted"),
    "of what is deleted at once": Heard(set(), "UPDATE posts SET deleted_at = now() WHERE author_id = :author"),
}


class TestListener:
    async def test_hears_the_author_s_words_only_where_they_may(
        self, world: World, resources: Resources, served: Served
    ) -> None:
        """One reader with every stream open; an author for each way they stand to each other."""
        friend, reader = await world.people("friend", "reader")
        authors = {name: await world.person(f"author{number}") for number, name in enumerate(HEARD)}
        await reader.follows(friend)
        for name, told in HEARD.items():
            if told.follows:
                await reader.follows(authors[name])
        listed = [friend, *(author for name, author in authors.items() if HEARD[name].follows)]
        found = await reader.post("/api/v1/lists", {"title": "分组"})
        await reader.post(f"/api/v1/lists/{found['id']}/accounts", {"account_ids": [one.id for one in listed]})
        await world.settle()
        heard: dict[str, set[str]] = {}
        async with contextlib.AsyncExitStack() as stack:
            streams: dict[str, Events] = {}
            for name, (path, params) in STREAMS.items():
                filled = {key: value.format(list=found["id"]) for key, value in params.items()}
                token = None if name == "nobody's" else reader.token
                streams[name] = await stack.enter_async_context(served.sse(path, token, **filled))
            for relation, told in HEARD.items():
                author = authors[relation]
                await author.says(f"新的{WORDS} #话题#", visibility=told.visibility)
                await _happens(resources, told.sql, author, reader)
                await world.settle()
                await friend.says(f"{END} #话题#")
                await world.settle()
                heard[relation] = {name for name, events in streams.items() if await _until_the_end(events)}
        assert heard == {relation: told.streams for relation, told in HEARD.items()}

    async def test_of_what_is_for_followers_must_say_who_it_is(self, world: World) -> None:
        for name in sorted(FOLLOWERS):
            answer = await world.client.get(f"/api/v1/streaming/{STREAMS[name][0]}", params={"list": "1"})
            assert answer.status_code == 401


async def _happens(resources: Resources, sql: str, author: Person, reader: Person) -> None:
    people = {"author": int(author.id), "reader": int(reader.id)}
    if sql:
        async with resources.db.transaction() as session:
            await session.execute(text(sql), {name: id for name, id in people.items() if f":{name}" in sql})


async def _until_the_end(events: Events) -> bool:
    """Whether the author's words came before the friend's last ones, which every stream tells."""
    met = False
    while True:
        _, payload = await events.next()
        said = json.dumps(payload, ensure_ascii=False)
        met = met or WORDS in said
        if END in said:
            return met
