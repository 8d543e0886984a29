"""Writes of résumés: rows, and files in the private store, which are written before any row names them."""

import asyncio
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.errors import Gone, Invalid
from app.kit.uploads import UploadedFile
from app.media.errors import too_big, unknown_type
from app.media.store import SOURCE, MediaStore
from app.outbox.publish import enqueue
from app.resumes import limits
from app.resumes.models import Resume
from app.resumes.queries import get_own_resume
from app.resumes.rules import content_type_of, name_of

DELETE_FILES = "resumes.delete_files"


class TooManyResumes(Invalid):
    code = "too_many_resumes"
    message = f"You keep {limits.PER_ACCOUNT} résumés already; delete one first"


class FileGone(Gone):
    code = "file_gone"
    message = "This file is no longer kept"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the private store, and what is known of it."""

    key: str
    content_type: str
    size: int


async def keep(store: MediaStore, file: UploadedFile) -> KeptFile:
    """Judge an upload by its content, and keep it as it came. Raises Invalid about `file`."""
    if file.size > limits.BYTES:
        raise too_big(limits.BYTES)
    async with store.workspace() as folder:
        path = folder / "resume"
        content_type = await asyncio.to_thread(_receive, file.file, path)
        if content_type is None:
            raise unknown_type()
        return KeptFile(await store.keep(path, ending=SOURCE), content_type, file.size)


async def create(session: AsyncSession, *, account_id: int, kept: KeptFile, name: str, now: datetime) -> Resume:
    """A row for a kept file. Raises TooManyResumes."""
    # One at a time for an account, so that the limit holds.
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    held = select(func.count()).select_from(Resume).where(Resume.account_id == account_id)
    if (await session.scalar(held) or 0) >= limits.PER_ACCOUNT:
        raise TooManyResumes
    resume = Resume(
        account_id=account_id,
        key=kept.key,
        name=name_of(name, kept.content_type),
        content_type=kept.content_type,
        size=kept.size,
        created_at=now,
    )
    session.add(resume)
    await session.flush()
    return resume


async def delete(session: AsyncSession, *, id: int, account_id: int) -> None:
    """Forget a résumé of one's own. Copies that went with applications stay with these. Raises NotFound."""
    resume = await get_own_resume(session, id=id, account_id=account_id)
    await session.delete(resume)
    await delete_files(session, [resume.key])


async def copy(store: MediaStore, key: str) -> str:
    """Keep a second file of the same content, that nothing done to the first can change. Raises FileGone."""
    source = find(store, key)
    async with store.workspace() as folder:
        path = folder / "copy"
        # Not a link: the copy is new, so that nobody takes it for a file left over while its row is being written.
        await asyncio.to_thread(shutil.copyfile, source, path)
        return await store.keep(path, ending=SOURCE)


def find(store: MediaStore, key: str) -> Path:
    """Where a file is, to read. Raises FileGone."""
    path = store.find(key)
    if path is None:
        raise FileGone
    return path


async def delete_files(session: AsyncSession, keys: Collection[str]) -> None:
    """Delete files once the transaction has committed, whatever happens to this process."""
    if keys:
        await enqueue(session, DELETE_FILES, [(min(keys), {"keys": list(keys)})])


def _receive(file: BinaryIO, path: Path) -> str | None:
    file.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target, 1024 * 1024)
    return content_type_of(path)
