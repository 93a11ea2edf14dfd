"""A request for an audit becomes stored files and a job, once for each idempotency key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

from starlette.requests import Request

from malha.audits import repository
from malha.audits.models import Audit
from malha.audits.rules import plan_parts, summarize_input
from malha.audits.service._options import parse_options
from malha.audits.service._processing import PartFile
from malha.db import Database
from malha.identity.policy import Principal
from malha.jobs import idempotency
from malha.jobs.idempotency import Reservation
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage import NullSink, Storage, StorageSink, Upload, receive_upload

KIND = "audits.process"
ROUTE = "audits.create"
EXTEND_SECONDS = idempotency.LOCK_SECONDS / 3


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the request has led to: a new audit with its job, or the id of the one that the key stands for."""

    job_id: UUID
    audit: Audit | None = None
    job: Job | None = None


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
        scope = uuid5(principal.workspace_id, str(principal.user_id))
        reservation = await idempotency.reserve(self.database, scope=scope, route=ROUTE, key=key)
        if reservation.job_id is not None:
            upload = await receive_upload(request, limits=self.limits, sink=NullSink())
            reservation.check_same(upload.fingerprint)
            return Submitted(reservation.job_id)
        try:
            return await self._submit_new(request, principal, key, reservation)
        except BaseException:
            # Frees the key only while no job is bound to it, so a lost answer to the commit does no harm.
            await asyncio.shield(idempotency.release(self.database, reservation))
            raise

    async def _submit_new(
        self, request: Request, principal: Principal, key: str, reservation: Reservation
    ) -> Submitted:
        job_id = new_id()
        sink = StorageSink(self.storage, str(job_id))
        async with _kept_alive(self.database, reservation):
            upload = await receive_upload(request, limits=self.limits, sink=sink)
        async with self.database.session() as session:
            try:
                audit = _describe(upload, job_id, principal, key)
                job = await submit(
                    session,
                    KIND,
                    input={"options": audit["options"]},
                    parts=_parts(upload),
                    owner=Owner(principal.workspace_id, principal.user_id),
                    job_id=job_id,
                    idempotency_key=key,
                )
                await repository.insert_audit(session, audit)
                await idempotency.complete(session, reservation, job_id=job_id, fingerprint=upload.fingerprint)
                await sink.finish()
            except BaseException:
                await asyncio.shield(sink.discard())
                raise
            # From here on the files stay: a commit whose answer gets lost may have happened.
            await session.commit()
        return Submitted(job_id, Audit(**audit, document_count=0, created_at=job.created_at), job)


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
