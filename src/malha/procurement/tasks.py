"""Synchronisation as the workers run it: a part plans, others read a list each, others fetch items."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from malha.jobs import FinishContext, PartContext, Queue, Snooze, handler
from malha.kit.clock import utc_now
from malha.procurement import service
from malha.procurement.client.requests import Mode
from malha.procurement.settings import ProcurementSettings

EVERY_SECONDS = 900
WATCH_SECONDS = 15
DAILY_SECONDS = 86_400
MARKED_BACK = timedelta(days=3)
"""How far back the end of a synchronisation looks for procurements to mark; once a day everything is looked at."""
SWEEP_EVERY_SECONDS = 60
PROBE_EVERY_SECONDS = 60
OFF: dict[str, Any] = {"skipped": "PNCP_SCHEDULED is off"}


@handler(service.SYNC_KIND, queue=Queue.LONG, batch=1, timeout_seconds=300)
async def synchronize(part: PartContext) -> dict[str, Any] | Snooze | None:
    """What the part's input says: nothing to plan, a partition to read it, numbers to fill them."""
    settings = part.runtime.settings
    if "kind" not in part.input:
        return await service.plan_run(part)
    async with service.open_source(settings) as source:
        if "fill" in part.input:
            return await service.fill_procurements(part, source)
        return await service.read_partition(part, source, is_live=part.job_input["mode"] == Mode.UPDATE)


@synchronize.on_finish
async def end_synchronization(job: FinishContext) -> dict[str, Any]:
    """Close the run."""
    await service.request_marking(job.session, since=utc_now() - MARKED_BACK)
    return await service.end_run(job)


@handler("procurement.schedule", queue=Queue.SHORT, every_seconds=EVERY_SECONDS)
async def schedule_update(part: PartContext) -> dict[str, Any]:
    """Ask for an update, where the installation wants them by the clock."""
    settings = part.runtime.settings.of(ProcurementSettings)
    if not settings.is_scheduled:
        return OFF
    job_id = await service.take_scheduled(await part.session(), settings)
    return {"job_id": str(job_id)} if job_id else {"skipped": "an update is open"}


@handler(service.WATCH_KIND, queue=Queue.SHORT, every_seconds=WATCH_SECONDS)
async def watch(part: PartContext) -> dict[str, int] | Snooze:
    """Compare what has changed with the saved searches; tell of what was found once nothing else has changed."""
    session = await part.session()
    taken = await service.match_changes(session)
    if taken == service.CHANGES_PER_ROUND or await service.tell_due(session):
        return Snooze(until=utc_now())
    return {"changes": taken}


@handler(service.MARK_KIND, queue=Queue.LONG, timeout_seconds=3600, max_running=1)
async def mark_values(part: PartContext) -> dict[str, Any]:
    """Mark values and keep signals of procurements that have changed, batch after batch."""
    return await service.take_step(part)


@handler(service.SPREAD_KIND, queue=Queue.LONG, timeout_seconds=3600, every_seconds=DAILY_SECONDS)
async def refresh_spreads(part: PartContext) -> dict[str, Any]:
    """Compute anew what prices are compared with, and mark what was left unmarked."""
    found = await service.refresh_spreads(part)
    await service.request_marking(await part.session())
    return found


@handler("procurement.details", queue=Queue.LONG, every_seconds=SWEEP_EVERY_SECONDS, timeout_seconds=300)
async def fetch_details(part: PartContext) -> dict[str, Any]:
    """Files, logs, amendments, and procurements that no list has shown, of what synchronisations have brought."""
    async with service.open_source(part.runtime.settings) as source:
        return await service.sweep_details(part, source)


@handler("procurement.probe", queue=Queue.SHORT, every_seconds=PROBE_EVERY_SECONDS, timeout_seconds=120)
async def probe_source(part: PartContext) -> dict[str, Any]:
    """Whether PNCP's hosts are there, asked every minute."""
    if not part.runtime.settings.of(ProcurementSettings).is_scheduled:
        return OFF
    async with service.open_client(part.runtime.settings) as client:
        return await service.probe_source(part, client)


@handler("procurement.recount", queue=Queue.LONG, every_seconds=DAILY_SECONDS, timeout_seconds=300)
async def recount_partitions(part: PartContext) -> dict[str, Any] | Snooze:
    """Every day some of what is proved is counted again."""
    if not part.runtime.settings.of(ProcurementSettings).is_scheduled:
        return OFF
    async with service.open_source(part.runtime.settings) as source:
        return await service.recount_partitions(part, source)


@handler("procurement.tidy", queue=Queue.LONG, every_seconds=DAILY_SECONDS)
async def tidy(part: PartContext) -> dict[str, int]:
    """What readings needed and nobody needs any more."""
    return await service.tidy(part)
