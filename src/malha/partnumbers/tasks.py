"""Classification as the worker runs it."""

from __future__ import annotations

from typing import Any

from malha.jobs import FinishContext, PartContext, Queue, handler
from malha.partnumbers.service import KIND, complete_task, process_items

TIMEOUT_SECONDS = 840
"""Above the longest time that the settings allow the AI server."""


@handler(KIND, queue=Queue.LONG, batch=1, timeout_seconds=TIMEOUT_SECONDS)
async def classify(part: PartContext) -> None:
    """Classify the part numbers of one part of a task."""
    await process_items(part)


@classify.on_finish
async def finish_classification(job: FinishContext) -> dict[str, Any]:
    """Log what the room gets at the end."""
    return await complete_task(job)
