"""Schedules made, changed and shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.identity.errors import ScopeMissingError
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.schedules.errors import ScheduleLimitError, ScheduleRunningError, ScheduleTooOftenError
from malha.schedules.models import Schedule
from malha.schedules.repository import schedules as repository
from malha.schedules.rules.cron import moments, next_moment, shortest_gap
from malha.schedules.schemas import (
    ActionRead,
    PreviewRead,
    RunRead,
    RunState,
    ScheduleCreate,
    ScheduleRead,
    ScheduleState,
    ScheduleUpdate,
)
from malha.schedules.service._registry import ScheduledAction, all_actions, get_action
from malha.schedules.settings import ScheduleSettings
from malha.settings import Settings

MOST_SCHEDULES = 200
SHOWN_MOMENTS = 5


async def create_schedule(
    session: Session, principal: Principal, trail: AuditTrail, settings: Settings, body: ScheduleCreate
) -> ScheduleRead:
    """Schedule an action.

    Raises ScheduleActionUnknownError, ScopeMissingError, ScheduleTooOftenError, ScheduleLimitError,
    RequestValidationError for the input, and what the action's own check does.
    """
    given = await _check_input(session, principal, get_action(body.action), body.input)
    _check_gap(settings, body.cron, body.time_zone)
    if await repository.count_schedules(session, principal.workspace_id) >= MOST_SCHEDULES:
        raise ScheduleLimitError(limit=MOST_SCHEDULES)
    schedule = Schedule(
        id=new_id(),
        workspace_id=principal.workspace_id,
        owner_id=principal.user_id,
        name=body.name,
        action=body.action,
        input=given,
        cron=body.cron,
        time_zone=body.time_zone,
        catch_up=body.catch_up.value,
        state=(ScheduleState.PAUSED if body.paused else ScheduleState.ACTIVE).value,
    )
    await _plan(session, schedule)
    session.add(schedule)
    return await _written(session, trail, schedule, "SCHEDULE_CREATED")


async def update_schedule(
    session: Session, principal: Principal, trail: AuditTrail, settings: Settings, schedule_id: UUID,
    body: ScheduleUpdate,
) -> ScheduleRead:  # fmt: skip
    """Change a schedule, which from then on is its changer's: ScheduleNotFoundError, and as `create_schedule`."""
    schedule = await repository.get_schedule(session, principal, schedule_id, lock=True)
    given = body.input if body.input is not None else schedule.input
    schedule.input = await _check_input(session, principal, get_action(schedule.action), given)
    schedule.owner_id = principal.user_id
    for name in ("name", "cron", "time_zone"):
        if (value := getattr(body, name)) is not None:
            setattr(schedule, name, value)
    if body.catch_up is not None:
        schedule.catch_up = body.catch_up.value
    _check_gap(settings, schedule.cron, schedule.time_zone)
    was_active = schedule.state == ScheduleState.ACTIVE.value
    if body.paused is not None:
        schedule.state = (ScheduleState.PAUSED if body.paused else ScheduleState.ACTIVE).value
        if not body.paused:
            schedule.note, schedule.failures = None, 0
    if body.cron is not None or body.time_zone is not None or was_active != (schedule.state == "active"):
        await _plan(session, schedule)
    return await _written(session, trail, schedule, "SCHEDULE_UPDATED")


async def delete_schedule(session: Session, principal: Principal, trail: AuditTrail, schedule_id: UUID) -> None:
    """Delete a schedule with its history; what it has begun goes on. ScheduleNotFoundError."""
    schedule = await repository.get_schedule(session, principal, schedule_id, lock=True)
    await session.delete(schedule)
    await session.flush()
    await trail.record(session, _act(schedule, "SCHEDULE_DELETED"))


