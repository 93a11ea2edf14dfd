"""Which movements of a job's counters its log keeps."""

from __future__ import annotations

from uuid import UUID

from tests.fakes.engine import Engine

from malha.jobs.ledger import Settlement
from malha.jobs.states import PartState

HOUR = 3600.0


def settle(engine: Engine, job_id: UUID, no: int, state: PartState = PartState.DONE) -> None:
    [part] = engine.runtime.ledger.claim("test.single", [(str(job_id), no, no)], limit=1)
    error = {"type": "Broken"} if state is PartState.DEAD else None
    engine.runtime.ledger.settle([Settlement(job_id, no, part.fence, state, error=error)], closes=True)


def tell(engine: Engine, job_id: UUID, *, every_seconds: float = 0) -> tuple[list[int], list[UUID]]:
    told, early = engine.runtime.ledger.tell_progress([job_id], every_seconds=every_seconds)
    return [job.done for job in told], early


def test_plain_progress_is_told_at_its_own_pace_and_once(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}] * 5)
    settle(engine, job_id, 0)
    settle(engine, job_id, 1)
    assert engine.events(job_id) == [(1, "job.queued"), (2, "job.started")]
    assert tell(engine, job_id, every_seconds=HOUR) == ([2], [])
    assert tell(engine, job_id) == ([], [])
    settle(engine, job_id, 2)
    assert tell(engine, job_id, every_seconds=HOUR) == ([], [job_id])
    assert tell(engine, job_id) == ([3], [])
    assert engine.events(job_id)[2:] == [(3, "job.progress"), (4, "job.progress")]


def test_failures_and_ends_are_logged_with_the_settlement(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}] * 3)
    settle(engine, job_id, 0)
    settle(engine, job_id, 1, PartState.DEAD)
    assert tell(engine, job_id) == ([], [])  # the failure's entry has the counters
    settle(engine, job_id, 2)
    assert tell(engine, job_id) == ([], [])
    assert [type_ for _, type_ in engine.events(job_id)] == ["job.queued", "job.started", "job.progress", "job.partial"]
    rows = engine.record.execute("SELECT data FROM job_events WHERE type = 'job.progress'").fetchall()
    assert [failure["no"] for failure in rows[0]["data"]["failures"]] == [1]


def test_a_job_that_runs_many_messages_is_told_of_to_the_last_one(engine: Engine) -> None:
    job_id = engine.submit("test.silent", [{}] * 400)
    for first in range(0, 390, 10):
        engine.deliver("test.silent", (job_id, first, first + 9))
    engine.runtime.progress.close()
    events = engine.record.execute("SELECT * FROM job_events WHERE job_id = %s ORDER BY seq", [job_id]).fetchall()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    job = engine.job(job_id)
    assert (job["done"], job["event_seq"]) == (events[-1]["data"]["done"], len(events))
