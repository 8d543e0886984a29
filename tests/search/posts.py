"""Posts and jobs straight in PostgreSQL, for tests of the index."""

from sqlalchemy import text

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.db import Database
from app.organizations.models import Organization
from app.posts.models import Post


async def a_person(db: Database, username: str = "anna") -> int:
    """Somebody's id."""
    async with db.transaction() as session:
        person = Account(username=username, handle=username)
        session.add(person)
        await session.flush()
        return person.id


async def a_post(db: Database, author_id: int, **fields: object) -> int:
    """A post's id."""
    async with db.transaction() as session:
        post = Post(**{"author_id": author_id, "text": "招后端", **fields})
        session.add(post)
        await session.flush()
        return post.id


async def a_job(db: Database, author_id: int, **fields: object) -> tuple[int, int]:
    """The ids of a job and of the post that carries it."""
    post_id = await a_post(db, author_id, kind="job", text="新职位")
    async with db.transaction() as session:
        organization = Organization(name="微光科技", created_by=author_id)
        session.add(organization)
        await session.flush()
        job = Job(
            **{
                "post_id": post_id,
                "organization_id": organization.id,
                "author_id": author_id,
                "state": "open",
                "title": "后端工程师",
                "description_html": "<p>做<b>数据库</b>内核</p><p>双休</p><script>alert(1)</script>",
                "locations": [{"city": "上海市", "region": None, "name": "张江"}],
                "skills": ["Rust"],
                "workplace_type": "remote",
                **fields,
            }
        )
        session.add(job)
        await session.flush()
        return job.id, post_id


async def change(db: Database, statement: str, id: int) -> None:
    """Run a statement with an `:id`."""
    async with db.transaction() as session:
        await session.execute(text(statement), {"id": id})
