"""Cancel, pause, resume, retry: one job or many, by the table of legal moves.

Every action locks parts before jobs, like the ledger does. The relay sends what becomes runnable within a tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.sql.elements import TextClause

from malha.db import Session
from malha.jobs.errors import JobMoveIllegalError
from malha.jobs.feed import JobEvent
from malha.jobs.statements import PARTS_LOCK
from malha.jobs.states import JobState


class Action(StrEnum):
    """What can be done to a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    RETRY_FAILED = "retry-failed"


@dataclass(frozen=True, slots=True)
class _Move:
    """From which states an action leads, what it does to which parts, and the event that tells of it."""

    sources: tuple[JobState, ...]
    part_states: tuple[str, ...]
    set_parts: str
    set_job: str
    event: str


_FRESH_ATTEMPTS = (
    "attempts = 0, fence = p.fence + 1, run_after = clock_timestamp(), sent_at = NULL, lease_until = NULL,"
    " finished_at = NULL"
)
# Parts of a limited job wait until the relay or the end of another lets them go.
_WAITING = "CASE WHEN l.max_running IS NULL THEN 'queued' ELSE 'held' END"
_REQUEUE_PARTS = f"state = {_WAITING}, {_FRESH_ATTEMPTS}"
_REQUEUE_JOB = "state = 'queued', finished_at = NULL, error = NULL"

_MOVES = {
    Action.CANCEL: _Move(
        sources=(JobState.QUEUED, JobState.RUNNING, JobState.PAUSED),
        part_states=("queued", "held", "running"),
        set_parts="state = 'cancelled', fence = p.fence + 1, lease_until = NULL, finished_at = clock_timestamp()",
        set_job="state = 'cancelled', finished_at = clock_timestamp(), in_flight = 0",
        event="job.cancelled",
    ),
    Action.PAUSE: _Move(
        sources=(JobState.QUEUED, JobState.RUNNING),
        part_states=("queued",),
        set_parts="state = 'held', sent_at = NULL",
        set_job="state = 'paused', in_flight = CASE WHEN j.max_running IS NULL THEN 0"
        " ELSE j.in_flight - coalesce(c.parts, 0) END",
        event="job.paused",
    ),
    Action.RESUME: _Move(
        sources=(JobState.PAUSED,),
        part_states=("held",),
        set_parts=f"state = {_WAITING}, run_after = clock_timestamp(), sent_at = NULL",
        set_job="state = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END",
        event="job.resumed",
    ),
    Action.RETRY: _Move(
        sources=(JobState.FAILED, JobState.PARTIAL, JobState.CANCELLED),
        part_states=("dead", "cancelled"),
        set_parts=_REQUEUE_PARTS,
        set_job=_REQUEUE_JOB,
        event="job.retried",
    ),
    Action.RETRY_FAILED: _Move(
        sources=(JobState.FAILED, JobState.PARTIAL),
        part_states=("dead",),
        set_parts=_REQUEUE_PARTS,
        set_job=_REQUEUE_JOB,
        event="job.retried",
    ),
}


def _statement(move: _Move) -> TextClause:
    """The action over many jobs in one statement; returns the ids of those that moved and of their parts that did."""
    return text(
        f"""
        -- Locks what will change, before the jobs as everywhere. Nothing is added meanwhile: see PARTS_LOCK.
        WITH parts AS MATERIALIZED (
            SELECT p.job_id, p.no, p.state FROM job_parts p JOIN jobs j ON j.id = p.job_id
            WHERE j.id = ANY(:ids) AND j.state = ANY(:sources) AND p.state = ANY(:part_states)
            ORDER BY p.job_id, p.no FOR UPDATE OF p
        -- Locks the jobs that the action still leads out of. Counting the parts makes sure that these are locked first.
        ), locked AS MATERIALIZED (
            SELECT id, max_running FROM jobs WHERE id = ANY(:ids) AND state = ANY(:sources)
              AND (SELECT count(*) FROM parts) >= 0 ORDER BY id FOR UPDATE
        ), changed AS (
            UPDATE job_parts p SET {move.set_parts} FROM parts JOIN locked l ON l.id = parts.job_id
            WHERE p.job_id = parts.job_id AND p.no = parts.no
            RETURNING p.job_id, parts.state = 'dead' AS was_dead
        ), counts AS (
            SELECT job_id, count(*) AS parts, count(*) FILTER (WHERE was_dead) AS dead FROM changed GROUP BY job_id
        -- A job whose parts have all ended well is not retried, unless only its finish step is left.
        ), moved AS (
            UPDATE jobs j SET {move.set_job}, updated_at = clock_timestamp(), event_seq = j.event_seq + 1,
                   failed = j.failed - CASE WHEN :revives THEN coalesce(c.dead, 0) ELSE 0 END
            FROM locked l LEFT JOIN counts c ON c.job_id = l.id
            WHERE j.id = l.id AND (NOT :revives OR j.done + j.failed >= j.total OR c.parts > 0)
            RETURNING j.id, j.workspace_id, j.owner_id, j.event_seq
        ), logged AS (
            INSERT INTO job_events (job_id, seq, type) SELECT id, event_seq, :event FROM moved
        )
        SELECT id, workspace_id, owner_id, event_seq FROM moved
        """  # noqa: S608 - the fragments are constants of this module
    )


