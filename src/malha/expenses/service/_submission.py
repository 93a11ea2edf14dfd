"""Requests with expenses, as JSON or as a file, become a batch and its job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from malha.db import Session
from malha.db.bulk import copy_rows
from malha.expenses.models import Expense, ExpenseBatch
from malha.expenses.schemas import Amount, ExpenseItem
from malha.expenses.service._files import ExpenseFile, read_expenses
from malha.guarded import off_loop
from malha.identity.policy import Principal
from malha.jobs import Accept, Accepted, NewJob, SubmittedJob
from malha.kit.ids import new_ids
from malha.storage import TemporarySink, Upload
from malha.storage.forms import Form
from malha.suppliers.rules.cnpj import read_tax_id

KIND = "audit.process_batch_expenses"
ROUTE = "expenses.batch"
ITEMS_PER_PART = 1_000
FILE_FORM = Form(
    file_field="file",
    most_files=1,
    description="CSV or XLSX with a title for each column.",
    fields={"approval_limit": {"type": "string", "description": "As in `POST /batch-expenses`."}},
    judges_type=False,
)
_LIMIT = TypeAdapter[Decimal | None](Amount | None)
_ASKED = ("cnpj", "transaction_id", "service_type", "amount", "spent_on", "description")
_COLUMNS = ("id", "batch_id", "no", "workspace_id", *_ASKED)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """The expenses of a request."""

    items: Sequence[ExpenseItem]
    approval_limit: Decimal | None = None
    file: ExpenseFile | None = None
    """What they were read from."""

    @property
    def fingerprint(self) -> str:
        """The same for the same expenses in the same order."""
        digest = hashlib.sha256(str(self.approval_limit).encode())
        for item in self.items:
            digest.update(item.model_dump_json().encode())
        return digest.hexdigest()


async def take_batch(accept: Accept, principal: Principal, new: NewBatch) -> Accepted:
    """Accept a batch that has been read; raises the errors of idempotency keys."""
    return await accept.body(ROUTE, new.fingerprint, plan_batch(principal, new))


async def take_file(accept: Accept, principal: Principal, *, language: str) -> Accepted:
    """Accept a form with a file, which is kept no longer than it takes to read it; what is wrong, in the language.

    Raises UploadRefusedError, ExpenseFileInvalidError, RequestValidationError for the other fields, and the errors of
    idempotency keys.
    """
    with TemporarySink() as sink:

        async def plan(_job_id: UUID, upload: Upload) -> NewJob:
            approval_limit = _read_limit(upload)
            file = await off_loop(read_expenses, sink.file, upload.files[0].original_name, language=language)
            return plan_batch(principal, NewBatch(file.items, approval_limit, file))

        return await accept.form(ROUTE, FILE_FORM, plan, sink=sink)


def plan_batch(principal: Principal, new: NewBatch) -> NewJob:
    """The job of a batch, and how the batch and its expenses are written with it."""
    total = len(new.items)

    async def record(session: Session, job: SubmittedJob) -> None:
        await _record(session, principal, new, job)

    return NewJob(
        kind=KIND,
        input={"total": total} | ({"file": new.file.about()} if new.file is not None else {}),
        parts=[
            {"first": first, "last": min(first + ITEMS_PER_PART, total) - 1}
            for first in range(0, total, ITEMS_PER_PART)
        ],
        record=record,
    )


async def _record(session: Session, principal: Principal, new: NewBatch, job: SubmittedJob) -> None:
    session.add(
        ExpenseBatch(
            job_id=job.id,
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            total=len(new.items),
            approval_limit=new.approval_limit,
            created_at=job.created_at,
        )
    )
    await session.flush()
    # Ascending, so that the order of the ids is the order of the request.
    ids = new_ids(len(new.items))
    rows = (_row(next(ids), job.id, principal, no, item) for no, item in enumerate(new.items))
    await copy_rows(session, Expense, rows, columns=_COLUMNS)


def _row(id_: UUID, batch_id: UUID, principal: Principal, no: int, item: ExpenseItem) -> dict[str, Any]:
    return {
        "id": id_,
        "batch_id": batch_id,
        "no": no,
        "workspace_id": principal.workspace_id,
        "cnpj": read_tax_id(item.cnpj),
        "transaction_id": item.transaction_id,
        "service_type": item.service_type,
        "amount": item.amount,
        "spent_on": item.spent_on,
        "description": item.description,
    }


def _read_limit(upload: Upload) -> Decimal | None:
    given = upload.fields.get("approval_limit", [""])[-1].strip()
    try:
        return _LIMIT.validate_python(given or None)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", "approval_limit")} for one in found]) from error
