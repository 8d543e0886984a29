"""Step four: our words become Mastodon's, here and nowhere else."""

from collections.abc import Mapping
from typing import Any, cast

from app.filters.rules import matches
from app.jobs.models import Job
from app.kit.site import Site
from app.media.present import present_media
from app.posts.models import Post, PostStats
from app.posts.rules import Seen, may_quote, may_see
from app.posts.text import to_html
from app.reading import schemas
from app.reading.held import Held, present_held
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.present_account import present_account
from app.reading.present_job import present_card, present_job
from app.reading.present_poll import present_poll
from app.reading.viewer import Viewer

NO_STATS = PostStats(replies_count=0, reposts_count=0, quotes_count=0, likes_count=0)


def present_status(
    item: HydratedPost,
    hydrated: Hydrated,
    *,
    site: Site,
    highlights: Mapping[int, str] | None = None,
    quoted: bool = False,
    held: Held | None = None,
    carrier: HydratedPost | None = None,
) -> schemas.StatusOut:
    """A post as Mastodon's Status, with what is `held` back for it.

    `quoted`: it stands inside a quote, so its own quote is only named. `carrier`: the post that carries it, if any.
    """
    post, viewer = item.post, hydrated.viewer
    original = hydrated.posts.get(post.repost_of_id) if post.repost_of_id else None
    # Apps unwrap a repost only when its words equal the original's, so it speaks with the original's.
    shown = original or item
    stats, poll = shown.stats or NO_STATS, hydrated.polls.get(shown.post.poll_id or 0)
    job, carrier = hydrated.jobs.get(shown.post.id), carrier or item
    url = site.post_url(item.author.account.username, post.id)
    return schemas.StatusOut(
        id=post.id,
        uri=url,
        url=url,
        created_at=post.created_at,
        edited_at=post.edited_at,
        account=present_account(item.author, site=site),
        content=present_words(shown.post, shown.post.text, site=site),
        visibility=post.visibility,
        sensitive=shown.post.sensitive,
        spoiler_text=shown.post.spoiler_text,
        language=shown.post.language,
        in_reply_to_id=post.in_reply_to_id,
        in_reply_to_account_id=post.in_reply_to_account_id,
        reblog=present_status(original, hydrated, site=site, highlights=highlights, carrier=carrier)
        if original
        else None,
        media_attachments=[
            present_media(hydrated.media[id], site=site) for id in shown.post.media_ids if id in hydrated.media
        ],
        mentions=present_mentions(shown.post, site=site),
        tags=present_tags(shown.post, site=site),
        application=_application(shown, site),
        card=present_card(*job, site=site, url=_card_url(job[0], carrier, viewer, site)) if job else None,
        poll=present_poll(poll, author_id=shown.post.author_id, viewer=viewer, now=hydrated.now) if poll else None,
        quote=_quote(shown, hydrated, site, named_only=quoted, carrier=carrier),
        quote_approval=present_quote_approval(shown.post, allowed=may_be_quoted(shown.post, viewer)),
        replies_count=stats.replies_count,
        reblogs_count=stats.reposts_count,
        favourites_count=stats.likes_count,
        quotes_count=stats.quotes_count,
        favourited=shown.post.id in viewer.likes,
        reblogged=shown.post.id in viewer.reposts,
        muted=shown.post.thread_id in viewer.muted_threads,
        bookmarked=shown.post.id in viewer.bookmarks,
        pinned=shown.post.id in viewer.pins,
        filtered=present_filtered(item, hydrated),
        weizhi=schemas.StatusExtra(
            kind=post.kind,
            via=_via(item),
            job=present_job(*job, site=site) if job else None,
            highlight=(highlights or {}).get(post.id),
            calm=present_held(held, site=site) if held else None,
        ),
    )


def addresses(post: Post, site: Site) -> dict[str, str]:
    """Where each name that a post mentions leads, by lower-case name, in every form it may be written."""
    return {
        name.lower(): site.account_url(mention["username"])
        for mention in post.mentions
        for name in (mention["username"], f"{mention['username']}@{site.domain}", mention.get("name", ""))
        if name
    }


def present_words(post: Post, words: str, *, site: Site) -> str:
    """Words as HTML: the post's own, or how they read before an edit."""
    return to_html(words, site_url=site.url, mentioned=addresses(post, site))


def present_mentions(post: Post, *, site: Site) -> list[schemas.MentionOut]:
    """Whom a post mentions."""
    return [_mention(mention, site) for mention in post.mentions]