def sources(action: Action) -> tuple[JobState, ...]:
    """The states that an action leads out of."""
    return _MOVES[action].sources


_STATEMENTS = {action: _statement(move) for action, move in _MOVES.items()}


async def act(session: Session, action: Action, job_ids: Sequence[UUID]) -> list[JobEvent]:
    """Do it to every job whose state allows it; returns the events, which the feed tells once they are committed."""
    move = _MOVES[action]
    parameters = {
        "ids": list(job_ids),
        "sources": [state.value for state in move.sources],
        "part_states": list(move.part_states),
        "revives": action in {Action.RETRY, Action.RETRY_FAILED},
        "event": move.event,
    }
    await (await session.connection()).exec_driver_sql(PARTS_LOCK, {"jobs": list(job_ids)})
    rows = await session.execute(_STATEMENTS[action], parameters)
    events = [JobEvent(row.id, row.workspace_id, row.owner_id, row.event_seq, move.event) for row in rows]
    session.after_commit(*events)
    return events


async def act_on_one(session: Session, action: Action, job_id: UUID, *, state: str) -> JobEvent:
    """Do it to one job, or raise JobMoveIllegalError with the state it was seen in."""
    moved = await act(session, action, [job_id])
    if not moved:
        raise JobMoveIllegalError(state=state, move=action.value)
    return moved[0]


PART_REQUEUED = "part.requeued"
_REQUEUE_DEAD = text(
    f"""
    -- Locks those of the named parts that are dead, before their jobs.
    WITH parts AS MATERIALIZED (
        SELECT p.job_id, p.no FROM job_parts p
        JOIN unnest(:job_ids, :numbers) AS w(job_id, no) ON p.job_id = w.job_id AND p.no = w.no
        WHERE p.state = 'dead' ORDER BY p.job_id, p.no FOR UPDATE OF p
    -- Locks the jobs and reads how they are now.
    ), locked AS MATERIALIZED (
        SELECT id, state, max_running FROM jobs WHERE id IN (SELECT job_id FROM parts) AND state <> 'cancelled'
        ORDER BY id FOR UPDATE
    ), changed AS (
        UPDATE job_parts p SET state = CASE WHEN l.state = 'paused' THEN 'held' ELSE {_WAITING} END, {_FRESH_ATTEMPTS}
        FROM parts JOIN locked l ON l.id = parts.job_id WHERE p.job_id = parts.job_id AND p.no = parts.no
        RETURNING p.job_id
    ), moved AS (
        UPDATE jobs j SET state = CASE WHEN j.finished_at IS NULL THEN j.state ELSE 'queued' END, finished_at = NULL,
               error = NULL, failed = j.failed - c.parts, updated_at = clock_timestamp(), event_seq = j.event_seq + 1
        FROM (SELECT job_id, count(*) AS parts FROM changed GROUP BY job_id) c
        WHERE j.id = c.job_id RETURNING j.id, j.workspace_id, j.owner_id, j.event_seq, c.parts
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, data)
        SELECT id, event_seq, :event, jsonb_build_object('parts', parts) FROM moved
    )
    SELECT id, workspace_id, owner_id, event_seq, parts FROM moved
    """  # noqa: S608 - the fragments are constants of this module
)


async def requeue_dead(session: Session, parts: Sequence[tuple[UUID, int]]) -> list[JobEvent]:
    """Give dead parts all their attempts again; returns each job's event, with its number of `parts`, as `act` does.

    Parts of cancelled jobs stay dead: the job could not end beside parts that were cancelled. `retry` takes them all.
    """
    if not parts:
        return []
    job_ids, numbers = zip(*parts, strict=True)
    rows = await session.execute(_REQUEUE_DEAD, {"job_ids": [*job_ids], "numbers": [*numbers], "event": PART_REQUEUED})
    events = [
        JobEvent(row.id, row.workspace_id, row.owner_id, row.event_seq, PART_REQUEUED, {"parts": row.parts})
        for row in rows
    ]
    session.after_commit(*events)
    return events


def count_requeued(events: Sequence[JobEvent]) -> int:
    """The parts that `requeue_dead` gave their attempts again."""
    return sum(event.data["parts"] for event in events)
