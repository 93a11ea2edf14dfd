"""Asking for a synchronisation, how it went, and what is proved complete."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, SettingsDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.jobs import OutboxDep
from malha.procurement import service
from malha.procurement.client.requests import SyncRequest
from malha.procurement.errors import SyncRunNotFoundError
from malha.procurement.schemas.sync import (
    CalendarDayRead,
    FreshnessRead,
    PartitionRead,
    Refill,
    SyncAccepted,
    SyncRunRead,
    SyncStatusRead,
)
from malha.procurement.settings import ProcurementSettings

router = APIRouter()
root_router = APIRouter()

Admin = Annotated[Principal, Depends(require("admin"))]
Reader = Annotated[Principal, Depends(require("procurement:read"))]


@root_router.post("/force")
async def force_sync(
    _principal: Admin, session: WriteSessionDep, outbox: OutboxDep, settings: SettingsDep, request: SyncRequest
) -> SyncAccepted:
    """Ask for a synchronisation with PNCP: what changed lately, or an interval."""
    request_id = await service.request_sync(session, outbox, settings.of(ProcurementSettings).queue, request)
    return SyncAccepted(message=f"Sync request published: {request.mode.value}", request_id=request_id)


@root_router.get("/status", responses=problem_responses(SyncRunNotFoundError))
async def read_sync_status(
    _principal: Admin, session: ReadSessionDep, request_id: Annotated[UUID | None, Query()] = None
) -> SyncStatusRead:
    """The last run, or that of a request; how far behind PNCP we are, and how long PNCP itself was away today."""
    return await service.read_status(session, request_id)


@root_router.get("/runs")
async def list_sync_runs(
    _principal: Admin, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[SyncRunRead]:
    """Runs, newest first."""
    return await service.read_runs(session, window)


@router.get("/coverage")
async def read_coverage(
    _principal: Reader, session: ReadSessionDep, first: Annotated[date, Query()], last: Annotated[date, Query()]
) -> list[PartitionRead]:
    """What is proved complete, day by day. A day that is missing here was never asked for."""
    return await service.read_coverage(session, first, last)


@router.get("/coverage/calendar")
async def read_coverage_calendar(
    _principal: Reader, session: ReadSessionDep, first: Annotated[date, Query()], last: Annotated[date, Query()]
) -> list[CalendarDayRead]:
    """The same by kind and day, for a calendar."""
    return await service.read_calendar(session, first, last)


@router.post("/coverage/refill")
async def refill_coverage(
    _principal: Admin, session: WriteSessionDep, outbox: OutboxDep, settings: SettingsDep, refill: Refill
) -> SyncAccepted:
    """Read again what is not proved complete of some days, and what was never asked for."""
    request_id = await service.request_refill(session, outbox, settings.of(ProcurementSettings).queue, refill)
    return SyncAccepted(message="Sync request published: backfill", request_id=request_id)


@router.get("/freshness")
async def read_freshness(
    _principal: Reader, session: ReadSessionDep, first: Annotated[date, Query()], last: Annotated[date, Query()]
) -> FreshnessRead:
    """Lags by kind and day, minutes in which PNCP was away, and the oldest day that is still open."""
    return await service.read_freshness(session, first, last)
