"""The batch as the worker runs it."""

from __future__ import annotations

from typing import Any

from malha.expenses.service import KIND, complete_batch, process_stretch
from malha.jobs.context import FinishContext, PartContext
from malha.jobs.registry import Queue, Snooze, handler


@handler(KIND, queue=Queue.SHORT, batch=1, timeout_seconds=300)
async def process_batch_expenses(part: PartContext) -> Snooze | None:
    """Decide one stretch of a batch."""
    return await process_stretch(
        await part.session(), part.runtime, part.job_id, part.input["first"], part.input["last"]
    )


@process_batch_expenses.on_finish
async def finish_batch_expenses(job: FinishContext) -> dict[str, Any]:
    """Signals across the batch, counts, the audit log."""
    return await complete_batch(job)
