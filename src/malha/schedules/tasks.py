"""The clock's round."""

from __future__ import annotations

from malha.jobs import PartContext, Queue, Snooze, handler
from malha.kit.clock import utc_now
from malha.schedules import service

TICK_SECONDS = 5


@handler(service.TICK_KIND, queue=Queue.SHORT, every_seconds=TICK_SECONDS)
async def tick(part: PartContext) -> Snooze | None:
    """Begin what is due and end what has ended."""
    has_more = await service.tick(await part.session(), part.runtime.settings)
    return Snooze(utc_now()) if has_more else None
