"""Deliveries as the worker makes them, and the sweep of old ones."""

from __future__ import annotations

from typing import Any

from malha.jobs import FinishContext, PartContext, Queue, Snooze, handler
from malha.kit.clock import utc_now
from malha.notifications import service
from malha.notifications.rules.waits import MOST_ATTEMPTS
from malha.notifications.settings import NotificationSettings

MOST_SECONDS = 120


@handler(service.DELIVER_KIND, queue=Queue.SHORT, batch=1, timeout_seconds=MOST_SECONDS, max_attempts=MOST_ATTEMPTS)
async def deliver_message(part: PartContext) -> dict[str, Any]:
    """One try; the engine makes the next one when the failure says."""
    return await service.deliver(part)


@deliver_message.on_finish
async def end_delivery(job: FinishContext) -> dict[str, Any] | None:
    """Tell those who listen live."""
    return await service.tell_live(job)


@handler(service.SWEEP_KIND, queue=Queue.SHORT, every_seconds=3600)
async def sweep_messages(part: PartContext) -> Snooze | None:
    """Delete messages that have been kept long enough."""
    kept_days = part.runtime.settings.of(NotificationSettings).kept_days
    has_more = await service.sweep(await part.session(), kept_days=kept_days)
    return Snooze(utc_now()) if has_more else None
