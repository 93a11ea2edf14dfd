"""`/api/v1/audits`: fiscal audits of uploaded files."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from malha.audits import service
from malha.audits.errors import (
    AuditActiveError,
    AuditNotFoundError,
    AuditOptionInvalidError,
    AuditRuleUnknownError,
    AuditUnfinishedError,
)
from malha.audits.schemas import (
    AuditRead,
    AuditStatus,
    DocumentRead,
    DocumentStatus,
    FindingRead,
    ReportFormat,
)
from malha.audits.service import DocumentFilter
from malha.db.paging import OffsetPage, Page, Window
from malha.dependencies import DatabaseDep, ReadSessionDep, StorageDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.fiscal.findings import Level, Severity
from malha.http import download_headers
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.jobs import KEYED_ACCEPT_REFUSED, REPLAYED, Action, JobMoveIllegalError, KeyedAcceptDep
from malha.realtime import EventStreamsDep
from malha.storage.forms import FORM_REFUSED

router = APIRouter(prefix="/audits", tags=["audits"])

Reader = Annotated[Principal, Depends(require("audits:read"))]
Writer = Annotated[Principal, Depends(require("audits:write"))]
Listed = Annotated[Window, window_of(50, most=100)]
NOT_FOUND = problem_responses(AuditNotFoundError)
NOT_MOVED = problem_responses(AuditNotFoundError, JobMoveIllegalError)
REFUSED = FORM_REFUSED | KEYED_ACCEPT_REFUSED | problem_responses(AuditOptionInvalidError, AuditRuleUnknownError)


@router.post(
    "",
    status_code=202,
    response_model=AuditRead,
    responses={200: {"model": AuditRead}} | REFUSED,
    openapi_extra=service.FORM.describe(),
)
async def create_audit(request: Request, principal: Writer, accept: KeyedAcceptDep, database: DatabaseDep) -> Response:
    """Audit uploaded files. The same key with the same files answers 200 with the audit that exists."""
    accepted = await service.take_audit(accept)
    language = preferred_language(request)
    headers = {"Location": f"{request.url.path.rstrip('/')}/{accepted.job_id}"}
    if accepted.new is None or accepted.job is None:
        async with database.read_session() as session:
            audit = await service.read_audit(session, principal, accepted.job_id, language)
        return Response(audit.model_dump_json(), 200, {**headers, REPLAYED: "true"}, "application/json")
    shown = service.show_new_audit(accepted.new, accepted.job, language)
    return Response(orjson.dumps(shown, option=orjson.OPT_UTC_Z), 202, headers, "application/json")


@router.get("")
async def list_audits(
    request: Request,
    principal: Reader,
    session: ReadSessionDep,
    status: Annotated[list[AuditStatus] | None, Query()] = None,
    *,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    cursor: str | None = None,
) -> OffsetPage[AuditRead]:
    """Audits of the workspace, newest first, by offset or by cursor."""
    window = Window(limit, cursor, offset)
    return await service.read_audits(session, principal, status or (), window, preferred_language(request))


@router.get("/{job_id}", responses=NOT_FOUND)
async def get_audit(request: Request, principal: Reader, session: ReadSessionDep, job_id: UUID) -> AuditRead:
    """One audit; when it has ended, with its result and the first hundred documents of its report."""
    return await service.read_audit(session, principal, job_id, preferred_language(request))


@router.get("/{job_id}/documents", responses=NOT_FOUND)
async def list_audit_documents(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    job_id: UUID,
    status: Annotated[list[DocumentStatus] | None, Query()] = None,
    kind: Annotated[list[str] | None, Query()] = None,
    *,
    q: Annotated[str | None, Query(max_length=200, description="Part of a name, key, CNPJ or CPF.")] = None,
) -> Page[DocumentRead]:
    """Documents found in the files, in their order."""
    wanted = DocumentFilter([one.value for one in status or ()], kind or (), q)
    return await service.read_documents(session, principal, job_id, wanted, window)


@router.get("/{job_id}/findings", responses=NOT_FOUND)
async def list_audit_findings(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    job_id: UUID,
    severity: Annotated[list[Severity] | None, Query()] = None,
    level: Annotated[list[Level] | None, Query()] = None,
    *,
    rule: Annotated[list[str] | None, Query(description="Rule ids or codes.")] = None,
    document: Annotated[list[str] | None, Query(description="Ids of documents or access keys.")] = None,
) -> Page[FindingRead]:
    """Findings in the order of the documents."""
    wanted = service.choose_findings(severity or (), level or (), rule or (), document or ())
    return await service.read_findings(session, principal, job_id, wanted, window)


@router.get("/{job_id}/report", responses=problem_responses(AuditNotFoundError, AuditUnfinishedError))
async def download_audit_report(
    request: Request,
    principal: Reader,
    database: DatabaseDep,
    job_id: UUID,
    format: Annotated[ReportFormat, Query()] = ReportFormat.JSON,  # noqa: A002 - the word that callers expect
) -> StreamingResponse:
    """The whole report, with every document and finding, as JSON, CSV or a page to print."""
    async with database.read_session() as session:
        audit, job = await service.find_report(session, principal, job_id)
    writer = service.ReportWriter(database, audit, job, preferred_language(request))
    headers = download_headers(f"auditoria-{job_id}.{format.value}", is_shown=format is ReportFormat.HTML)
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return StreamingResponse(writer.write(format), media_type=service.MEDIA_TYPES[format], headers=headers)


@router.get("/{job_id}/events", responses=NOT_FOUND)
async def stream_audit_events(principal: Reader, streams: EventStreamsDep, job_id: UUID) -> StreamingResponse:
    """The audit's event log as Server-Sent Events, resumable with `Last-Event-ID`."""
    return await streams.open(principal, job_id, not_found=AuditNotFoundError)


@router.post("/{job_id}/cancel", responses=NOT_MOVED)
async def cancel_audit(request: Request, principal: Writer, session: WriteSessionDep, job_id: UUID) -> AuditRead:
    """Stop an audit: what waits never runs, and what runs now writes nothing."""
    return await service.move_audit(session, principal, job_id, Action.CANCEL, preferred_language(request))


@router.post("/{job_id}/retry", responses=NOT_MOVED)
async def retry_audit(request: Request, principal: Writer, session: WriteSessionDep, job_id: UUID) -> AuditRead:
    """Run again what failed or was cancelled; what succeeded is kept."""
    return await service.move_audit(session, principal, job_id, Action.RETRY, preferred_language(request))


@router.post("/{job_id}/retry-failed", responses=NOT_MOVED)
async def retry_failed_audit_parts(
    request: Request, principal: Writer, session: WriteSessionDep, job_id: UUID
) -> AuditRead:
    """Run again only what failed."""
    return await service.move_audit(session, principal, job_id, Action.RETRY_FAILED, preferred_language(request))


@router.delete("/{job_id}", status_code=204, responses=problem_responses(AuditNotFoundError, AuditActiveError))
async def delete_audit(
    principal: Writer, session: WriteSessionDep, storage: StorageDep, trail: AuditTrailDep, job_id: UUID
) -> None:
    """Delete a finished audit with its files, documents and findings."""
    await service.delete_audit(session, storage, principal, trail, job_id)
