"""Batches, and what of them is decided again, as the worker runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from malha.expenses.service import (
    AGAIN_KIND,
    KIND,
    REOPEN_KIND,
    Stretch,
    complete_again,
    complete_batch,
    process_stretch,
    reopen_denied,
)
from malha.jobs import FinishContext, PartContext, Queue, Snooze, handler


@handler(KIND, queue=Queue.SHORT, batch=1, timeout_seconds=300)
async def process_batch_expenses(part: PartContext) -> Snooze | None:
    """Decide one stretch of a batch."""
    stretch = Stretch(part.job_id, part.input["first"], part.input["last"])
    return await process_stretch(await part.session(), part.runtime, stretch)


@process_batch_expenses.on_finish
async def finish_batch_expenses(job: FinishContext) -> dict[str, Any]:
    """Signals across the batch, counts, the audit log."""
    return await complete_batch(job, job.job_id)


@handler(AGAIN_KIND, queue=Queue.SHORT, batch=1, timeout_seconds=300)
async def decide_expenses_again(part: PartContext) -> Snooze | None:
    """Decide what was reopened of one stretch of a batch."""
    batch_id = UUID(part.job_input["batch_id"])
    stretch = Stretch(batch_id, part.input["first"], part.input["last"], is_again=True)
    return await process_stretch(await part.session(), part.runtime, stretch)


@decide_expenses_again.on_finish
async def finish_deciding_again(job: FinishContext) -> dict[str, Any]:
    """The same as at the batch's own end, whose result it replaces."""
    return await complete_again(job)


@handler(REOPEN_KIND, queue=Queue.SHORT, every_seconds=60)
async def reopen_denied_expenses(part: PartContext) -> dict[str, Any]:
    """Take back what was decided from answers of the registry that are not believed any more."""
    return {"reopened": await reopen_denied(await part.session(), part.runtime.settings)}
