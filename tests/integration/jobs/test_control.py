"""Cancel, pause, resume, retry, and what they do to parts that run meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from tests.fakes.engine import Engine
from tests.integration.jobs.conftest import behave

from malha.jobs.control import Action, act, act_on_one, count_requeued, requeue_dead
from malha.jobs.errors import JobMoveIllegalError
from malha.jobs.registry import get_handler
from malha.jobs.runner import run_finish

Effects = Callable[[], list[int]]


def do(engine: Engine, action: Action, *job_ids: UUID) -> list[UUID]:
    async def run() -> list[UUID]:
        async with engine.runtime.database.session() as session:
            moved = await act(session, action, job_ids)
            await session.commit()
            return [event.job_id for event in moved]

    return engine.runtime.run(run())


def states(engine: Engine, job_id: UUID) -> list[str]:
    return [part["state"] for part in engine.parts(job_id)]


def test_a_cancelled_job_never_runs(engine: Engine) -> None:
    job_id = engine.submit("test.batched", [{}, {}])
    assert do(engine, Action.CANCEL, job_id) == [job_id]
    assert engine.deliver("test.batched", (job_id, 0, 1)) == 0
    assert engine.job(job_id)["state"] == "cancelled"
    assert states(engine, job_id) == ["cancelled", "cancelled"]


def test_what_runs_when_the_cancel_comes_writes_nothing(engine: Engine, effects: Effects) -> None:
    async def cancel_meanwhile(part: object) -> None:
        async with engine.runtime.database.session() as session:
            await act(session, Action.CANCEL, [part.job_id])  # type: ignore[attr-defined]
            await session.commit()

    behave["cancel"] = cancel_meanwhile
    job_id = engine.submit("test.single", [{"do": "cancel"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert effects() == []
    assert engine.job(job_id)["state"] == "cancelled"


def test_a_paused_job_waits_and_goes_on_where_it_was(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.single", [{}, {}])
    engine.deliver("test.single", (job_id, 0, 0))
    do(engine, Action.PAUSE, job_id)
    assert engine.deliver("test.single", (job_id, 1, 1)) == 0
    do(engine, Action.RESUME, job_id)
    assert engine.job(job_id)["state"] == "running"
    engine.deliver("test.single", (job_id, 1, 1))
    assert engine.job(job_id)["state"] == "succeeded"
    assert effects() == [0, 1]


def test_a_part_that_fails_while_its_job_is_paused_is_held(engine: Engine) -> None:
    async def pause_and_fail(part: object) -> None:
        async with engine.runtime.database.session() as session:
            await act(session, Action.PAUSE, [part.job_id])  # type: ignore[attr-defined]
            await session.commit()
        raise ConnectionError("down")

    behave["pause"] = pause_and_fail
    job_id = engine.submit("test.single", [{"do": "pause"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert states(engine, job_id) == ["held"]


def test_retry_runs_what_failed_and_keeps_what_succeeded(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.batched", [{}, {"do": "die"}])
    engine.deliver("test.batched", (job_id, 0, 1))
    assert do(engine, Action.RETRY, job_id) == [job_id]
    job = engine.job(job_id)
    assert (job["state"], job["done"], job["failed"], job["finished_at"]) == ("queued", 1, 0, None)
    engine.record.execute("UPDATE job_parts SET input = '{}' WHERE job_id = %s", [job_id])
    engine.deliver("test.batched", (job_id, 0, 1))
    assert engine.job(job_id)["state"] == "succeeded"
    assert effects() == [0, 1]


def test_a_cancelled_job_can_be_retried_but_has_nothing_that_failed(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}])
    do(engine, Action.CANCEL, job_id)
    assert do(engine, Action.RETRY_FAILED, job_id) == []
    assert do(engine, Action.RETRY, job_id) == [job_id]
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1


def test_a_bulk_action_moves_those_that_it_can(engine: Engine) -> None:
    waiting, done = engine.submit("test.single", [{}]), engine.submit("test.single", [{}])
    engine.deliver("test.single", (done, 0, 0))
    assert do(engine, Action.CANCEL, waiting, done) == [waiting]
    assert engine.job(done)["state"] == "succeeded"


def test_an_illegal_move_is_an_error_that_names_the_state(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}])
    engine.deliver("test.single", (job_id, 0, 0))

    async def run() -> None:
        async with engine.runtime.database.session() as session:
            await act_on_one(session, Action.PAUSE, job_id, state="succeeded")

    with pytest.raises(JobMoveIllegalError, match="succeeded does not accept pause"):
        engine.runtime.run(run())


def test_a_dead_part_is_requeued_with_all_its_attempts(engine: Engine) -> None:
    job_id = engine.submit("test.batched", [{"do": "die"}, {}])
    engine.deliver("test.batched", (job_id, 0, 1))

    async def run() -> int:
        async with engine.runtime.database.session() as session:
            events = await requeue_dead(session, [(job_id, 0), (job_id, 1)])
            await session.commit()
            return count_requeued(events)

    assert engine.runtime.run(run()) == 1
    part, job = engine.parts(job_id)[0], engine.job(job_id)
    assert (part["state"], part["attempts"], job["state"], job["failed"]) == ("queued", 0, "queued", 0)
    assert engine.events(job_id)[-1][1] == "part.requeued"


def test_a_job_whose_finish_failed_can_be_retried_though_no_part_is_dead(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}])
    engine.deliver("test.single", (job_id, 0, 0))
    engine.record.execute("UPDATE jobs SET state = 'failed' WHERE id = %s", [job_id])
    assert do(engine, Action.RETRY, job_id) == [job_id]
    assert engine.job(job_id)["finished_at"] is None


def test_a_job_that_was_cancelled_before_its_finish_step_can_be_retried_to_its_end(
    engine: Engine, effects: Effects
) -> None:
    def fail(_job: object) -> None:
        raise ConnectionError("the storage is away")

    behave["finish"] = fail
    job_id = engine.submit("test.finished", [{}])
    engine.deliver("test.finished", (job_id, 0, 0))
    do(engine, Action.CANCEL, job_id)
    assert do(engine, Action.RETRY, job_id) == [job_id]
    del behave["finish"]
    engine.runtime.run(run_finish(engine.runtime, get_handler("test.finished"), job_id))
    assert engine.job(job_id)["state"] == "succeeded"
    assert effects() == [-1, 0]
