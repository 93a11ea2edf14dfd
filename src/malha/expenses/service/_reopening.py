"""Decisions that rest on a wrong "no such company" are taken back and made again; what people said of them stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.expenses import repository
from malha.expenses.repository import Reopened
from malha.expenses.rules.decision import Decision, Reason
from malha.expenses.service._completion import complete_batch
from malha.expenses.service._submission import ITEMS_PER_PART
from malha.identity.service import Act, system_trail
from malha.jobs import FinishContext, Owner, submit
from malha.kit.clock import utc_now
from malha.settings import Settings
from malha.suppliers.service import take_retractions

AGAIN_KIND = "audit.decide_expenses_again"
REOPEN_KIND = "audit.reopen_denied_expenses"
MOST_CNPJS = 500
"""That are taken up in one turn."""


async def reopen_denied(session: Session, settings: Settings) -> int:
    """Reopen every expense that was rejected because of a denial that the suppliers have retracted; how many.

    They leave the rejected ones at once, with the former decision in the audit log. A job for each batch then decides
    them; all of it happens in the caller's transaction, or not at all.
    """
    cnpjs = await take_retractions(session, limit=MOST_CNPJS)
    if not cnpjs:
        return 0
    reopened = await repository.reopen_denied(session, cnpjs)
    reopened.sort(key=lambda expense: (expense.workspace_id, expense.batch_id, expense.no))
    for workspace_id, expenses in groupby(reopened, key=lambda expense: expense.workspace_id):
        await system_trail(settings.security, workspace_id).record(session, *map(_act, expenses))
    for batch_id, expenses in groupby(reopened, key=lambda expense: expense.batch_id):
        await _decide_again(session, batch_id, list(expenses))
    return len(reopened)


async def complete_again(job: FinishContext) -> dict[str, Any]:
    """The same as at the batch's own end, whose findings it replaces."""
    again = await repository.get_job(job.session, job.job_id)
    return await complete_batch(job, UUID(again.input["batch_id"]))


async def _decide_again(session: Session, batch_id: UUID, expenses: Sequence[Reopened]) -> None:
    batch = await repository.find_batch(session, batch_id)
    owner_id = batch.owner_id if batch is not None else None
    parts = [
        {"first": group[0].no, "last": group[-1].no}
        for group in (list(group) for _, group in groupby(expenses, key=lambda expense: expense.no // ITEMS_PER_PART))
    ]
    await submit(
        session,
        AGAIN_KIND,
        input={"batch_id": str(batch_id)},
        parts=parts,
        owner=Owner(expenses[0].workspace_id, owner_id),
        run_after=utc_now(),  # the relay sends it after the commit
    )


def _act(expense: Reopened) -> Act:
    return Act(
        entity_type="expense",
        entity_id=expense.id,
        action="REOPEN",
        previous_state={"decision": expense.decision, "reason": expense.reason},
        new_state={"decision": Decision.MANUAL_REVIEW.value, "reason": Reason.REGISTRY_IN_DOUBT.value},
        metadata={"batch_id": str(expense.batch_id), "no": expense.no},
    )
