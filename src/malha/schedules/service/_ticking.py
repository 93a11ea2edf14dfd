"""What the clock asks for: runs begun at their moments, and ended with their jobs.

A moment stays in `next_run_at` until the transaction that deals with it commits: the run, its job and the next moment
stand together or not at all, so that a process killed anywhere leaves the moment to the next one. Two processes never
deal with one moment: the schedule's row is locked, and a run's moment is unique.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from malha.db import Session
from malha.identity.policy import Principal
from malha.identity.service import Act, find_principal, system_trail
from malha.kit.ids import new_id
from malha.notifications.service import Entry, Letter, Notice, notify
from malha.schedules.models import Schedule
from malha.schedules.repository import schedules as repository
from malha.schedules.repository.schedules import EndedRun
from malha.schedules.rules.cron import count_moments, next_moment
from malha.schedules.schemas import CatchUp, RunState, ScheduleState
from malha.schedules.service._registry import get_action
from malha.schedules.settings import ScheduleSettings
from malha.settings import Settings

TICK_KIND = "schedules.tick"
PAUSED_TOPIC = "schedules.schedule.paused"
SCHEDULES_PER_TICK = 50
RUNS_PER_TICK = 200
MOST_COUNTED = 10_000

_log = structlog.get_logger(__name__)


async def tick(session: Session, settings: Settings) -> bool:
    """End what has ended and begin what is due, in one transaction; True while there is more."""
    ended = await repository.lock_ended(session, limit=RUNS_PER_TICK)
    for each in ended:
        await _end(session, settings, each)
    await session.flush()
    now = await repository.database_now(session)
    due = await repository.lock_due(session, now, limit=SCHEDULES_PER_TICK)
    has_more = len(due) == SCHEDULES_PER_TICK or len(ended) == RUNS_PER_TICK
    for schedule in due:
        await _begin(session, settings, schedule, now)
    await session.flush()
    return has_more


async def _begin(session: Session, settings: Settings, schedule: Schedule, now: datetime) -> None:
    """Deal with the schedule's moment, or, where it catches up at once, with all that have passed.

    One that makes up for each moment is due only when its last run has ended, so it skips none.
    """
    planned = schedule.next_run_at
    assert planned is not None  # noqa: S101 - the query asks for it
    if schedule.catch_up == CatchUp.ALL.value:
        missed, schedule.next_run_at = 0, next_moment(schedule.cron, schedule.time_zone, planned)
    else:
        missed = count_moments(schedule.cron, schedule.time_zone, planned, now, most=MOST_COUNTED)
        schedule.next_run_at = next_moment(schedule.cron, schedule.time_zone, max(planned, now))
    run_id = new_id()
    if await repository.has_open_run(session, schedule.id):
        skipped = {"state": RunState.SKIPPED.value, "error": "the run before it has not ended", "ended_at": now}
        await _add(session, schedule, id=run_id, planned_at=planned, missed=missed, **skipped)
        return
    if not await _add(session, schedule, id=run_id, planned_at=planned, missed=missed, state=RunState.RUNNING.value):
        return
    try:
        async with session.begin_nested():
            await _start(session, settings, schedule, run_id)
    except Exception as error:  # whatever an action raises is the end of its run, not of the clock
        _log.warning("schedules.run_not_begun", schedule_id=str(schedule.id), error=str(error))
        await repository.end_run(session, run_id, RunState.FAILED.value, str(error)[:2_000] or type(error).__name__)
        await _count_failure(session, settings, schedule, str(error))


async def _add(session: Session, schedule: Schedule, **values: Any) -> bool:
    return await repository.add_run(session, schedule_id=schedule.id, workspace_id=schedule.workspace_id, **values)


async def _start(session: Session, settings: Settings, schedule: Schedule, run_id: Any) -> None:
    action = get_action(schedule.action)
    principal: Principal | None = await find_principal(
        session, user_id=schedule.owner_id, workspace_id=schedule.workspace_id, job_id=run_id
    )
    if principal is None or not principal.can(action.scope):
        raise PermissionError("whoever has scheduled it may not do it any more")
    await action.start(session, settings, principal, run_id, action.input.model_validate(schedule.input))


async def _end(session: Session, settings: Settings, ended: EndedRun) -> None:
    run, schedule, job = ended
    if job is None:
        run.state, run.error = RunState.CANCELLED.value, "its job was deleted"
        run.ended_at = await repository.database_now(session)
        return
    run.ended_at = job.finished_at
    run.state = {"succeeded": RunState.SUCCEEDED.value, "cancelled": RunState.CANCELLED.value}.get(
        job.state, RunState.FAILED.value
    )
    if run.state == RunState.FAILED.value:
        error = str((job.error or {}).get("message") or job.message or job.state)[:2_000]
        run.error = error
        await _count_failure(session, settings, schedule, error)
    elif run.state == RunState.SUCCEEDED.value:
        schedule.failures = 0


async def _count_failure(session: Session, settings: Settings, schedule: Schedule, error: str) -> None:
    """After so many failures in a row, pause the schedule and say so."""
    schedule.failures += 1
    limit = settings.of(ScheduleSettings).pause_after_failures
    if schedule.failures < limit or schedule.state != ScheduleState.ACTIVE.value:
        return
    note = f"{schedule.failures} falhas seguidas / failures in a row: {error}"[:2_000]
    schedule.state, schedule.note, schedule.next_run_at = ScheduleState.FAILING.value, note, None
    await session.flush()
    act = Act(entity_type="schedule", entity_id=schedule.id, action="SCHEDULE_PAUSED", new_state={"note": note})
    await system_trail(settings.security, schedule.workspace_id).record(session, act)
    now = await repository.database_now(session)
    await notify(session, schedule.workspace_id, _notice(schedule, note, now))


def _notice(schedule: Schedule, note: str, now: datetime) -> Notice:
    entries = (Entry(schedule.name, lines=(note,)),)
    return Notice(
        topic=PAUSED_TOPIC,
        key=f"{PAUSED_TOPIC}/{schedule.id}/{now.isoformat()}",
        data={"schedule_id": str(schedule.id), "name": schedule.name, "note": note},
        pt=Letter("Um agendamento foi pausado", "O agendamento falhou repetidas vezes:", entries),
        en=Letter("A schedule was paused", "The schedule has failed again and again:", entries),
    )
