"""At most so many parts of a job run at once, whoever claims them, and the next begins as soon as one ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from tests.fakes.engine import Engine, RecordingDispatcher, RecordingPublisher
from tests.integration.jobs.conftest import behave

from malha.jobs.context import PartContext
from malha.jobs.control import Action, act, requeue_dead
from malha.jobs.dispatcher import Publisher
from malha.jobs.errors import RateLimitedError, TransientError
from malha.jobs.ledger import Ledger, Settlement
from malha.jobs.registry import get_handler
from malha.jobs.relay import Relay
from malha.jobs.states import PartState
from malha.kit.clock import utc_now
from malha.kit.urls import libpq_url

KINDS = ["test.single", "test.batched", "test.finished"]
Sent = list[tuple[str, UUID, list[int]]]


@pytest.fixture(autouse=True)
def sent(engine: Engine) -> Iterator[Sent]:
    """What the fast path was given."""
    dispatcher, recording = engine.runtime.dispatcher, RecordingDispatcher()
    engine.runtime.dispatcher = recording  # type: ignore[assignment]
    yield recording.sent_parts
    engine.runtime.dispatcher = dispatcher


@pytest.fixture
def tick(engine: Engine) -> Iterator[Callable[[], list[int]]]:
    """One round of the relay; returns the numbers that it sent."""
    publisher = RecordingPublisher()
    relay = Relay(cast("Publisher", publisher), engine.settings.engine, lambda _job: None)
    url = libpq_url(engine.settings.database.url)
    connection: AsyncConnection[Any] = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))

    def do() -> list[int]:
        publisher.messages.clear()
        engine.runtime.run(relay.tick(connection))
        return [no for _, ranges in publisher.messages for _, first, last in ranges for no in range(first, last + 1)]

    yield do
    engine.runtime.run(connection.close())


def act_on(engine: Engine, action: Action, job_id: UUID) -> None:
    async def do() -> None:
        async with engine.runtime.database.session() as session:
            await act(session, action, [job_id])
            await session.commit()

    engine.runtime.run(do())


def states(engine: Engine, job_id: UUID) -> list[str]:
    return [part["state"] for part in engine.parts(job_id)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_names_them_all_gets_as_many_as_may_run(engine: Engine, kind: str) -> None:
    job_id = engine.submit(kind, [{}] * 5, max_running=2)
    assert states(engine, job_id) == ["queued", "queued", "held", "held", "held"]
    assert len(engine.runtime.ledger.claim(kind, [(str(job_id), 0, 4)], limit=100)) == 2
    assert engine.runtime.ledger.claim(kind, [(str(job_id), 0, 4)], limit=100) == []
    assert engine.job(job_id)["in_flight"] == 2


def test_the_next_is_sent_as_soon_as_one_ends(engine: Engine, sent: Sent) -> None:
    job_id = engine.submit("test.single", [{}] * 4, max_running=2)
    assert engine.deliver("test.single", (job_id, 1, 1)) == 1
    assert sent == [("test.single", job_id, [2])]
    assert states(engine, job_id) == ["queued", "done", "queued", "held"]
    for no in (0, 2, 3):
        assert engine.deliver("test.single", (job_id, no, no)) == 1
    job = engine.job(job_id)
    assert (job["state"], job["in_flight"], sent[1:]) == ("succeeded", 0, [("test.single", job_id, [3])])


def test_one_at_a_time_to_the_end(engine: Engine, sent: Sent) -> None:
    job_id = engine.submit("test.finished", [{}] * 12, max_running=1)
    next_ = [0]
    while next_:
        sent.clear()
        assert engine.deliver("test.finished", (job_id, next_[0], next_[0])) == 1
        next_ = [no for _, _, numbers in sent for no in numbers]
    assert (engine.job(job_id)["state"], engine.job(job_id)["done"]) == ("succeeded", 12)


def test_a_part_that_waits_for_its_retry_leaves_its_place_to_others(
    engine: Engine, sent: Sent, tick: Callable[[], list[int]]
) -> None:
    async def fail_once(part: PartContext) -> None:
        if part.attempt == 1:
            raise TransientError("not yet", retry_after_seconds=60)

    behave["once"] = fail_once
    job_id = engine.submit("test.single", [{"do": "once"}, {}, {}], max_running=1)
    engine.deliver("test.single", (job_id, 0, 0))
    assert sent == [("test.single", job_id, [1])]
    assert (states(engine, job_id), tick()) == (["held", "queued", "held"], [])
    engine.deliver("test.single", (job_id, 1, 1))
    assert sent[1:] == [("test.single", job_id, [2])]
    engine.make_due(job_id)
    assert tick() == []  # there is no room
    engine.deliver("test.single", (job_id, 2, 2))
    assert tick() == [0]
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1
    assert engine.job(job_id)["state"] == "succeeded"


def test_a_rate_limit_burns_no_attempt_of_limited_parts_either(engine: Engine, tick: Callable[[], list[int]]) -> None:
    async def limited(_part: PartContext) -> None:
        raise RateLimitedError("three a minute", retry_at=utc_now() + timedelta(hours=1))

    behave["limited"] = limited
    job_id = engine.submit("test.single", [{"do": "limited"}], max_running=1)
    engine.deliver("test.single", (job_id, 0, 0))
    assert (engine.parts(job_id)[0]["attempts"], engine.job(job_id)["in_flight"], tick()) == (0, 0, [])
    engine.make_due(job_id)
    assert tick() == [0]


def test_a_job_submitted_for_later_begins_with_as_many_as_may_run(
    engine: Engine, tick: Callable[[], list[int]]
) -> None:
    job_id = engine.submit("test.single", [{}] * 3, max_running=2, run_after=utc_now() + timedelta(hours=1))
    assert tick() == []
    engine.make_due(job_id)
    assert tick() == [0, 1]


def test_spawned_parts_wait_for_room_too(engine: Engine, sent: Sent) -> None:
    async def add(part: PartContext) -> None:
        part.spawn([{}] * 4)

    behave["add"] = add
    job_id = engine.submit("test.batched", [{"do": "add"}, {}], max_running=2)
    engine.deliver("test.batched", (job_id, 0, 1))
    assert sent == [("test.batched", job_id, [2, 3])]
    assert states(engine, job_id) == ["done", "done", "queued", "queued", "held", "held"]


def test_a_silent_worker_gives_its_place_back(engine: Engine, tick: Callable[[], list[int]]) -> None:
    job_id = engine.submit("test.single", [{}] * 2, max_running=1)
    engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    engine.expire_leases(job_id)
    assert tick() == [0]
    assert (states(engine, job_id), engine.job(job_id)["in_flight"]) == (["queued", "held"], 1)


def test_what_a_crash_before_the_release_left_behind_is_sent_by_the_relay(
    engine: Engine, tick: Callable[[], list[int]]
) -> None:
    job_id = engine.submit("test.single", [{}] * 3, max_running=1)
    [part] = engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    engine.runtime.ledger.settle([Settlement(job_id, 0, part.fence, PartState.DONE)], closes=True)
    assert tick() == [1]
    assert tick() == []


def test_pause_and_resume_keep_the_limit(engine: Engine, tick: Callable[[], list[int]]) -> None:
    job_id = engine.submit("test.single", [{}] * 4, max_running=2)
    engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    act_on(engine, Action.PAUSE, job_id)
    assert (states(engine, job_id), engine.job(job_id)["in_flight"]) == (["running", "held", "held", "held"], 1)
    assert tick() == []
    act_on(engine, Action.RESUME, job_id)
    assert tick() == [1]
    assert (states(engine, job_id), engine.job(job_id)["in_flight"]) == (["running", "queued", "held", "held"], 2)


@pytest.mark.parametrize("action", [Action.RETRY, Action.RETRY_FAILED])
def test_a_retried_job_keeps_the_limit(engine: Engine, action: Action, tick: Callable[[], list[int]]) -> None:
    job_id = engine.submit("test.single", [{"do": "die"}] * 3, max_running=2)
    for no in range(3):
        engine.deliver("test.single", (job_id, no, no))
    assert engine.job(job_id)["state"] == "failed"
    act_on(engine, action, job_id)
    assert (states(engine, job_id), engine.job(job_id)["in_flight"]) == (["held"] * 3, 0)
    assert tick() == [0, 1]


def test_a_cancelled_job_starts_again_with_all_its_room(engine: Engine, tick: Callable[[], list[int]]) -> None:
    job_id = engine.submit("test.single", [{}] * 3, max_running=2)
    engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    act_on(engine, Action.CANCEL, job_id)
    assert (states(engine, job_id), engine.job(job_id)["in_flight"]) == (["cancelled"] * 3, 0)
    act_on(engine, Action.RETRY, job_id)
    assert tick() == [0, 1]


def test_requeued_dead_parts_wait_for_room(engine: Engine, tick: Callable[[], list[int]]) -> None:
    job_id = engine.submit("test.single", [{"do": "die"}] * 3, max_running=1)
    for no in range(3):
        engine.deliver("test.single", (job_id, no, no))

    async def requeue() -> None:
        async with engine.runtime.database.session() as session:
            await requeue_dead(session, [(job_id, 0), (job_id, 2)])
            await session.commit()

    engine.runtime.run(requeue())
    assert tick() == [0]
    assert states(engine, job_id) == ["queued", "dead", "held"]


def test_the_kind_may_say_the_number_and_the_submission_another(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_handler("test.single"), "max_running", 2)
    of_kind = engine.submit("test.single", [{}] * 4)
    own = engine.submit("test.single", [{}] * 4, max_running=3)
    assert [state == "queued" for state in states(engine, of_kind)].count(True) == 2
    assert [state == "queued" for state in states(engine, own)].count(True) == 3
    with pytest.raises(ValueError, match="never ends"):
        engine.submit("test.single", [{}], max_running=0)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 3])
def test_many_workers_at_once_never_run_more(engine: Engine, sent: Sent, limit: int) -> None:
    """Each thread is a worker with a connection of its own, and all are told of all parts again and again."""
    total, workers = 60, 6
    job_id = engine.submit("test.silent", [{}] * total, max_running=limit)
    running, most = 0, 0
    lock, over = threading.Lock(), threading.Event()

    def work() -> None:
        nonlocal running, most
        ledger = Ledger(libpq_url(engine.settings.database.url), lease_seconds=10)
        while not over.is_set():
            parts = ledger.claim("test.silent", [(str(job_id), 0, total - 1)], limit=2)
            with lock:
                running += len(parts)
                most = max(most, running)
            time.sleep(0.002)
            with lock:
                running -= len(parts)
            if parts:
                ends = [Settlement(job_id, part.no, part.fence, PartState.DONE) for part in parts]
                [job] = ledger.settle(ends, closes=True)
                ledger.release([job_id])
                if job.has_ended_parts_only:
                    over.set()
        ledger.close()

    with ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(work) for _ in range(workers)]:
            future.result(timeout=60)
    assert most == limit
    job = engine.job(job_id)
    assert (job["state"], job["done"], job["in_flight"]) == ("succeeded", total, 0)
