"""Runs: asked for through the queue or by the clock, taken in once, and ended with what came of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.jobs import FinishContext, OutboxSender, Owner, enqueue, submit
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.procurement.client.requests import Mode, QueuedRequest, SyncRequest
from malha.procurement.repository import runs
from malha.procurement.schemas.sync import Refill, SyncRunRead
from malha.procurement.service._clock import now
from malha.procurement.settings import ProcurementSettings

SYNC_KIND = "procurement.sync"
NOBODY = Owner(None, None)
PARTS_AT_ONCE = 2
"""Each makes calls of its own at once: two keep both hosts busy, and leave workers to others."""
CALLS_PER_PART = 4


async def request_sync(session: Session, outbox: OutboxSender, queue: str, request: SyncRequest) -> UUID:
    """Write a run that waits, and its message into the outbox; both stand or fall together."""
    request_id = await _ask(session, queue, request)
    session.after_commit(partial(outbox.wake))
    return request_id


async def request_refill(session: Session, outbox: OutboxSender, queue: str, refill: Refill) -> UUID:
    """Ask for what is not proved complete of some days, through the queue like any other request."""
    request_id = await ask_refill(session, queue, refill)
    session.after_commit(partial(outbox.wake))
    return request_id


async def ask_refill(session: Session, queue: str, refill: Refill) -> UUID:
    """The same, to be sent by whoever looks into the outbox next."""
    days = {"data_ini": f"{refill.first}T00:00:00", "data_fim": f"{refill.last}T23:59:59"}
    narrowed = {"only_open": True, "kinds": refill.kinds}
    return await _ask(session, queue, QueuedRequest.model_validate({"mode": Mode.BACKFILL, **days, **narrowed}))


async def _ask(session: Session, queue: str, request: SyncRequest) -> UUID:
    request_id = new_id()
    await runs.add_run(
        session,
        request_id=request_id,
        mode=request.mode.value,
        window_start=request.data_ini,
        window_end=request.data_fim,
    )
    enqueue(session, queue, request.message(request_id))
    return request_id


async def take_request(
    session: Session, request: SyncRequest, request_id: UUID, settings: ProcurementSettings
) -> UUID | None:
    """Start the run of a request; None when it was started before."""
    await runs.add_run(session, request_id=request_id, mode=request.mode.value)
    run = await runs.lock_run(session, request_id)
    if run.job_id is not None:
        return None
    start, end = await _window(session, request, settings)
    job_input: dict[str, Any] = {"request_id": str(request_id), "mode": request.mode.value}
    job_input |= {"from": start.isoformat(), "to": end.isoformat()}
    if isinstance(request, QueuedRequest):
        job_input |= {"only_open": request.only_open, "kinds": request.kinds}
    at_once = max(PARTS_AT_ONCE, settings.parallel // CALLS_PER_PART)
    job = await submit(session, SYNC_KIND, input=job_input, parts=[{}], owner=NOBODY, max_running=at_once)
    run.job_id, run.window_start, run.window_end = job.id, start, end
    run.mode, run.state = request.mode.value, "queued"
    return job.id


async def take_scheduled(session: Session, settings: ProcurementSettings) -> UUID | None:
    """The update that the clock asks for; None while another one waits or runs."""
    if await runs.has_open_run(session):
        return None
    return await take_request(session, SyncRequest(), new_id(), settings)


async def _window(session: Session, request: SyncRequest, settings: ProcurementSettings) -> tuple[datetime, datetime]:
    if request.mode is Mode.BACKFILL and request.data_ini and request.data_fim:
        return request.data_ini, request.data_fim
    end = now()
    last = await runs.last_update_end(session)
    return min(last or end, end) - timedelta(minutes=settings.overlap_minutes), end


async def read_runs(session: ReadSession, window: Window) -> Page[SyncRunRead]:
    """Runs, newest first."""
    return (await runs.list_runs(session, window)).map(SyncRunRead.model_validate)


async def end_run(job: FinishContext) -> dict[str, Any]:
    """Close the run: `success` only where nothing that was to be read was given up."""
    states = await runs.count_states(job.session, job.job_id)
    lists, items = await runs.count_given_up(job.session, job.job_id)
    state = "failed" if job.failed else "partial" if lists or items else "success"
    reasons = {"parts failed": job.failed, "lists given up": lists, "procurements without all their items": items}
    error = ", ".join(f"{count} {what}" for what, count in reasons.items() if count) or None
    await runs.change_run(job.session, job.job_id, state=state, ended_at=utc_now(), error=error)
    await runs.forget_readings(job.session, job.job_id)
    return {"partitions": states, "lists_given_up": lists, "procurements_given_up": items}
