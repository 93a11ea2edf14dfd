"""A request for an export becomes a job, once for each idempotency key."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from malha.db import Database, ReadSession, Session
from malha.exports.errors import ExportFormatUnfitError
from malha.exports.models import Export
from malha.exports.rules import Format
from malha.exports.schemas import ExportRequest
from malha.exports.service._registry import ExportList, get_list
from malha.exports.settings import ExportSettings
from malha.identity.errors import ScopeMissingError
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.jobs import Accept, Accepted, Job, NewJob, SubmittedJob
from malha.kit.clock import utc_now

KIND = "exports.build"
ROUTE = "exports.create"


async def request_export(
    accept: Accept,
    database: Database,
    principal: Principal,
    trail: AuditTrail,
    body: ExportRequest,
    *,
    settings: ExportSettings,
    language: str,
) -> Accepted:
    """Accept an export, whose id is its job's.

    Raises ExportListUnknownError, ExportFormatUnfitError, ScopeMissingError, RequestValidationError for the filter,
    what the list's own check raises, and the errors of idempotency keys.
    """
    async with database.read_session() as session:
        await check_request(session, principal, body)
    kept_for = timedelta(days=settings.kept_days)

    async def record(session: Session, job: SubmittedJob) -> None:
        await record_export(session, principal, trail, body, job=job, expires_at=utc_now() + kept_for)

    new = NewJob(kind=KIND, input=job_input(body, language), parts=[{}], record=record)
    return await accept.body(ROUTE, _fingerprint(body), new)


async def check_request(session: ReadSession, principal: Principal, body: ExportRequest) -> None:
    """Raise what `request_export` does, the errors of keys aside."""
    export_list = get_list(body.list)
    if not principal.can(export_list.scope):
        raise ScopeMissingError(export_list.scope)
    if export_list.is_of_documents and body.format is not Format.JSONL:
        raise ExportFormatUnfitError(name=body.list)
    wanted = _read_filter(export_list, body.filter)
    if export_list.check is not None:
        await export_list.check(session, principal, wanted)


def job_input(body: ExportRequest, language: str = "pt") -> dict[str, str]:
    """What the job's own input says."""
    return {"list": body.list, "format": body.format.value, "language": language}


def _read_filter(export_list: ExportList, given: dict[str, Any]) -> BaseModel:
    try:
        wanted = export_list.filter.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", "filter", *one["loc"])} for one in found]) from error
    for name, value in given.items():
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):  # which the database cannot store
            raise RequestValidationError([{"loc": ("body", "filter", name), "msg": "NUL", "type": "nul-character"}])
    return wanted


async def record_export(
    session: Session,
    principal: Principal,
    trail: AuditTrail,
    body: ExportRequest,
    *,
    job: SubmittedJob | Job,
    expires_at: datetime,
) -> None:
    """Write the export of a job, and into the audit log who asked for it."""
    session.add(
        Export(
            job_id=job.id,
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            list_name=body.list,
            format=body.format.value,
            filter=body.filter,
            created_at=job.created_at,
            expires_at=expires_at,
        )
    )
    await session.flush()
    state = {"list": body.list, "format": body.format.value, "filter": body.filter}
    await trail.record(session, Act(entity_type="export", entity_id=job.id, action="EXPORT_REQUESTED", new_state=state))


def _fingerprint(body: ExportRequest) -> str:
    return hashlib.sha256(orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()
