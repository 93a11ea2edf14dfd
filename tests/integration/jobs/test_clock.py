"""What is written down as a time is when it happened, however long the transaction was open by then."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.fakes.engine import Engine
from tests.integration.jobs.conftest import behave

from malha.jobs.context import PartContext
from malha.jobs.control import Action, act, requeue_dead
from malha.jobs.errors import TransientError

NOW = text("SELECT pg_sleep(0.05), clock_timestamp() AS now")
"""A moment that is later than the beginning of the transaction which asks."""


def times(engine: Engine, job_id: UUID) -> dict[str, Any]:
    job, last = engine.job(job_id), engine.events(job_id)[-1][0]
    [event] = engine.record.execute("SELECT at FROM job_events WHERE job_id = %s AND seq = %s", [job_id, last])
    part = engine.parts(job_id)[0]
    return {"job": job["finished_at"], "updated": job["updated_at"], "part": part["finished_at"], "event": event["at"]}


@pytest.mark.parametrize("kind", ["test.single", "test.finished"])
def test_a_part_that_writes_first_and_works_then_ended_when_it_ended(engine: Engine, kind: str) -> None:
    seen: list[datetime] = []

    async def work(part: PartContext) -> None:
        session = await part.session()
        seen.append((await session.execute(NOW)).one().now)

    behave["work"] = work
    job_id = engine.submit(kind, [{"do": "work"}])
    engine.deliver(kind, (job_id, 0, 0))
    assert all(at >= seen[0] for at in times(engine, job_id).values())
    assert engine.job(job_id)["started_at"] < seen[0]


def test_a_retry_waits_from_the_end_of_the_run_on(engine: Engine) -> None:
    seen: list[datetime] = []

    async def work(part: PartContext) -> None:
        session = await part.session()
        seen.append((await session.execute(NOW)).one().now)
        raise TransientError("not yet", retry_after_seconds=60)

    behave["work"] = work
    job_id = engine.submit("test.single", [{"do": "work"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert (engine.parts(job_id)[0]["run_after"] - seen[0]).total_seconds() >= 60


def test_spawned_parts_count_as_sent_when_they_are_written(engine: Engine) -> None:
    seen: list[datetime] = []

    async def work(part: PartContext) -> None:
        session = await part.session()
        seen.append((await session.execute(NOW)).one().now)
        part.spawn([{}])

    behave["work"] = work
    job_id = engine.submit("test.single", [{"do": "work"}])
    engine.deliver("test.single", (job_id, 0, 0))
    spawned = engine.parts(job_id)[1]
    assert min(spawned["sent_at"], spawned["run_after"]) >= seen[0]


@pytest.mark.parametrize("action", [Action.CANCEL, Action.RETRY])
def test_a_move_happens_when_it_is_made(engine: Engine, action: Action) -> None:
    job_id = engine.submit("test.single", [{"do": "die"}])
    if action is Action.RETRY:
        engine.deliver("test.single", (job_id, 0, 0))

    async def move_late() -> datetime:
        async with engine.runtime.database.session() as session:
            now = (await session.execute(NOW)).one().now
            await act(session, action, [job_id])
            await session.commit()
            return now

    now = engine.runtime.run(move_late())
    happened = times(engine, job_id)
    assert happened["event"] >= now
    assert (happened["job"] >= now) if action is Action.CANCEL else engine.parts(job_id)[0]["run_after"] >= now


def test_a_requeued_part_is_due_when_it_is_requeued(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{"do": "die"}])
    engine.deliver("test.single", (job_id, 0, 0))

    async def requeue_late() -> datetime:
        async with engine.runtime.database.session() as session:
            now = (await session.execute(NOW)).one().now
            await requeue_dead(session, [(job_id, 0)])
            await session.commit()
            return now

    now = engine.runtime.run(requeue_late())
    assert min(engine.parts(job_id)[0]["run_after"], times(engine, job_id)["event"]) >= now