def present_tags(post: Post, *, site: Site) -> list[schemas.TagOut]:
    """A post's topics."""
    return [schemas.TagOut(name=tag, url=site.tag_url(tag)) for tag in post.tags]


def _mention(mention: Mapping[str, Any], site: Site) -> schemas.MentionOut:
    name = mention["username"]
    return schemas.MentionOut(id=mention["id"], username=name, acct=name, url=site.account_url(name))


def _application(item: HydratedPost, site: Site) -> dict[str, Any] | None:
    return {"name": item.app[0], "website": item.app[1]} if item.app else None


def quote_state(item: HydratedPost, hydrated: Hydrated) -> tuple[schemas.QuoteState, HydratedPost | None]:
    """How the quote in a post stands for the viewer, and what it quotes where that is shown."""
    state = cast(schemas.QuoteState, item.post.quote_state or "accepted")
    if state != "accepted":
        return state, None
    quoted = hydrated.posts.get(item.post.quote_of_id or 0)
    if quoted is None:
        return "deleted", None
    viewer, author_id = hydrated.viewer, quoted.post.author_id
    may = may_see(quoted.post, viewer_id=viewer.id, follows_author=author_id in viewer.follows)
    if not may or author_id in viewer.blocked_by:
        return "unauthorized", None
    if author_id in viewer.blocks:
        return "blocked_account", None
    if author_id in viewer.mutes:
        return "muted_account", None
    return "accepted", quoted


def _card_url(job: Job, carrier: HydratedPost, viewer: Viewer, site: Site) -> str:
    root_id = job.post_id or carrier.id
    return site.card_url(job.id, root_id=root_id, via_id=carrier.id, own=carrier.author_id == viewer.id)


def _quote(
    item: HydratedPost, hydrated: Hydrated, site: Site, *, named_only: bool, carrier: HydratedPost
) -> schemas.QuoteOut | None:
    if item.post.quote_of_id is None:
        return None
    state, quoted = quote_state(item, hydrated)
    if quoted is None:
        return schemas.QuoteOut(state=state)
    if named_only:
        return schemas.QuoteOut(state=state, quoted_status_id=quoted.post.id)
    status = present_status(quoted, hydrated, site=site, quoted=True, carrier=carrier)
    return schemas.QuoteOut(state=state, quoted_status=status, quoted_status_id=quoted.post.id)


def may_be_quoted(post: Seen, viewer: Viewer) -> bool:
    """Whether the viewer may quote a post it sees."""
    return (
        viewer.id is not None
        and post.author_id not in viewer.blocked_by
        and may_quote(post, viewer_id=viewer.id, follows_author=post.author_id in viewer.follows)
    )


def present_quote_approval(post: Post, *, allowed: bool) -> schemas.QuoteApprovalOut:
    """Who may quote a post; `allowed`: the viewer may."""
    open_to = {"public": ["public"], "followers": ["followers"], "nobody": []}[post.quote_policy]
    return schemas.QuoteApprovalOut(
        automatic=open_to if post.visibility in ("public", "unlisted") else [],
        current_user="automatic" if allowed else "denied",
    )


def present_filtered(item: HydratedPost, hydrated: Hydrated) -> list[schemas.FilterResultOut]:
    """Which of the viewer's filters a post meets."""
    viewer, post = hydrated.viewer, item.post
    if not viewer.filters or post.author_id == viewer.id:
        return []
    original = hydrated.posts.get(post.repost_of_id) if post.repost_of_id else None
    said, ids = (original or item).post, (post.id, *((original.post.id,) if original else ()))
    poll = hydrated.polls.get(said.poll_id or 0)
    descriptions = (hydrated.media[id].description or "" for id in said.media_ids if id in hydrated.media)
    words = "\n".join((said.spoiler_text, said.text, *(poll.options if poll else ()), *descriptions))
    return [
        schemas.FilterResultOut(
            filter=schemas.FilterSummaryOut(
                id=match.rule.id,
                title=match.rule.title,
                context=list(match.rule.contexts),
                expires_at=match.rule.expires_at,
                filter_action=match.rule.action,
            ),
            keyword_matches=list(match.keywords) or None,
            status_matches=[str(id) for id in match.post_ids] or None,
        )
        for match in matches(viewer.filters, text=words, post_ids=ids)
    ]


def _via(item: HydratedPost) -> schemas.ViaOut | None:
    node = item.node
    if node is None:
        return None
    return schemas.ViaOut(
        status_id=node.parent_id,
        root_status_id=node.root_id,
        depth=node.depth,
        inference=node.inference,
        confidence=node.confidence,
    )
