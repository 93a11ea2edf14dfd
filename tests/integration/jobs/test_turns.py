"""One workspace's backlog does not keep another's few parts waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from tests.fakes.engine import Engine, RecordingPublisher
from tests.integration.jobs.conftest import behave

from malha.jobs.dispatcher import Publisher
from malha.jobs.registry import Queue
from malha.jobs.relay import Relay
from malha.jobs.submit import Owner
from malha.kit.urls import libpq_url

HOG, OTHER, THIRD = (Owner(UUID(int=number), None) for number in (9, 5, 1))
Tick = Callable[[], list[tuple[UUID, int]]]


@pytest.fixture
def publisher() -> RecordingPublisher:
    made = RecordingPublisher()
    made.waiting = {Queue.LONG: 1_000, Queue.SHORT: 1_000}
    return made


@pytest.fixture
def tick(engine: Engine, publisher: RecordingPublisher) -> Iterator[Tick]:
    """One round of the relay; returns the parts that it sent through a lane."""
    relay = Relay(cast("Publisher", publisher), engine.settings.engine, lambda _job: None)
    url = libpq_url(engine.settings.database.url)
    connection: AsyncConnection[Any] = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))

    def do() -> list[tuple[UUID, int]]:
        publisher.messages.clear()
        publisher.queues.clear()
        engine.runtime.run(relay.tick(connection))
        ahead = [
            ranges
            for (_, ranges), queue in zip(publisher.messages, publisher.queues, strict=True)
            if queue is queue.express
        ]
        return [(UUID(job), no) for ranges in ahead for job, first, last in ranges for no in range(first, last + 1)]

    yield do
    engine.runtime.run(connection.close())


def wait(engine: Engine, seconds: float, *jobs: UUID) -> None:
    """Let the jobs have waited for so long in a queue that explains it."""
    engine.record.execute(
        "UPDATE job_parts SET run_after = run_after - make_interval(secs => %s) WHERE job_id = ANY(%s)",
        [seconds, list(jobs)],
    )


@pytest.mark.parametrize("kind", ["test.single", "test.batched"])
def test_a_single_part_behind_anothers_thousands_goes_ahead_once(engine: Engine, tick: Tick, kind: str) -> None:
    backlog = engine.submit(kind, [{}] * 1_000, owner=HOG)
    single = engine.submit(kind, [{}], owner=OTHER)
    wait(engine, 2, backlog)
    wait(engine, 1.5, single)
    assert tick() == [(single, 0)]
    assert tick() == []


def test_however_many_jobs_the_backlog_is(engine: Engine, tick: Tick) -> None:
    backlog = [engine.submit("test.single", [{}], owner=HOG) for _ in range(50)]
    single = engine.submit("test.single", [{}], owner=OTHER)
    wait(engine, 3, *backlog)
    wait(engine, 1.5, single)
    assert tick() == [(single, 0)]


def test_parts_of_nobody_have_their_turn_too(engine: Engine, tick: Tick) -> None:
    backlog, single = engine.submit("test.single", [{}] * 100, owner=HOG), engine.submit("test.single", [{}])
    wait(engine, 3, backlog)
    wait(engine, 2, single)
    assert tick() == [(single, 0)]


def test_spawned_parts_have_their_turn_too(engine: Engine, tick: Tick) -> None:
    async def add(part: Any) -> None:
        part.spawn([{}])

    behave["add"] = add
    single = engine.submit("test.single", [{"do": "add"}], owner=OTHER)
    engine.deliver("test.single", (single, 0, 0))
    backlog = engine.submit("test.single", [{}] * 100, owner=HOG)
    wait(engine, 4, backlog)
    wait(engine, 2, single)
    assert tick() == [(single, 1)]


def test_who_has_not_waited_yet_stays_in_the_queue(engine: Engine, tick: Tick) -> None:
    backlog = engine.submit("test.single", [{}] * 100, owner=HOG)
    engine.submit("test.single", [{}], owner=OTHER)
    wait(engine, 3, backlog)
    assert tick() == []


def test_a_queue_without_messages_keeps_nobody_waiting(
    engine: Engine, tick: Tick, publisher: RecordingPublisher
) -> None:
    publisher.waiting = {}
    wait(engine, 3, engine.submit("test.single", [{}], owner=HOG))
    wait(engine, 2, engine.submit("test.single", [{}], owner=OTHER))
    assert tick() == []


def test_the_others_share_the_lane_and_leave_it_short(
    engine: Engine, tick: Tick, publisher: RecordingPublisher
) -> None:
    hog, other, third = (engine.submit("test.single", [{}] * 300, owner=owner) for owner in (HOG, OTHER, THIRD))
    for seconds, job_id in ((4, hog), (3, other), (2, third)):
        wait(engine, seconds, job_id)
    ahead = tick()
    assert len(ahead) == 1  # nothing has been seen to drain yet
    publisher.waiting[Queue.LONG_EXPRESS] = 1
    assert tick() == []
    publisher.waiting[Queue.LONG_EXPRESS] = 0
    publisher.waiting[Queue.LONG] = 10
    ahead += tick()
    shares = [sum(job_id == owner for job_id, _ in ahead) for owner in (hog, other, third)]
    assert shares[0] == 0
    assert abs(shares[1] - shares[2]) <= 1
    assert shares[1] > 10


def test_parts_of_a_queue_do_not_go_ahead_in_the_other_queues_lane(
    engine: Engine, tick: Tick, publisher: RecordingPublisher
) -> None:
    wait(engine, 3, engine.submit("test.single", [{}], owner=HOG), engine.submit("test.silent", [{}], owner=HOG))
    wait(engine, 2, engine.submit("test.single", [{}], owner=OTHER), engine.submit("test.silent", [{}], owner=OTHER))
    tick()
    ahead = {kind: queue for (kind, _), queue in zip(publisher.messages, publisher.queues, strict=True)}
    assert ahead == {"test.single": Queue.LONG_EXPRESS, "test.silent": Queue.SHORT_EXPRESS}


def test_the_message_that_still_waits_finds_nothing(engine: Engine, tick: Tick) -> None:
    backlog, single = (engine.submit("test.single", [{}], owner=owner) for owner in (HOG, OTHER))
    wait(engine, 3, backlog)
    wait(engine, 2, single)
    [(job_id, no)] = tick()
    assert engine.deliver("test.single", (job_id, no, no)) == 1
    assert engine.deliver("test.single", (job_id, no, no), is_first=True) == 0
