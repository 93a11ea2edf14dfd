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
from malha.jobs.idempotency import Key, Reservation
from malha.jobs.once import KeyClaim, NewJob, SubmittedJob, submit_once
from malha.jobs.submit import Owner
from malha.kit.ids import new_id

KEY = Key(UUID(int=1), "test", "k", kept_seconds=3600)
CLAIM = KeyClaim(KEY, "same")
OWNER = Owner(UUID(int=2), UUID(int=3))


def new_job(**changes: Any) -> NewJob:
    values: dict[str, Any] = {
        "kind": "test.single",
        "input": {"a": 1},
        "parts": [{"no": 0}, {"no": 1}],
    }
    return NewJob(**(values | changes))


def submit(
    engine: Engine, new: NewJob, claim: KeyClaim | None = CLAIM, *, job_id: UUID | None = None
) -> SubmittedJob | Reservation:
    run = engine.runtime.database.autocommit.fetch_one
    return engine.runtime.run(submit_once(run, job_id or new_id(), new, OWNER, claim))


@pytest.fixture(autouse=True)
def _no_keys(engine: Engine) -> None:
    engine.record.execute("TRUNCATE idempotency_keys")


def test_the_job_is_written_with_its_parts_event_and_key(engine: Engine) -> None:
    job = submit(engine, new_job())
    assert isinstance(job, SubmittedJob)
    stored = engine.job(job.id)
    assert {name: stored[name] for name in ("kind", "workspace_id", "owner_id", "input", "total", "state")} == {
        "kind": "test.single",
        "workspace_id": UUID(int=2),
        "owner_id": UUID(int=3),
        "input": {"a": 1},
        "total": 2,
        "state": "queued",
    }
    assert (stored["created_at"], stored["idempotency_key"]) == (job.created_at, "k")
    assert [part["input"] for part in engine.parts(job.id)] == [{"no": 0}, {"no": 1}]
    assert engine.events(job.id) == [(1, "job.queued")]
    assert engine.deliver("test.single", (job.id, 0, 0)) == 1


def test_a_companion_is_written_with_the_job_or_not_at_all(engine: Engine) -> None:
    companion = "INSERT INTO effects SELECT id, %(number)s FROM job"
    new = new_job(companion=companion, companion_values={"number": 7})
    job = submit(engine, new)
    submit(engine, new)
    assert isinstance(job, SubmittedJob)
    assert engine.record.execute("SELECT * FROM effects").fetchall() == [{"job_id": job.id, "no": 7}]


def test_a_key_that_has_a_job_gives_that_job(engine: Engine) -> None:
    first = submit(engine, new_job())
    again = submit(engine, new_job())
    assert isinstance(first, SubmittedJob)
    assert isinstance(again, Reservation)
    assert (again.job_id, again.fingerprint) == (first.id, "same")
    assert isinstance(submit(engine, new_job(), KeyClaim(replace(KEY, scope=UUID(int=9)), "same")), SubmittedJob)


def test_the_same_statement_sent_twice_is_one_job(engine: Engine) -> None:
    job_id = new_id()
    jobs = [submit(engine, new_job(), job_id=job_id), submit(engine, new_job(), job_id=job_id)]
    assert [isinstance(job, SubmittedJob) for job in jobs] == [True, True]
    assert engine.record.execute("SELECT count(*) AS jobs FROM jobs").fetchone() == {"jobs": 1}


def test_a_reserved_key_is_completed_by_its_holder_only(engine: Engine) -> None:
    reserving = idempotency.reserve(engine.runtime.database, KEY)
    reservation = engine.runtime.run(reserving)
    with pytest.raises(IdempotencyKeyInFlightError):
        submit(engine, new_job())
    assert isinstance(submit(engine, new_job(), replace(CLAIM, reservation=reservation)), SubmittedJob)


def test_a_key_whose_holder_died_is_free_and_the_late_holder_loses(engine: Engine) -> None:
    reserving = idempotency.reserve(engine.runtime.database, KEY)
    late = engine.runtime.run(reserving)
    engine.record.execute("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'")
    winner = submit(engine, new_job())
    assert isinstance(winner, SubmittedJob)
    outcome = submit(engine, new_job(), replace(CLAIM, reservation=late))
    assert isinstance(outcome, Reservation)
    assert outcome.job_id == winner.id


def test_an_expired_key_is_free(engine: Engine) -> None:
    submit(engine, new_job())
    engine.record.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'")
    assert isinstance(submit(engine, new_job()), SubmittedJob)


def test_a_key_whose_job_was_deleted_is_free(engine: Engine) -> None:
    first = submit(engine, new_job())
    assert isinstance(first, SubmittedJob)
    engine.record.execute("DELETE FROM jobs")
    again = submit(engine, new_job())
    assert isinstance(again, SubmittedJob)
    assert again.id != first.id
    engine.record.execute("DELETE FROM jobs")
    assert engine.runtime.run(idempotency.reserve(engine.runtime.database, KEY)).job_id is None


def test_a_key_is_kept_as_long_as_its_caller_says(engine: Engine) -> None:
    submit(engine, new_job())
    kept = engine.record.execute("SELECT extract(epoch FROM expires_at - now()) AS seconds FROM idempotency_keys")
    assert (kept.fetchone() or {})["seconds"] == pytest.approx(KEY.kept_seconds, abs=60)


def test_many_at_once_make_one_job(engine: Engine) -> None:
    async def race() -> list[SubmittedJob | Reservation]:
        run = engine.runtime.database.autocommit.fetch_one
        return await asyncio.gather(*(submit_once(run, new_id(), new_job(), OWNER, CLAIM) for _ in range(20)))

    outcomes = engine.runtime.run(race())
    [job] = [outcome for outcome in outcomes if isinstance(outcome, SubmittedJob)]
    assert {outcome.job_id for outcome in outcomes if isinstance(outcome, Reservation)} == {job.id}


def test_a_job_needs_a_part_and_a_known_kind(engine: Engine) -> None:
    with pytest.raises(ValueError, match="at least one part"):
        submit(engine, new_job(parts=[]))
    with pytest.raises(KeyError):
        submit(engine, new_job(kind="nobody's"))


def test_without_a_key_every_submission_is_a_job_of_its_own(engine: Engine) -> None:
    jobs = [submit(engine, new_job(), None), submit(engine, new_job(), None)]
    assert len({job.id for job in jobs if isinstance(job, SubmittedJob)}) == 2
    assert engine.record.execute("SELECT count(*) AS keys FROM idempotency_keys").fetchone() == {"keys": 0}
