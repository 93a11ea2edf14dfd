"""`/api/v1/exports`: whole lists as files, made in the background."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from malha.db.paging import Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, SettingsDep, StorageDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.exports import service
from malha.exports.errors import (
    ExportActiveError,
    ExportExpiredError,
    ExportFormatUnfitError,
    ExportListUnknownError,
    ExportNotFoundError,
    ExportUnfinishedError,
)
from malha.exports.schemas import ExportRead, ExportRequest, ListRead
from malha.exports.settings import ExportSettings
from malha.http import download_headers
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.jobs import ACCEPT_REFUSED, AcceptDep

router = APIRouter(prefix="/exports", tags=["exports"])

Reader = Annotated[Principal, Depends(require("exports:read"))]
Writer = Annotated[Principal, Depends(require("exports:write"))]
NOT_FOUND = problem_responses(ExportNotFoundError)
REFUSED = problem_responses(ExportListUnknownError, ExportFormatUnfitError) | ACCEPT_REFUSED
FILE = {200: {"content": {media_type: {} for media_type in service.MEDIA_TYPES.values()}}}


@router.post("", status_code=202, responses={200: {"model": ExportRead}} | REFUSED)
async def create_export(
    request: Request,
    principal: Writer,
    accept: AcceptDep,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    *,
    trail: AuditTrailDep,
    body: ExportRequest,
) -> ExportRead:
    """Export a whole list. The caller also needs the scope of the list; `GET /exports/lists` has them all."""
    language = preferred_language(request)
    accepted = await service.request_export(
        accept, database, principal, trail, body, settings=settings.of(ExportSettings), language=language
    )
    accepted.answer(response, f"/api/v1/exports/{accepted.job_id}")
    async with database.read_session() as session:
        return await service.read_export(session, principal, accepted.job_id, language)


@router.get("")
async def list_exports(
    request: Request, principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[ExportRead]:
    """Exports of the workspace, newest first."""
    return await service.read_exports(session, principal, window, preferred_language(request))


@router.get("/lists")
async def list_export_lists(request: Request, principal: Reader) -> list[ListRead]:
    """The lists that can be exported, with their columns and filters."""
    return service.read_lists(principal, preferred_language(request))


@router.get("/{export_id}", responses=NOT_FOUND)
async def get_export(request: Request, principal: Reader, session: ReadSessionDep, export_id: UUID) -> ExportRead:
    """One export; `file` is where its file is once the job has succeeded."""
    return await service.read_export(session, principal, export_id, preferred_language(request))


@router.get(
    "/{export_id}/file",
    response_class=StreamingResponse,
    responses=FILE | problem_responses(ExportNotFoundError, ExportUnfinishedError, ExportExpiredError),
)
async def download_export(
    principal: Reader, database: DatabaseDep, storage: StorageDep, export_id: UUID
) -> StreamingResponse:
    """The file. The caller also needs the scope of the list."""
    download = await service.open_file(database, storage, principal, export_id)
    own = {"Content-Length": str(download.size), "Cache-Control": "no-store"}
    headers = download_headers(download.name) | own
    return StreamingResponse(download.blocks, media_type=download.media_type, headers=headers)


@router.delete("/{export_id}", status_code=204, responses=problem_responses(ExportNotFoundError, ExportActiveError))
async def delete_export(
    principal: Writer, session: WriteSessionDep, storage: StorageDep, trail: AuditTrailDep, export_id: UUID
) -> None:
    """Delete an export that has ended, with its file. One that is under way is cancelled as a job first."""
    await service.delete_export(session, storage, principal, trail, export_id)
