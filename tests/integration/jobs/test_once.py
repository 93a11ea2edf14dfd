"""A job and its idempotency key in one statement."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.fakes.engine import Engine

from malha.jobs import idempotency
from malha.jobs.errors import IdempotencyKeyInFlightError
from malha.jobs.idempotency import Reservation
from malha.jobs.once import KeyClaim, NewJob, SubmittedJob, submit_once
from malha.jobs.submit import Owner
from malha.kit.ids import new_id

CLAIM = KeyClaim(scope=UUID(int=1), route="test", key="k", fingerprint="same")


def new_job(**changes: Any) -> NewJob:
    values: dict[str, Any] = {
        "kind": "test.single",
        "id": new_id(),
        "owner": Owner(UUID(int=2), UUID(int=3)),
        "input": {"a": 1},
        "parts": [{"no": 0}, {"no": 1}],
    }
    return NewJob(**(values | changes))


def submit(engine: Engine, new: NewJob, claim: KeyClaim = CLAIM) -> SubmittedJob | Reservation:
    return engine.runtime.run(submit_once(engine.runtime.database.autocommit, claim, new))


@pytest.fixture(autouse=True)
def _no_keys(engine: Engine) -> None:
    engine.record.execute("TRUNCATE idempotency_keys")


def test_the_job_is_written_with_its_parts_event_and_key(engine: Engine) -> None:
    new = new_job()
    job = submit(engine, new)
    assert isinstance(job, SubmittedJob)
    stored = engine.job(new.id)
    assert {name: stored[name] for name in ("kind", "workspace_id", "owner_id", "input", "total", "state")} == {
        "kind": "test.single",
        "workspace_id": UUID(int=2),
        "owner_id": UUID(int=3),
        "input": {"a": 1},
        "total": 2,
        "state": "queued",
    }
    assert (stored["created_at"], stored["idempotency_key"]) == (job.created_at, "k")
    assert [part["input"] for part in engine.parts(new.id)] == [{"no": 0}, {"no": 1}]
    assert engine.events(new.id) == [(1, "job.queued")]
    assert engine.deliver("test.single", (new.id, 0, 0)) == 1


def test_a_companion_is_written_with_the_job_or_not_at_all(engine: Engine) -> None:
    companion = "INSERT INTO effects SELECT id, %(number)s FROM job"
    new = new_job(companion=companion, companion_values={"number": 7})
    submit(engine, new)
    submit(engine, replace(new, id=new_id()))
    assert engine.record.execute("SELECT * FROM effects").fetchall() == [{"job_id": new.id, "no": 7}]


def test_a_key_that_has_a_job_gives_that_job(engine: Engine) -> None:
    first = new_job()
    submit(engine, first)
    again = submit(engine, new_job())
    assert isinstance(again, Reservation)
    assert (again.job_id, again.fingerprint) == (first.id, "same")
    assert isinstance(submit(engine, new_job(), replace(CLAIM, scope=UUID(int=9))), SubmittedJob)


def test_the_same_statement_sent_twice_is_one_job(engine: Engine) -> None:
    new = new_job()
    jobs = [submit(engine, new), submit(engine, new)]
    assert [isinstance(job, SubmittedJob) for job in jobs] == [True, True]
    assert engine.record.execute("SELECT count(*) AS jobs FROM jobs").fetchone() == {"jobs": 1}


def test_a_reserved_key_is_completed_by_its_holder_only(engine: Engine) -> None:
    reserving = idempotency.reserve(engine.runtime.database, scope=CLAIM.scope, route="test", key="k")
    reservation = engine.runtime.run(reserving)
    with pytest.raises(IdempotencyKeyInFlightError):
        submit(engine, new_job())
    assert isinstance(submit(engine, new_job(), replace(CLAIM, reservation=reservation)), SubmittedJob)


def test_a_key_whose_holder_died_is_free_and_the_late_holder_loses(engine: Engine) -> None:
    reserving = idempotency.reserve(engine.runtime.database, scope=CLAIM.scope, route="test", key="k")
    late = engine.runtime.run(reserving)
    engine.record.execute("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'")
    winner = new_job()
    assert isinstance(submit(engine, winner), SubmittedJob)
    outcome = submit(engine, new_job(), replace(CLAIM, reservation=late))
    assert isinstance(outcome, Reservation)
    assert outcome.job_id == winner.id


def test_an_expired_key_is_free(engine: Engine) -> None:
    submit(engine, new_job())
    engine.record.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'")
    assert isinstance(submit(engine, new_job()), SubmittedJob)


def test_many_at_once_make_one_job(engine: Engine) -> None:
    async def race() -> list[SubmittedJob | Reservation]:
        statements = engine.runtime.database.autocommit
        return await asyncio.gather(*(submit_once(statements, CLAIM, new_job()) for _ in range(20)))

    outcomes = engine.runtime.run(race())
    [job] = [outcome for outcome in outcomes if isinstance(outcome, SubmittedJob)]
    assert {outcome.job_id for outcome in outcomes if isinstance(outcome, Reservation)} == {job.id}


def test_a_job_needs_a_part_and_a_known_kind(engine: Engine) -> None:
    with pytest.raises(ValueError, match="at least one part"):
        submit(engine, new_job(parts=[]))
    with pytest.raises(KeyError):
        submit(engine, new_job(kind="nobody's"))
