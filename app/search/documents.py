"""What the search index should hold, read from PostgreSQL as it is now."""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.jobs.models import Job
from app.jobs.text import plain_text
from app.media.queries import load_media
from app.organizations.models import Organization
from app.posts.models import Post
from app.search.index import JobDocument, PostDocument, SearchIndex, Trait
from app.search.pay_words import words_of_pay

SEARCHABLE_VISIBILITIES = frozenset({"public", "unlisted", "private"})
_LINK = re.compile(r"https?://", re.IGNORECASE)
# People type these words; jobs state the fact.
_WORKPLACE_WORDS = {"remote": "远程 remote", "hybrid": "混合办公 hybrid"}
_EMPLOYMENT_WORDS = {"INTERN": "实习 intern", "PART_TIME": "兼职 part-time", "CONTRACTOR": "合同工 contractor"}
_NO_EXPERIENCE_WORDS = "应届 经验不限"


@dataclass(slots=True)
class Documents:
    """What to put into the index, and the ids that must not be in it."""

    posts: list[PostDocument] = field(default_factory=list)
    jobs: list[JobDocument] = field(default_factory=list)
    absent_posts: list[int] = field(default_factory=list)
    absent_jobs: list[int] = field(default_factory=list)

    def writes(self, index: SearchIndex) -> list[Callable[[], Awaitable[None]]]:
        """The calls that bring `index` to this, to be made in any order."""
        calls: list[Callable[[], Awaitable[None]]] = []
        if self.posts:
            calls.append(lambda: index.put_posts(self.posts))
        if self.jobs:
            calls.append(lambda: index.put_jobs(self.jobs))
        if self.absent_posts:
            calls.append(lambda: index.delete_posts(self.absent_posts))
        if self.absent_jobs:
            calls.append(lambda: index.delete_jobs(self.absent_jobs))
        return calls


async def load_documents(session: AsyncSession, *, post_ids: Collection[int]) -> Documents:
    """The documents of `post_ids` and of the jobs they carry.

    Searchable is a living post, quote or job that is not direct, of an account that is not suspended.
    The job of a public one is listed among jobs.
    """
    ids = bindparam("ids", [*post_ids], type_=ARRAY(BigInteger))
    rows = await session.execute(
        select(Post, Account.suspended_at, Job, Organization.name)
        .join(Account, Account.id == Post.author_id)
        .outerjoin(Job, Job.post_id == Post.id)
        .outerjoin(Organization, Organization.id == Job.organization_id)
        .where(Post.id == any_(ids))
        # State as it is now, even where this session has read the post before.
        .execution_options(populate_existing=True)
    )
    documents = Documents()
    found: set[int] = set()
    found_rows = rows.all()
    media = await load_media(session, ids={id for post, *_ in found_rows for id in post.media_ids})
    kinds = {item.id: item.kind for item in media.values()}
    for post, suspended_at, job, organization_name in found_rows:
        found.add(post.id)
        if post.kind == "repost":
            # It has no words of its own, so it never was in the index.
            continue
        searchable = suspended_at is None and _searchable(post)
        text = _job_text(job) if job else ""
        if searchable:
            traits = _traits(post, {kinds.get(id) for id in post.media_ids})
            documents.posts.append(_post_document(post, traits, job, organization_name, text))
        else:
            documents.absent_posts.append(post.id)
        if job and searchable and post.visibility == "public":
            documents.jobs.append(_job_document(post, job, organization_name, text))
        elif job:
            documents.absent_jobs.append(job.id)
    documents.absent_posts += sorted({*post_ids} - found)
    return documents


def _searchable(post: Post) -> bool:
    return post.deleted_at is None and post.visibility in SEARCHABLE_VISIBILITIES


def _traits(post: Post, media_kinds: set[str | None]) -> tuple[Trait, ...]:
    traits: dict[Trait, bool] = {
        "link": _LINK.search(post.text) is not None,
        "media": bool(post.media_ids),
        "image": "image" in media_kinds,
        "video": not media_kinds.isdisjoint(("video", "gifv")),
        "poll": post.poll_id is not None,
        "reply": post.in_reply_to_id is not None,
        "sensitive": post.sensitive,
    }
    return tuple(trait for trait, has in traits.items() if has)


def _post_document(
    post: Post, traits: tuple[Trait, ...], job: Job | None, organization_name: str | None, job_text: str
) -> PostDocument:
    parts = [post.spoiler_text, post.text]
    if job:
        most = job.monthly_min if job.monthly_max is None else job.monthly_max
        parts += [job.title, organization_name or "", *_cities(job), *job.skills, words_of_pay(most), job_text]
    return PostDocument(
        id=post.id,
        author_id=post.author_id,
        kind=cast(Any, post.kind),
        visibility=cast(Any, post.visibility),
        text="\n".join(part for part in parts if part),
        tags=tuple(post.tags),
        language=post.language,
        traits=traits,
    )


def _job_document(post: Post, job: Job, organization_name: str, text: str) -> JobDocument:
    return JobDocument(
        id=job.id,
        post_id=post.id,
        author_id=job.author_id,
        organization_id=job.organization_id,
        organization_name=organization_name,
        title=job.title,
        text=text,
        skills=tuple(job.skills),
        cities=tuple(_cities(job)),
        workplace_type=job.workplace_type,
        employment_type=job.employment_type,
        experience_min_years=job.experience_min_years,
        education=job.education,
        monthly_min=job.monthly_min,
        monthly_max=job.monthly_max,
        salary_months=job.salary_months,
        open=job.state == "open",
        valid_through=job.valid_through,
    )


def _job_text(job: Job) -> str:
    parts = [plain_text(job.description_html), *job.requirements]
    parts += [_WORKPLACE_WORDS.get(job.workplace_type, ""), _EMPLOYMENT_WORDS.get(job.employment_type, "")]
    parts += [] if job.experience_min_years else [_NO_EXPERIENCE_WORDS]
    return "\n".join(part for part in parts if part)


def _cities(job: Job) -> list[str]:
    """The job's places, each once: the city with its region, or the whole line where the parts are not known."""
    names = []
    for place in job.locations:
        parts = [place.get("region"), place.get("city")]
        # The line may say more than its parts do: a district, say.
        names.append(", ".join(dict.fromkeys(part for part in [*parts, place.get("name")] if part)))
    return [*dict.fromkeys(name for name in names if name)]
