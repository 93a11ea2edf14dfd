"""A request for an export becomes a job, once for each idempotency key."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from malha.db import Database, Session
from malha.exports.models import Export
from malha.exports.schemas import ExportRequest
from malha.exports.service._registry import ExportList, get_list
from malha.exports.settings import ExportSettings
from malha.identity.errors import ScopeMissingError
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.jobs import Accept, Accepted, NewJob, SubmittedJob
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

    Raises ExportListUnknownError, ScopeMissingError, RequestValidationError for the filter, what the list's own check
    raises, and the errors of idempotency keys.
    """
    export_list = get_list(body.list)
    if not principal.can(export_list.scope):
        raise ScopeMissingError(export_list.scope)
    wanted = _read_filter(export_list, body.filter)
    if export_list.check is not None:
        async with database.read_session() as session:
            await export_list.check(session, principal, wanted)
    kept_for = timedelta(days=settings.kept_days)

    async def record(session: Session, job: SubmittedJob) -> None:
        await _record(session, principal, trail, body, job=job, expires_at=utc_now() + kept_for)

    asked = {"list": body.list, "format": body.format.value, "language": language}
    return await accept.body(ROUTE, _fingerprint(body), NewJob(kind=KIND, input=asked, parts=[{}], record=record))


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


async def _record(
    session: Session,
    principal: Principal,
    trail: AuditTrail,
    body: ExportRequest,
    *,
    job: SubmittedJob,
    expires_at: datetime,
) -> None:
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
