"""/api/weizhi/v1/resumes: keep, list, read and delete one's own."""

import re
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import FileResponse

from app.kit.clock import now
from app.kit.errors import field_error
from app.kit.http import Files, PathId, Reading, Transaction
from app.kit.uploads import UploadRule, describe_files
from app.oauth.actor import Actor, requires
from app.resumes import limits, queries, service
from app.resumes.models import Resume
from app.resumes.schemas import NothingOut, ResumeCreate, ResumeOut
from app.resumes.serving import DOWNLOAD, PrivateStore, download

router = APIRouter(prefix="/api/weizhi/v1/resumes", tags=["applications"])

UPLOADS = (UploadRule("POST", re.compile(r"/api/weizhi/v1/resumes"), frozenset({"file"}), limits.BYTES + 64 * 1024),)
_UPLOAD = describe_files("file", file="PDF, DOC, DOCX, JPEG, PNG or plain text in UTF-8; 10 MB at most.")


@router.post("", response_model=ResumeOut, openapi_extra=_UPLOAD)
async def upload_resume(
    body: ResumeCreate,
    files: Files,
    actor: Annotated[Actor, requires("write:applications")],
    session: Transaction,
    store: PrivateStore,
) -> ResumeOut:
    """Keep a résumé, to apply with. Ten at most; nobody else sees it until you apply with it."""
    if "file" not in files:
        raise field_error("file", "ERR_BLANK", "can't be blank")
    kept = await service.keep(store, files["file"])
    made = await service.create(session, account_id=actor.account_id, kept=kept, name=body.name, now=now())
    return _shown(made)


@router.get("", response_model=list[ResumeOut])
async def list_resumes(actor: Annotated[Actor, requires("read:applications")], session: Reading) -> list[ResumeOut]:
    """Your résumés, newest first."""
    return [_shown(one) for one in await queries.list_resumes(session, account_id=actor.account_id)]


@router.get("/{id}/file", response_class=FileResponse, responses=DOWNLOAD)
async def get_resume_file(
    id: PathId, actor: Annotated[Actor, requires("read:applications")], session: Transaction, store: PrivateStore
) -> FileResponse:
    """One of your résumés itself."""
    resume = await queries.get_own_resume(session, id=id, account_id=actor.account_id)
    return download(service.find(store, resume.key), name=resume.name, content_type=resume.content_type)


@router.delete("/{id}", response_model=NothingOut)
async def delete_resume(
    id: PathId, actor: Annotated[Actor, requires("write:applications")], session: Transaction
) -> NothingOut:
    """Delete a résumé. Applications you made with it keep their copies, as long as they are kept."""
    await service.delete(session, id=id, account_id=actor.account_id)
    return NothingOut()


def _shown(resume: Resume) -> ResumeOut:
    return ResumeOut(
        id=resume.id,
        name=resume.name,
        content_type=resume.content_type,
        size=resume.size,
        created_at=resume.created_at,
    )
