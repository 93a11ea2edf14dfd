"""Uploaded statement files become stored files, statements and a job."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request

from malha.banking import repository
from malha.banking.errors import MappingInvalidError
from malha.banking.models import Statement
from malha.banking.rules import CsvMapping
from malha.banking.service._import import IMPORT_KIND
from malha.banking.service._mapping import judge_files
from malha.db import Database
from malha.identity.policy import Principal
from malha.jobs import idempotency
from malha.jobs.idempotency import Reservation
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage import NullSink, Storage, StorageSink, Upload, receive_upload
from malha.storage.uploads import ReceivedFile

ROUTE = "banking.import"
EXTENSIONS = ["ofx", "ofc", "qfx", "csv", "txt", "ret", "rem", "cnab", "240", "ext"]


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes statement files in; one for the application."""

    database: Database
    storage: Storage
    limits: UploadSettings

    async def submit(
        self, request: Request, principal: Principal, account_id: UUID, key: str | None
    ) -> tuple[UUID, Job | None]:
        """The job that imports the files; no Job when the key stands for one that exists.

        Raises AccountNotFoundError, UploadRefusedError, MappingInvalidError, StatementMappingNeededError and the
        errors of idempotency keys. A request that is refused leaves neither files nor a used key behind.
        """
        async with self.database.read_session() as session:
            await repository.get_account(session, principal, account_id)
        limits = self.limits.model_copy(update={"allowed_extensions": EXTENSIONS})
        if key is None:
            return await self._take(request, principal, account_id, limits, None)
        scope = principal.idempotency_scope
        reservation = await idempotency.reserve(self.database, scope=scope, route=f"{ROUTE}:{account_id}", key=key)
        if reservation.job_id is not None:
            upload = await receive_upload(request, limits=limits, sink=NullSink())
            reservation.check_same(upload.fingerprint)
            return reservation.job_id, None
        try:
            return await self._take(request, principal, account_id, limits, reservation)
        except BaseException:
            await asyncio.shield(idempotency.release(self.database, reservation))
            raise

    async def _take(
        self,
        request: Request,
        principal: Principal,
        account_id: UUID,
        limits: UploadSettings,
        reservation: Reservation | None,
    ) -> tuple[UUID, Job]:
        job_id = new_id()
        sink = StorageSink(self.storage, f"statements/{job_id}")
        upload = await receive_upload(request, limits=limits, sink=sink)
        try:
            mapping = read_mapping(upload)
            await sink.finish()
            await sink.flush()
            await judge_files(self.storage, upload.files, CsvMapping.model_validate(mapping) if mapping else None)
            async with self.database.session() as session:
                statements = [_statement(file, job_id, principal, account_id) for file in upload.files]
                session.add_all(statements)
                job = await submit(
                    session,
                    IMPORT_KIND,
                    input={"account_id": str(account_id), "mapping": mapping},
                    parts=[{"statement_id": str(statement.id)} for statement in statements],
                    owner=Owner(principal.workspace_id, principal.user_id),
                    job_id=job_id,
                )
                if reservation is not None:
                    fingerprint = upload.fingerprint
                    await idempotency.complete(session, reservation, job_id=job_id, fingerprint=fingerprint)
                await session.commit()
        except BaseException:
            await asyncio.shield(sink.discard())
            raise
        return job_id, job


def read_mapping(upload: Upload) -> dict[str, object] | None:
    """The form's field `mapping`, JSON; MappingInvalidError."""
    texts = upload.fields.get("mapping")
    if not texts or not texts[-1].strip():
        return None
    try:
        return CsvMapping.model_validate(json.loads(texts[-1])).model_dump(mode="json", exclude_defaults=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MappingInvalidError(problem=place or "JSON") from error
    except ValueError as error:
        raise MappingInvalidError(problem="JSON") from error


def _statement(file: ReceivedFile, job_id: UUID, principal: Principal, account_id: UUID) -> Statement:
    return Statement(
        id=new_id(),
        workspace_id=principal.workspace_id,
        account_id=account_id,
        job_id=job_id,
        name=file.original_name,
        sha256=file.sha256,
        size=file.size,
        storage_path=file.stored_path,
    )