async def run_now(session: Session, settings: Settings, principal: Principal, schedule_id: UUID) -> RunRead:
    """Begin a run beside the plan: ScheduleNotFoundError, ScheduleRunningError, what beginning it raises."""
    schedule = await repository.get_schedule(session, principal, schedule_id, lock=True)
    action = get_action(schedule.action)
    await _check_input(session, principal, action, schedule.input)
    if await repository.has_open_run(session, schedule.id):
        raise ScheduleRunningError
    run_id = new_id()
    state = RunState.RUNNING.value
    await repository.add_run(
        session, id=run_id, schedule_id=schedule.id, workspace_id=schedule.workspace_id, planned_at=None, state=state
    )
    await action.start(session, settings, principal, run_id, action.input.model_validate(schedule.input))
    now = await repository.database_now(session)
    return RunRead(
        id=run_id, planned_at=None, state=RunState.RUNNING, missed=0, error=None, created_at=now, ended_at=None
    )


async def read_schedules(session: ReadSession, principal: Principal, window: Window) -> Page[ScheduleRead]:
    """Schedules, newest first."""
    return (await repository.list_schedules(session, principal, window)).map(show_schedule)


async def read_schedule(session: ReadSession, principal: Principal, schedule_id: UUID) -> ScheduleRead:
    """One schedule; ScheduleNotFoundError."""
    return show_schedule(await repository.get_schedule(session, principal, schedule_id))


async def read_runs(session: ReadSession, principal: Principal, schedule_id: UUID, window: Window) -> Page[RunRead]:
    """The history of a schedule; ScheduleNotFoundError."""
    await repository.get_schedule(session, principal, schedule_id)
    return (await repository.list_runs(session, principal, schedule_id, window)).map(RunRead.model_validate)


def read_actions(principal: Principal) -> list[ActionRead]:
    """What the principal may schedule."""
    return [
        ActionRead(name=one.name, title=one.title, scope=one.scope, input=one.input.model_json_schema())
        for one in all_actions()
        if principal.can(one.scope)
    ]


def preview(cron: str, time_zone: str, after: datetime) -> PreviewRead:
    """The next moments of an expression."""
    return PreviewRead(next_runs=list(islice(moments(cron, time_zone, after), SHOWN_MOMENTS)))


def show_schedule(schedule: Schedule) -> ScheduleRead:
    """As the API shows it."""
    names = set(ScheduleRead.model_fields) - {"next_runs"}
    shown: dict[str, Any] = {name: getattr(schedule, name) for name in names}
    following: list[datetime] = []
    if schedule.next_run_at is not None:
        before = schedule.next_run_at - timedelta(seconds=1)
        following = list(islice(moments(schedule.cron, schedule.time_zone, before), SHOWN_MOMENTS))
    return ScheduleRead(**shown, next_runs=following)


async def _check_input(
    session: ReadSession, principal: Principal, action: ScheduledAction, given: dict[str, Any]
) -> dict[str, Any]:
    """The input as it is stored."""
    if not principal.can(action.scope):
        raise ScopeMissingError(action.scope)
    try:
        read: BaseModel = action.input.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", "input", *one["loc"])} for one in found]) from error
    if action.check is not None:
        await action.check(session, principal, read)
    return read.model_dump(mode="json", exclude_unset=True)


def _check_gap(settings: Settings, cron: str, time_zone: str) -> None:
    least = settings.of(ScheduleSettings).least_seconds
    if shortest_gap(cron, time_zone, utc_now()) < timedelta(seconds=least):
        raise ScheduleTooOftenError(seconds=least)


async def _plan(session: ReadSession, schedule: Schedule) -> None:
    """The next moment from now on; none while it is paused."""
    schedule.next_run_at = None
    if schedule.state == ScheduleState.ACTIVE.value:
        now = await repository.database_now(session)
        schedule.next_run_at = next_moment(schedule.cron, schedule.time_zone, now)


async def _written(session: Session, trail: AuditTrail, schedule: Schedule, action: str) -> ScheduleRead:
    await session.flush()
    await session.refresh(schedule)
    await trail.record(session, _act(schedule, action))
    return show_schedule(schedule)


def _act(schedule: Schedule, action: str) -> Act:
    names = ("name", "action", "input", "cron", "time_zone", "state")
    state = {name: getattr(schedule, name) for name in names}
    return Act(entity_type="schedule", entity_id=schedule.id, action=action, new_state=state)
