"""A request for an export becomes a job, once for each idempotency key."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from malha.db import Database, Session
from malha.exports.models import Export
from malha.exports.schemas import ExportRequest
from malha.exports.service._registry import ExportList, get_list
from malha.identity.errors import ScopeMissingError
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.jobs import idempotency
from malha.jobs.idempotency import Reservation
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.kit.clock import utc_now
from malha.settings import ExportSettings

KIND = "exports.build"
ROUTE = "exports.create"


async def request_export(
    database: Database,
    principal: Principal,
    trail: AuditTrail,
    body: ExportRequest,
    *,
    key: str | None,
    settings: ExportSettings,
) -> tuple[UUID, Job | None]:
    """The export's id, and its job unless the key stands for one that exists.

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
    reservation = None
    if key is not None:
        scope = principal.idempotency_scope
        reservation = await idempotency.reserve(database, scope=scope, route=ROUTE, key=idempotency.parse_key(key))
        if reservation.job_id is not None:
            reservation.check_same(_fingerprint(body))
            return reservation.job_id, None
    try:
        async with database.session() as session:
            job = await _submit(session, principal, trail, body, kept_for=timedelta(days=settings.kept_days))
            await _bind(session, reservation, job, body)
            await session.commit()
    except BaseException:
        if reservation is not None:
            await idempotency.release(database, reservation)
        raise
    return job.id, job


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


async def _submit(
    session: Session, principal: Principal, trail: AuditTrail, body: ExportRequest, *, kept_for: timedelta
) -> Job:
    asked = {"list": body.list, "format": body.format.value}
    owner = Owner(principal.workspace_id, principal.user_id)
    job = await submit(session, KIND, input=asked, parts=[{}], owner=owner)
    session.add(
        Export(
            job_id=job.id,
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            list_name=body.list,
            format=body.format.value,
            filter=body.filter,
            created_at=job.created_at,
            expires_at=utc_now() + kept_for,
        )
    )
    await session.flush()
    state = {**asked, "filter": body.filter}
    await trail.record(session, Act(entity_type="export", entity_id=job.id, action="EXPORT_REQUESTED", new_state=state))
    return job


async def _bind(session: Session, reservation: Reservation | None, job: Job, body: ExportRequest) -> None:
    if reservation is not None:
        await idempotency.complete(session, reservation, job_id=job.id, fingerprint=_fingerprint(body))


def _fingerprint(body: ExportRequest) -> str:
    return hashlib.sha256(orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()
