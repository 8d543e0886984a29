"""From what an app sends to a post: everything is checked here, and nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Defaults
from app.kit.errors import NotFound, field_error
from app.kit.work import Work, unattached
from app.media.errors import refused
from app.posts import mentions, polling, quoting, text
from app.posts.authors import Author
from app.posts.models import Post
from app.posts.queries import get_original, get_visible_post
from app.posts.quoting import Quoted
from app.posts.rules import quote_policy
from app.posts.schemas import PostCreate


class NoSuchReply(NotFound):
    code = "not_found"
    message = "The post you are trying to reply to does not appear to exist"


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that may be published as it is, once its poll and media are added; and what it quotes."""

    post: Post
    quoted: Quoted | None = None


def goes_alone(request: PostCreate) -> bool:
    """Whether a post is words alone, and one statement writes all of it: then `compose` needs no session."""
    return not (_carries_more(request) or request.in_reply_to_id or request.scheduled_at)


async def compose(
    work: Work,
    *,
    author: Author,
    request: PostCreate,
    now: datetime,
    app_id: int | None = None,
    kind: str = "post",
    longest: int = text.LONGEST,
    domain: str = "",
) -> Draft:
    """The post that `request` describes; it is not written, and has no id. `domain` is our own, for mentions with one.

    Raises Invalid for empty or overlong text, too many mentions and a poll that cannot be, NotFound for a reply to
    or quote of what the author cannot see, CannotQuote, InvalidVia.
    """
    content, warning = checked_words(
        request.status, request.spoiler_text, longest=longest, needed=not _carries_more(request)
    )
    if request.poll:
        polling.checked_options(request.poll)
        polling.checked_span(request.poll)
        refuse_media(request.media_ids)
    author_id = author.profile.account.id
    post = unattached(
        Post,
        {
            "author_id": author_id,
            "kind": kind,
            "text": content,
            "spoiler_text": warning,
            "tags": text.tags(content),
            "mentions": await mentions.resolve(work, text=content, author_id=author_id, domain=domain),
            # Attached, or refused, in this order once the post is there.
            "media_ids": list(dict.fromkeys(request.media_ids)),
            "app_id": app_id,
            "created_at": now,
            **_audience(request, author.defaults),
        },
    )
    if request.in_reply_to_id:
        await _set_replied(work.open_session, post, request.in_reply_to_id)
    if request.quoted_status_id is None:
        return Draft(post)
    session = work.open_session
    quoted = await quoting.get_quotable(session, id=request.quoted_status_id, via=request.via, quoter_id=author_id)
    post.kind, post.quote_of_id, post.quote_state = "quote", quoted.post.id, "accepted"
    if quoted.post.visibility == "private" and post.visibility in ("public", "unlisted"):
        post.visibility, post.quote_policy = "private", "nobody"
    return Draft(post, quoted)


def checked_words(status: str, warning: str, *, longest: int, needed: bool) -> tuple[str, str]:
    """The text and the warning before it; a warning without text is the text. Raises Invalid."""
    content, warning = status.strip(), warning.strip()
    if not content:
        content, warning = warning, ""
    if needed and not content:
        raise field_error("text", "ERR_BLANK", "can't be blank")
    if text.length(content) + text.characters(warning) > longest:
        raise field_error("text", "ERR_TOO_LONG", f"character limit of {longest} exceeded")
    return content, warning


def refuse_media(media_ids: Sequence[int]) -> None:
    """A poll has no media beside it. Raises Invalid, in the words Mastodon has for it."""
    if media_ids:
        raise refused("Cannot attach more than 4 files", field="media_ids")


def _carries_more(request: PostCreate) -> bool:
    return bool(request.media_ids or request.poll or request.quoted_status_id)


def _audience(request: PostCreate, default: Defaults) -> dict[str, Any]:
    sensitive = request.sensitive if request.sensitive is not None else default.sensitive
    visibility = request.visibility or default.visibility
    asked = request.quote_approval_policy or default.quote_policy
    return {
        "visibility": visibility,
        "sensitive": sensitive or bool(request.spoiler_text.strip()),
        "language": request.language or default.language,
        "quote_policy": quote_policy(asked, visibility=visibility),
    }


async def _set_replied(session: AsyncSession, post: Post, replied_id: int) -> None:
    try:
        shown = await get_visible_post(session, id=replied_id, viewer_id=post.author_id)
        replied = await get_original(session, post=shown, viewer_id=post.author_id)
    except NotFound:
        raise NoSuchReply from None
    post.in_reply_to_id, post.in_reply_to_account_id = replied.id, replied.author_id
    post.conversation_id = replied.thread_id
