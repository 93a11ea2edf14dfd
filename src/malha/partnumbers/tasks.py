"""Classification as the worker runs it."""

from __future__ import annotations

from typing import Any

from malha.jobs import FinishContext, PartContext, Queue, Snooze, handler
from malha.partnumbers.service import KIND, complete_task, process_items, wake_unheard

TIMEOUT_SECONDS = 180
"""Above the longest time that the settings allow the AI server to take a question; its answer is slept for."""
MAX_ATTEMPTS = 8
"""Over some two minutes: an AI server may be started anew in the middle of a task, more than once."""


@handler(KIND, queue=Queue.LONG, batch=1, timeout_seconds=TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS)
async def classify(part: PartContext) -> Snooze | None:
    """Classify the part numbers of one part of a task."""
    return await process_items(part)


@classify.on_finish
async def finish_classification(job: FinishContext) -> dict[str, Any]:
    """Log what the room gets at the end."""
    return await complete_task(job)


@handler("partnumbers.wake_unheard", queue=Queue.SHORT, every_seconds=10)
async def wake(part: PartContext) -> dict[str, int]:
    """Find questions whose listener died with its process."""
    return await wake_unheard(part.runtime.database)
