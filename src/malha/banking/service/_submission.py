"""Uploaded statement files become stored files, statements and a job."""

from __future__ import annotations

import json
from uuid import UUID

from pydantic import ValidationError

from malha.banking.errors import MappingInvalidError
from malha.banking.models import Statement
from malha.banking.repository import accounts
from malha.banking.schemas import MappingWrite
from malha.banking.service._import import IMPORT_KIND
from malha.banking.service._mapping import judge_files
from malha.db import Database, Session
from malha.identity.policy import Principal
from malha.jobs import Accept, Accepted, NewJob, SubmittedJob
from malha.kit.ids import new_id
from malha.storage import ReceivedFile, Storage, Upload
from malha.storage.forms import Form

ROUTE = "banking.import"
FORM = Form(
    fields={
        "mapping": {
            "type": "string",
            "description": "JSON, for files that cannot be told apart: see MappingWrite.",
        }
    },
    extensions=["ofx", "ofc", "qfx", "csv", "txt", "ret", "rem", "cnab", "240", "ext", "xlsx"],
)


async def take_statements(
    accept: Accept, database: Database, storage: Storage, principal: Principal, account_id: UUID
) -> Accepted:
    """Accept statement files for an account.

    Raises AccountNotFoundError, UploadRefusedError, MappingInvalidError, StatementMappingNeededError and the errors of
    idempotency keys.
    """
    async with database.read_session() as session:
        await accounts.get_account(session, principal, account_id)

    async def plan(job_id: UUID, upload: Upload) -> NewJob:
        mapping = read_mapping(upload)
        await judge_files(storage, upload.files, mapping)
        statements = [_statement(file, job_id, principal, account_id) for file in upload.files]

        async def record(session: Session, _job: SubmittedJob) -> None:
            session.add_all(statements)

        return NewJob(
            kind=IMPORT_KIND,
            input={"account_id": str(account_id), "mapping": mapping},
            parts=[{"statement_id": str(statement.id)} for statement in statements],
            record=record,
        )

    return await accept.form(f"{ROUTE}:{account_id}", FORM, plan, folder="statements/")


def read_mapping(upload: Upload) -> dict[str, object] | None:
    """The form's field `mapping`, JSON; MappingInvalidError."""
    texts = upload.fields.get("mapping")
    if not texts or not texts[-1].strip():
        return None
    try:
        return MappingWrite.model_validate(json.loads(texts[-1])).as_json()
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
