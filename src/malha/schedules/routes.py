"""`/api/v1/schedules`: work that comes back by the clock."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, SettingsDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import AuditTrailDep, Principal, require
from malha.kit.clock import utc_now
from malha.schedules import service
from malha.schedules.errors import (
    ScheduleActionUnknownError,
    ScheduleLimitError,
    ScheduleNotFoundError,
    ScheduleRunningError,
    ScheduleTooOftenError,
)
from malha.schedules.schemas import (
    ActionRead,
    Cron,
    PreviewRead,
    RunRead,
    ScheduleCreate,
    ScheduleRead,
    ScheduleUpdate,
    Zone,
)

router = APIRouter(prefix="/schedules", tags=["schedules"])

Reader = Annotated[Principal, Depends(require("schedules:read"))]
Writer = Annotated[Principal, Depends(require("schedules:write"))]
WindowDep = Annotated[Window, window_of(50, most=200)]
NOT_FOUND = problem_responses(ScheduleNotFoundError)
REFUSED = problem_responses(ScheduleActionUnknownError, ScheduleTooOftenError)


@router.post("", status_code=201, responses=REFUSED | problem_responses(ScheduleLimitError))
async def create_schedule(
    principal: Writer, session: WriteSessionDep, settings: SettingsDep, trail: AuditTrailDep, body: ScheduleCreate
) -> ScheduleRead:
    """Have an action done by the clock. The caller also needs the scope of the action."""
    return await service.create_schedule(session, principal, trail, settings, body)


@router.get("")
async def list_schedules(principal: Reader, session: ReadSessionDep, window: WindowDep) -> Page[ScheduleRead]:
    """Schedules with their next runs, newest first."""
    return await service.read_schedules(session, principal, window)


@router.get("/actions")
async def list_schedule_actions(principal: Reader) -> list[ActionRead]:
    """What the caller may schedule, with the JSON schema of its input."""
    return service.read_actions(principal)


@router.get("/preview")
async def preview_schedule(
    _principal: Reader, cron: Annotated[Cron, Query()], time_zone: Annotated[Zone, Query()] = "America/Sao_Paulo"
) -> PreviewRead:
    """The next moments of a cron expression, before anything is scheduled."""
    return service.preview(cron, time_zone, utc_now())


@router.get("/{schedule_id}", responses=NOT_FOUND)
async def get_schedule(principal: Reader, session: ReadSessionDep, schedule_id: UUID) -> ScheduleRead:
    """One schedule with its next runs, and why it is paused if the platform has done it."""
    return await service.read_schedule(session, principal, schedule_id)


@router.patch("/{schedule_id}", responses=NOT_FOUND | REFUSED)
async def update_schedule(
    principal: Writer,
    session: WriteSessionDep,
    settings: SettingsDep,
    trail: AuditTrailDep,
    schedule_id: UUID,
    *,
    body: ScheduleUpdate,
) -> ScheduleRead:
    """Change a schedule, pause it, or switch it on again; it runs with the rights of whoever changed it last."""
    return await service.update_schedule(session, principal, trail, settings, schedule_id, body)


@router.delete("/{schedule_id}", status_code=204, responses=NOT_FOUND)
async def delete_schedule(principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, schedule_id: UUID) -> None:
    """Delete a schedule with its history. A run that is under way goes on."""
    await service.delete_schedule(session, principal, trail, schedule_id)


@router.post("/{schedule_id}/run", status_code=202, responses=NOT_FOUND | problem_responses(ScheduleRunningError))
async def run_schedule_now(
    principal: Writer, session: WriteSessionDep, settings: SettingsDep, schedule_id: UUID
) -> RunRead:
    """Begin a run now, beside the plan and while it is paused too; one that is under way is answered with 409."""
    return await service.run_now(session, settings, principal, schedule_id)


@router.get("/{schedule_id}/runs", responses=NOT_FOUND)
async def list_schedule_runs(
    principal: Reader, session: ReadSessionDep, window: WindowDep, schedule_id: UUID
) -> Page[RunRead]:
    """The history, newest first."""
    return await service.read_runs(session, principal, schedule_id, window)
