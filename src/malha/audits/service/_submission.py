"""A request for an audit becomes stored files and a job, once for each idempotency key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from psycopg import OperationalError
from starlette.requests import Request

from malha.audits.repository import INSERT_AUDIT, audit_values
from malha.audits.rules import plan_parts, summarize_input
from malha.audits.service._options import parse_options
from malha.audits.service._presentation import show_new_audit
from malha.audits.service._processing import PartFile
from malha.db import Database
from malha.identity.policy import Principal
from malha.jobs import idempotency
from malha.jobs.idempotency import Reservation
from malha.jobs.once import KeyClaim, NewJob, SubmittedJob, submit_once
from malha.jobs.submit import Owner
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage import NullSink, Storage, StorageSink, Upload, receive_upload

KIND = "audits.process"
ROUTE = "audits.create"
SHORT_BYTES = 256 * 1024
EXTEND_SECONDS = idempotency.LOCK_SECONDS / 3


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the request has led to: a job and how its audit is shown, or the id of the one that the key stands for."""

    job_id: UUID
    job: SubmittedJob | None = None
    shown: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes audits in; one for the application."""

    database: Database
    storage: Storage
    limits: UploadSettings

    async def submit(self, request: Request, principal: Principal, key: str) -> Submitted:
        """Read the form, store its files and submit the job, or recognise a repeated request.

        Raises UploadRefusedError, AuditOptionInvalidError, IdempotencyKeyReusedError, IdempotencyKeyInFlightError. A
        request that is refused leaves neither files nor a used key behind.
        """
        scope = principal.idempotency_scope
        if _is_short(request):
            return await self._submit_new(request, principal, scope, key, None)
        reservation = await idempotency.reserve(self.database, scope=scope, route=ROUTE, key=key)
        if reservation.job_id is not None:
            upload = await receive_upload(request, limits=self.limits, sink=NullSink())
            reservation.check_same(upload.fingerprint)
            return Submitted(reservation.job_id)
        try:
            async with _kept_alive(self.database, reservation):
                return await self._submit_new(request, principal, scope, key, reservation)
        except BaseException:
            # Frees the key only while no job is bound to it, so a lost answer to the commit does no harm.
            await asyncio.shield(idempotency.release(self.database, reservation))
            raise

    async def _submit_new(
        self, request: Request, principal: Principal, scope: UUID, key: str, reservation: Reservation | None
    ) -> Submitted:
        job_id = new_id()
        sink = StorageSink(self.storage, str(job_id))
        upload = await receive_upload(request, limits=self.limits, sink=sink)
        try:
            audit = _describe(upload, job_id, principal, key)
            new = NewJob(
                kind=KIND,
                id=job_id,
                owner=Owner(principal.workspace_id, principal.user_id),
                input={"options": audit["options"]},
                parts=_parts(upload),
                companion=INSERT_AUDIT,
                companion_values=audit_values(audit),
            )
            await sink.finish()
        except BaseException:
            await asyncio.shield(sink.discard())
            raise
        claim = KeyClaim(scope, ROUTE, key, upload.fingerprint, reservation)
        return await self._commit(claim, new, audit, sink)

    async def _commit(self, claim: KeyClaim, new: NewJob, audit: dict[str, Any], sink: StorageSink) -> Submitted:
        """Bind the stored files to a job. From here on they stay, unless the key turns out to be another request's.

        A commit whose answer gets lost may have happened. The files reach the disk while the job does.
        """
        flushing = asyncio.create_task(sink.flush())
        try:
            job = await submit_once(self.database.autocommit, claim, new)
        except OperationalError:
            raise  # the server went away: nobody knows whether the job is there, so its files stay
        except Exception:
            await asyncio.shield(sink.discard())
            raise
        finally:
            await asyncio.gather(flushing, return_exceptions=True)
        if isinstance(job, Reservation):
            await sink.discard()
            job.check_same(claim.fingerprint)
            assert job.job_id is not None  # noqa: S101 - a reservation from `submit_once` always has its job
            return Submitted(job.job_id)
        flushing.result()
        return Submitted(job.id, job, show_new_audit(audit, job))


def _is_short(request: Request) -> bool:
    """Whether the whole body is here in a moment, so that its key needs no reservation while it arrives."""
    length = request.headers.get("content-length", "")
    return length.isdecimal() and int(length) <= SHORT_BYTES


def _describe(upload: Upload, job_id: UUID, principal: Principal, key: str) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "workspace_id": principal.workspace_id,
        "owner_id": principal.user_id,
        "idempotency_key": key,
        "input_summary": summarize_input(upload.files),
        "storage_path": str(job_id),
        "files": [asdict(file) for file in upload.files],
        "options": parse_options(upload.fields, now=utc_now()),
    }


def _parts(upload: Upload) -> list[dict[str, Any]]:
    files = [
        PartFile(no, file.original_name, file.stored_path, file.size, file.sha256)
        for no, file in enumerate(upload.files)
    ]
    return [{"files": [file.as_json() for file in part]} for part in plan_parts(files)]


@contextlib.asynccontextmanager
async def _kept_alive(database: Database, reservation: Reservation) -> AsyncIterator[None]:
    """Renew the hold on the key while a long body arrives."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(EXTEND_SECONDS)
            await idempotency.extend(database, reservation)

    renewal = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewal.cancel()
