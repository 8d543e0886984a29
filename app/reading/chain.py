"""The words a quote came by, Weibo's way: `转得好 //@李雷:说得对 //@韩梅梅:招后端`.

It costs three statements, whatever the number of posts, so it is told of single posts, not on pages of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.site import Site
from app.posts.models import Post
from app.posts.rules import DEEPEST_CASCADE
from app.posts.text import line_to_html, mention_link
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.present import addresses
from app.reading.present_account import present_account
from app.reading.rules import welcome
from app.reading.schemas import ChainStepOut, StatusOut

_DELETED = "已删除"
_LONGEST = 140

# From each quote to what it was come to through: what it names or was seen in (its parent in the cascade), or, where
# that is only guessed, what it quotes. A quote that its quoted author does not let stand carries no words further.
_STEPS = text(
    """
    WITH RECURSIVE step (asked, id, number, quoted) AS (
        SELECT id, id, 0, true FROM unnest(CAST(:ids AS bigint[])) AS id
        UNION ALL
        SELECT step.asked, next.id, step.number + 1, next.id = coalesce(post.quote_of_id, post.repost_of_id)
        FROM step JOIN posts AS post ON post.id = step.id
        LEFT JOIN cascade_nodes AS node ON node.post_id = post.id
        CROSS JOIN LATERAL (SELECT CASE WHEN node.inference <> 'follow' THEN node.parent_id
            ELSE coalesce(post.quote_of_id, post.repost_of_id) END AS id) AS next
        WHERE step.number < :deepest AND next.id IS NOT NULL AND coalesce(post.quote_state, 'accepted') = 'accepted'
    )
    SELECT step.asked, step.id, step.quoted, post.deleted_at IS NOT NULL AS deleted, post.kind
    FROM step JOIN posts AS post ON post.id = step.id
    WHERE step.number > 0 ORDER BY step.asked, step.number
    """
)


@dataclass(frozen=True, slots=True)
class Step:
    """A post that words came through. `quoted`: the one before it quotes it, as its author lets it."""

    id: int
    quoted: bool
    deleted: bool


async def with_chains(
    session: AsyncSession, statuses: Sequence[StatusOut], *, viewer_id: int | None, site: Site
) -> list[StatusOut]:
    """`statuses`, the quotes among them (and those a repost carries) with the chain of words they came by."""
    quotes = {said.id for status in statuses if (said := status.reblog or status).weizhi.kind == "quote"}
    if not quotes:
        return list(statuses)
    steps = await _load_steps(session, quotes)
    ids = {step.id for chain in steps.values() for step in chain if not step.deleted} | quotes
    hydrated = await hydrate(session, ids=ids, viewer_id=viewer_id)

    def told(status: StatusOut) -> StatusOut:
        item = hydrated.posts.get(status.id) if status.id in quotes else None
        return _told(status, item, steps.get(status.id, []), hydrated, site) if item else status

    return [
        status.model_copy(update={"reblog": told(status.reblog)}) if status.reblog else told(status)
        for status in statuses
    ]


async def _load_steps(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Step]]:
    """Back from each quote, without plain reposts: these have no words."""
    steps: dict[int, list[Step]] = {}
    rows = await session.execute(_STEPS, {"ids": sorted(ids), "deepest": DEEPEST_CASCADE})
    for asked, id, quoted, deleted, kind in rows:
        if kind != "repost":
            steps.setdefault(asked, []).append(Step(id, quoted, deleted))
    return steps


def _told(status: StatusOut, item: HydratedPost, steps: Sequence[Step], hydrated: Hydrated, site: Site) -> StatusOut:
    shown: list[ChainStepOut] = []
    plain, html = [_line(item.post.text)], [_html(item.post, item.post.text, site)]
    for step in steps:
        passed = hydrated.posts.get(step.id)
        if step.deleted:
            shown.append(ChainStepOut(status_id=step.id, account=None, text=""))
            plain.append(f"//@{_DELETED}")
            html.append(f"//@{_DELETED}")
        elif passed is not None and welcome(passed, hydrated) and (step.quoted or _open(passed.post)):
            account = present_account(passed.author, site=site)
            words = _short(_line(passed.post.text))
            shown.append(ChainStepOut(status_id=step.id, account=account, text=words))
            name = account.display_name or account.username
            plain.append(f"//@{name}:{words}")
            html.append(f"//{mention_link(account.url, name)}:{_html(passed.post, words, site)}")
    extra = {"chain": shown, "chain_text": " ".join(plain), "chain_html": f"<p>{' '.join(html)}</p>"}
    return status.model_copy(update={"weizhi": status.weizhi.model_copy(update=extra)})


def _open(post: Post) -> bool:
    # Nobody asked its author whether these words may be carried on: only where everyone may.
    return post.quote_policy == "public" and post.visibility in ("public", "unlisted")


def _line(words: str) -> str:
    return " ".join(words.split())


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _html(post: Post, words: str, site: Site) -> str:
    return line_to_html(words, site_url=site.url, mentioned=addresses(post, site))
