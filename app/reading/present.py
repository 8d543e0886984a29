"""Step four: our words become Mastodon's, here and nowhere else."""

from collections.abc import Mapping
from typing import Any

from app.accounts.queries import Profile
from app.graph.models import Follow
from app.jobs import rendering
from app.jobs.models import Job
from app.jobs.schemas import JobOut, LocationOut, SalaryOut
from app.jobs.service import salary_line
from app.kit.site import Site
from app.organizations.models import Organization
from app.organizations.schemas import OrganizationOut
from app.posts.models import PostStats
from app.posts.rules import may_see
from app.posts.text import line_to_html, to_html
from app.reading import schemas
from app.reading.hydrate import Hydrated, HydratedPost

_NO_STATS = PostStats(replies_count=0, reposts_count=0, quotes_count=0, likes_count=0)


def present_status(
    item: HydratedPost,
    hydrated: Hydrated,
    *,
    site: Site,
    highlights: Mapping[int, str] | None = None,
    quoted: bool = False,
) -> schemas.StatusOut:
    """A post as Mastodon's Status. `quoted`: it stands inside a quote, so its own quote is only named."""
    post, viewer = item.post, hydrated.viewer
    original = hydrated.posts.get(post.repost_of_id) if post.repost_of_id else None
    # Apps unwrap a repost only when its words equal the original's, so it speaks with the original's.
    shown = original or item
    stats = shown.stats or _NO_STATS
    job = hydrated.jobs.get(shown.post.id)
    url = site.post_url(item.author.account.username, post.id)
    return schemas.StatusOut(
        id=post.id,
        uri=url,
        url=url,
        created_at=post.created_at,
        edited_at=post.edited_at,
        account=present_account(item.author, site=site),
        content=_content(shown, site),
        visibility=post.visibility,
        sensitive=shown.post.sensitive,
        spoiler_text=shown.post.spoiler_text,
        language=shown.post.language,
        in_reply_to_id=post.in_reply_to_id,
        in_reply_to_account_id=post.in_reply_to_account_id,
        reblog=present_status(original, hydrated, site=site, highlights=highlights) if original else None,
        mentions=[_mention(mention, site) for mention in shown.post.mentions],
        tags=[schemas.TagOut(name=tag, url=site.tag_url(tag)) for tag in shown.post.tags],
        card=_card(*job, site) if job else None,
        quote=_quote(item, hydrated, site, named_only=quoted),
        quote_approval=_quote_approval(item, viewer.id),
        replies_count=stats.replies_count,
        reblogs_count=stats.reposts_count,
        favourites_count=stats.likes_count,
        quotes_count=stats.quotes_count,
        reblogged=shown.post.id in viewer.reposted,
        weizhi=schemas.StatusExtra(
            kind=post.kind,
            via=_via(item),
            job=present_job(*job, site=site) if job else None,
            highlight=(highlights or {}).get(post.id),
        ),
    )


def present_account(profile: Profile, *, site: Site) -> schemas.AccountOut:
    """A profile as Mastodon's Account."""
    return schemas.AccountOut(**_account(profile, site))


def present_own_account(profile: Profile, *, site: Site) -> schemas.CredentialAccountOut:
    """One's own profile as Mastodon's CredentialAccount."""
    account = profile.account
    source = schemas.SourceOut(
        note=account.note,
        fields=[schemas.SourceFieldOut(**field) for field in account.fields],
        language=account.language,
        discoverable=account.discoverable,
        indexable=account.discoverable,
    )
    return schemas.CredentialAccountOut(**_account(profile, site), source=source)


def present_relationship(account_id: int, follow: Follow | None, *, followed_by: bool) -> schemas.RelationshipOut:
    """How the caller stands to an account, as Mastodon's Relationship."""
    return schemas.RelationshipOut(
        id=account_id,
        following=follow is not None,
        showing_reblogs=follow is not None and follow.reposts,
        notifying=follow is not None and follow.notify,
        followed_by=followed_by,
    )


def present_organization(organization: Organization) -> OrganizationOut:
    """An organisation, labelled when it is not verified."""
    return OrganizationOut(
        id=organization.id,
        name=organization.name,
        url=organization.url,
        verified=organization.verified_at is not None,
        verified_at=organization.verified_at,
        label=None if organization.verified_at else rendering.UNVERIFIED,
        created_at=organization.created_at,
    )


