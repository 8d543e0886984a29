"""What posts and likes do to the boards. May run twice: nobody is counted twice for one thing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.trends.queries import list_doings, list_likes
from app.trends.scores import Board, Scores

_BOARDS: tuple[Board, ...] = ("tag", "post")


async def count_posts(session: AsyncSession, scores: Scores, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Count the topics of new posts, and what they pass on or answer."""
    ids = [payload["post_id"] for payload in payloads]
    for board in _BOARDS:
        await scores.record(board, await list_doings(session, board=board, now=now(), post_ids=ids))


async def count_likes(session: AsyncSession, scores: Scores, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Count likes."""
    pairs = [(payload["post_id"], payload["account_id"]) for payload in payloads]
    await scores.record("post", await list_likes(session, pairs=pairs))


async def withdraw(session: AsyncSession, scores: Scores, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Take deleted posts off the board; readers do not wait for it: rules hide them."""
    await scores.forget("post", [str(payload["post_id"]) for payload in payloads])


async def rebuild(session: AsyncSession, scores: Scores) -> None:
    """Count everything of the window, unless the store has it. What was counted meanwhile is not counted twice."""
    if not await scores.is_whole():
        for board in _BOARDS:
            await scores.record(board, await list_doings(session, board=board, now=now()))
        await scores.mark_whole()
