"""What beat repairs: parts that were never sent, messages that got lost, workers that went silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from tests.fakes.engine import Engine, RecordingPublisher

from malha.jobs.dispatcher import Publisher
from malha.jobs.ledger import SettledJob
from malha.jobs.registry import Queue
from malha.jobs.relay import Relay
from malha.jobs.retention import KEYS_PER_ROUND
from malha.kit.urls import libpq_url

Tick = Callable[[], int]


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture
def announced() -> list[SettledJob]:
    return []


@pytest.fixture
def tick(engine: Engine, publisher: RecordingPublisher, announced: list[SettledJob]) -> Iterator[Tick]:
    relay = Relay(cast("Publisher", publisher), engine.settings.engine, announced.append)
    url = libpq_url(engine.settings.database.url)
    connection: AsyncConnection[Any] = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))
    yield lambda: engine.runtime.run(relay.tick(connection))
    engine.runtime.run(connection.close())


def sent_ago(engine: Engine, job_id: UUID, seconds: float) -> None:
    engine.record.execute(
        "UPDATE job_parts SET sent_at = now() - make_interval(secs => %s) WHERE job_id = %s", [seconds, job_id]
    )


def test_a_part_that_the_fast_path_sent_just_now_is_left_to_the_broker(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    engine.submit("test.single", [{}])
    assert tick() == 0
    assert publisher.messages == []


def test_a_message_that_is_in_no_queue_any_more_is_sent_again(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.single", [{}])
    for _ in range(3):
        sent_ago(engine, job_id, 6)
        assert tick() == 1
    assert publisher.messages == [("test.single", [(str(job_id), 0, 0)])] * 3


def test_a_message_that_may_still_wait_is_sent_again_ever_more_patiently(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.single", [{}])
    publisher.waiting = {Queue.LONG: 1}
    sent_ago(engine, job_id, 6)
    assert tick() == 1
    sent_ago(engine, job_id, 6)
    assert tick() == 0
    sent_ago(engine, job_id, 11)
    assert tick() == 1


def test_a_deep_queue_explains_a_long_wait(engine: Engine, publisher: RecordingPublisher, tick: Tick) -> None:
    job_id = engine.submit("test.single", [{}])
    publisher.waiting = {Queue.LONG: 100_000}
    sent_ago(engine, job_id, 60)
    assert tick() == 0


def test_a_part_that_waits_for_its_time_is_sent_when_it_has_come(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.single", [{"do": "fail", "retry_after": 60}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert tick() == 0
    engine.make_due(job_id)
    assert tick() == 1
    assert publisher.messages == [("test.single", [(str(job_id), 0, 0)])]


def test_many_small_parts_travel_together_but_a_retried_one_alone(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.batched", [{"do": "fail"}] + [{}] * 14)
    engine.deliver("test.batched", (job_id, 0, 0))
    engine.record.execute(
        "UPDATE job_parts SET state = 'queued', sent_at = NULL, run_after = now(), attempts = no / 14"
    )
    tick()
    sizes = [sum(last - first + 1 for _, first, last in ranges) for _, ranges in publisher.messages]
    assert sizes == [1, 10, 4]
    assert publisher.queues == [Queue.SHORT_EXPRESS, Queue.SHORT, Queue.SHORT]


def test_a_part_whose_worker_went_silent_runs_again(engine: Engine, publisher: RecordingPublisher, tick: Tick) -> None:
    job_id = engine.submit("test.single", [{}])
    engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    assert tick() == 0
    engine.expire_leases(job_id)
    assert tick() == 1
    assert engine.parts(job_id)[0]["error"]["type"] == "WorkerLost"
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1


def test_a_retried_part_does_not_wait_behind_a_backlog(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.single", [{"do": "fail"}])
    engine.deliver("test.single", (job_id, 0, 0))
    engine.make_due(job_id)
    publisher.waiting = {Queue.LONG: 100_000}
    assert tick() == 1
    sent_ago(engine, job_id, 6)  # and its message got lost
    assert tick() == 1
    assert publisher.queues == [Queue.LONG_EXPRESS] * 2


def test_a_part_that_kills_every_worker_dies_after_five_attempts(
    engine: Engine, tick: Tick, announced: list[SettledJob]
) -> None:
    job_id = engine.submit("test.single", [{}])
    for _ in range(5):
        assert engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
        engine.expire_leases(job_id)
        tick()
    assert engine.parts(job_id)[0]["state"] == "dead"
    assert engine.job(job_id)["state"] == "failed"
    assert announced[-1].type == "job.failed"


def test_a_job_whose_last_part_died_elsewhere_is_finished_by_a_worker(
    engine: Engine, publisher: RecordingPublisher, tick: Tick
) -> None:
    job_id = engine.submit("test.finished", [{}])
    engine.record.execute("UPDATE job_parts SET attempts = 4")
    engine.runtime.ledger.claim("test.finished", [(str(job_id), 0, 0)], limit=1)
    engine.expire_leases(job_id)
    tick()
    assert engine.job(job_id)["state"] == "running"
    engine.record.execute("UPDATE jobs SET updated_at = now() - interval '6 s'")
    tick()
    assert publisher.finishes == [job_id]


def test_a_renewed_lease_is_not_taken_back(engine: Engine, tick: Tick) -> None:
    job_id = engine.submit("test.single", [{}])
    part = engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)[0]
    engine.expire_leases(job_id)
    assert engine.runtime.ledger.renew([(job_id, 0, part.fence)]) == {(job_id, 0)}
    tick()
    assert engine.parts(job_id)[0]["state"] == "running"
    assert engine.runtime.ledger.renew([(job_id, 0, part.fence + 1)]) == set()


def add_keys(engine: Engine, count: int, *, hours: float) -> None:
    engine.record.execute(
        "INSERT INTO idempotency_keys (id, scope, route, key, locked_until, expires_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'test', n::text, now(), now() + make_interval(secs => %s)"
        " FROM generate_series(1, %s) AS n",
        [hours * 3600, count],
    )


def keys(engine: Engine) -> int:
    return (engine.record.execute("SELECT count(*) FROM idempotency_keys").fetchone() or {})["count"]


def test_expired_keys_are_forgotten_in_batches_and_then_once_a_minute(engine: Engine, tick: Tick) -> None:
    engine.record.execute("TRUNCATE idempotency_keys")
    add_keys(engine, KEYS_PER_ROUND + 1, hours=-1)
    add_keys(engine, 2, hours=1)
    tick()
    assert keys(engine) == 3
    tick()
    assert keys(engine) == 2
    add_keys(engine, 1, hours=-1)
    tick()
    assert keys(engine) == 3
    engine.record.execute("TRUNCATE idempotency_keys")