def present_job(job: Job, organization: Organization, *, site: Site) -> JobOut:
    """A job with its employer."""
    return JobOut(
        id=job.id,
        status_id=job.post_id,
        url=site.job_url(job.id),
        state=job.state,
        title=job.title,
        organization=present_organization(organization),
        description_html=job.description_html,
        requirements=job.requirements,
        headcount=job.headcount,
        locations=[
            LocationOut(**{part: place.get(part) for part in LocationOut.model_fields}) for place in job.locations
        ],
        workplace_type=job.workplace_type,
        employment_type=job.employment_type,
        salary=SalaryOut(
            currency=job.salary_currency,
            min=job.salary_min,
            max=job.salary_max,
            interval=job.salary_interval,
            months=job.salary_months,
            negotiable=job.salary_negotiable,
            text=salary_line(job),
        ),
        experience_min_years=job.experience_min_years,
        education=job.education,
        skills=job.skills,
        language=job.language,
        apply_mode="url" if job.apply_url else "internal",
        apply_url=job.apply_url,
        valid_through=job.valid_through,
        source="inbound" if job.source_id else "weizhi",
        external_id=job.external_id,
        assumed=job.assumed,
        created_at=job.created_at,
        updated_at=job.updated_at,
        published_at=job.published_at,
        closed_at=job.closed_at,
    )


def _account(profile: Profile, site: Site) -> dict[str, Any]:
    account, stats = profile.account, profile.stats
    url, avatar = site.account_url(account.username), f"{site.url}/avatars/{account.username}.svg"
    header = f"{site.url}/avatars/header.svg"
    return {
        "id": account.id,
        "username": account.username,
        "acct": account.username,
        "display_name": account.display_name or account.username,
        "bot": account.bot,
        "discoverable": account.discoverable,
        "indexable": account.discoverable,
        "created_at": account.created_at,
        "note": to_html(_with_headline(account.headline, account.note), site_url=site.url, mentioned={}),
        "url": url,
        "uri": url,
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "followers_count": stats.followers_count,
        "following_count": stats.following_count,
        "statuses_count": stats.posts_count,
        "last_status_at": stats.last_post_at.date().isoformat() if stats.last_post_at else None,
        "fields": [
            schemas.FieldOut(name=field["name"], value=line_to_html(field["value"], site_url=site.url))
            for field in account.fields
        ],
        "weizhi": schemas.AccountExtra(headline=account.headline),
    }


def _with_headline(headline: str, note: str) -> str:
    # An app that knows nothing of headlines shows it as the first paragraph of the note.
    return "\n\n".join(part for part in (headline, note) if part)


def _content(item: HydratedPost, site: Site) -> str:
    addresses = {m["username"].lower(): site.account_url(m["username"]) for m in item.post.mentions}
    return to_html(item.post.text, site_url=site.url, mentioned=addresses)


def _mention(mention: Mapping[str, Any], site: Site) -> schemas.MentionOut:
    name = mention["username"]
    return schemas.MentionOut(id=mention["id"], username=name, acct=name, url=site.account_url(name))


def _card(job: Job, organization: Organization, site: Site) -> schemas.CardOut:
    place = rendering.place_line(job.locations, job.workplace_type)
    return schemas.CardOut(
        url=site.job_url(job.id),
        title=f"{job.title} · {organization.name}",
        description=f"{place} · {salary_line(job)}",
        provider_name=site.title,
        provider_url=site.url,
        language=job.language,
        published_at=job.published_at,
    )


def _quote(item: HydratedPost, hydrated: Hydrated, site: Site, *, named_only: bool) -> schemas.QuoteOut | None:
    if item.post.quote_of_id is None:
        return None
    quoted = hydrated.posts.get(item.post.quote_of_id)
    if quoted is None:
        return schemas.QuoteOut(state="deleted")
    viewer = hydrated.viewer
    if not may_see(quoted.post, viewer_id=viewer.id, follows_author=quoted.post.author_id in viewer.follows):
        return schemas.QuoteOut(state="unauthorized")
    if named_only:
        return schemas.QuoteOut(state="accepted", quoted_status_id=quoted.post.id)
    status = present_status(quoted, hydrated, site=site, quoted=True)
    return schemas.QuoteOut(state="accepted", quoted_status=status, quoted_status_id=quoted.post.id)


def _quote_approval(item: HydratedPost, viewer_id: int | None) -> schemas.QuoteApprovalOut:
    anyone = item.post.visibility in ("public", "unlisted")
    allowed = viewer_id is not None and (anyone or item.post.author_id == viewer_id)
    return schemas.QuoteApprovalOut(
        automatic=["public"] if anyone else [], current_user="automatic" if allowed else "denied"
    )


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
