"""A request with expenses becomes a batch and its job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.db.bulk import copy_rows
from malha.expenses.models import Expense, ExpenseBatch
from malha.expenses.schemas import ExpenseItem
from malha.expenses.service._files import ExpenseFile
from malha.identity.policy import Principal
from malha.jobs import idempotency
from malha.jobs.idempotency import Reservation
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.kit.ids import new_id, new_ids
from malha.suppliers.rules.cnpj import read_tax_id

KIND = "audit.process_batch_expenses"
ROUTE = "expenses.batch"
ITEMS_PER_PART = 1_000
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


async def submit_batch(
    session: Session, principal: Principal, new: NewBatch, *, reservation: Reservation | None
) -> Job:
    """Write the batch, its expenses and its job; the caller commits and dispatches."""
    job_id = new_id()
    total = len(new.items)
    job = await submit(
        session,
        KIND,
        input={"total": total},
        parts=[
            {"first": first, "last": min(first + ITEMS_PER_PART, total) - 1}
            for first in range(0, total, ITEMS_PER_PART)
        ],
        owner=Owner(principal.workspace_id, principal.user_id),
        job_id=job_id,
    )
    session.add(
        ExpenseBatch(
            job_id=job_id,
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            total=total,
            approval_limit=new.approval_limit,
            created_at=job.created_at,
        )
    )
    await session.flush()
    # Ascending, so that the order of the ids is the order of the request.
    ids = new_ids(total)
    rows = (_row(next(ids), job_id, principal, no, item) for no, item in enumerate(new.items))
    await copy_rows(session, Expense, rows, columns=_COLUMNS)
    if reservation is not None:
        await idempotency.complete(session, reservation, job_id=job_id, fingerprint=new.fingerprint)
    return job


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
