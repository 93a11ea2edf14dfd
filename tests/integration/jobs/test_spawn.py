"""Parts that add parts to their own job: all of them once, numbered in order, and none by a run that does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from tests.fakes.engine import Engine, RecordingDispatcher
from tests.integration.jobs.conftest import behave

from malha.db import Database
from malha.jobs.context import PartContext
from malha.jobs.control import Action, act, requeue_dead
from malha.jobs.dispatcher import pack_ranges
from malha.jobs.errors import TransientError
from malha.jobs.ledger import Settlement, settle
from malha.jobs.registry import Snooze, get_handler
from malha.jobs.states import PartState
from malha.kit.clock import utc_now
from malha.kit.urls import libpq_url

Effects = Callable[[], list[int]]
KINDS = ["test.single", "test.batched", "test.finished"]


@pytest.fixture(autouse=True)
def sent(engine: Engine) -> Iterator[list[tuple[str, UUID, list[int]]]]:
    """What the fast path was given."""
    dispatcher = engine.runtime.dispatcher
    recording = RecordingDispatcher()
    engine.runtime.dispatcher = recording  # type: ignore[assignment]
    yield recording.sent_parts
    engine.runtime.dispatcher = dispatcher


def let_spawn(count: int = 2, **input_: Any) -> dict[str, Any]:
    """The input of a part that adds others and ends well."""

    async def add(part: PartContext) -> dict[str, Any]:
        part.spawn({"page": page, **input_} for page in range(count))
        return {"added": count}

    behave["spawn"] = add
    return {"do": "spawn"}


def let_spawn_and(*, fail_first: int = 0) -> dict[str, Any]:
    """The input of a part that adds two others and fails as often as told, and then no more."""

    async def add(part: PartContext) -> None:
        part.spawn([{}, {}])
        if part.attempt <= fail_first:
            raise TransientError("not yet")

    behave["spawn"] = add
    return {"do": "spawn"}


def deliver_all(engine: Engine, kind: str, job_id: UUID) -> None:
    """The parts that wait now, in as few messages as the kind's batch allows."""
    waiting = [(job_id, part["no"]) for part in engine.parts(job_id) if part["state"] == "queued"]
    for ranges in pack_ranges(waiting, batch=get_handler(kind).batch):
        engine.deliver(kind, *ranges)


def act_on(engine: Engine, action: Action, job_id: UUID) -> None:
    async def do() -> None:
        async with engine.runtime.database.session() as session:
            await act(session, action, [job_id])
            await session.commit()

    engine.runtime.run(do())


@pytest.mark.parametrize("kind", KINDS)
def test_spawned_parts_go_on_numbering_and_hold_the_job_open(engine: Engine, effects: Effects, kind: str) -> None:
    job_id = engine.submit(kind, [{}, let_spawn(3), {}])
    deliver_all(engine, kind, job_id)
    job = engine.job(job_id)
    assert (job["state"], job["total"], job["done"], job["finished_at"]) == ("running", 6, 3, None)
    assert [part["input"].get("page") for part in engine.parts(job_id)] == [None, None, None, 0, 1, 2]
    deliver_all(engine, kind, job_id)
    job = engine.job(job_id)
    assert (job["state"], job["total"], job["done"]) == ("succeeded", 6, 6)
    assert effects() == ([-1] if kind == "test.finished" else []) + [0, 1, 2, 3, 4, 5]


def test_the_only_part_of_a_job_that_spawns_leaves_no_result_of_its_own(engine: Engine) -> None:
    job_id = engine.submit("test.single", [let_spawn(1)])
    engine.deliver("test.single", (job_id, 0, 0))
    engine.deliver("test.single", (job_id, 1, 1))
    assert (engine.job(job_id)["state"], engine.job(job_id)["result"]) == ("succeeded", None)


def test_spawned_parts_are_sent_right_after_the_commit(engine: Engine, sent: list[tuple[str, UUID, list[int]]]) -> None:
    job_id = engine.submit("test.batched", [let_spawn(2), {}, let_spawn(2)])
    engine.deliver("test.batched", (job_id, 0, 2))
    assert sent == [("test.batched", job_id, [3, 4, 5, 6])]
    spawned = engine.parts(job_id)[3:]
    assert [part["state"] for part in spawned] == ["queued"] * 4
    assert all(part["sent_at"] is not None for part in spawned)


def test_parts_of_one_message_number_theirs_in_their_own_order(engine: Engine) -> None:
    async def add(part: PartContext) -> None:
        part.spawn([{"by": part.no}])
        part.spawn([{"by": part.no}])

    behave["add"] = add
    one, other = (engine.submit("test.batched", [{"do": "add"}] * 3) for _ in range(2))
    assert engine.deliver("test.batched", (other, 0, 2), (one, 0, 2)) == 6
    for job_id in (one, other):
        assert [part["input"].get("by") for part in engine.parts(job_id)[3:]] == [0, 0, 1, 1, 2, 2]


def test_a_run_that_fails_spawns_nothing_and_its_retry_spawns_once(engine: Engine) -> None:
    job_id = engine.submit("test.batched", [let_spawn_and(fail_first=2), {}])
    for attempt in range(1, 4):
        engine.deliver("test.batched", (job_id, 0, 1))
        assert engine.job(job_id)["total"] == (2 if attempt < 3 else 4)
        engine.make_due(job_id)
    assert len(engine.parts(job_id)) == 4


def test_a_part_that_dies_has_spawned_nothing(engine: Engine) -> None:
    job_id = engine.submit("test.single", [let_spawn_and(fail_first=9)])
    for _ in range(5):
        engine.deliver("test.single", (job_id, 0, 0))
        engine.make_due(job_id)
    job = engine.job(job_id)
    assert (job["state"], job["total"], len(engine.parts(job_id))) == ("failed", 1, 1)


def test_a_worker_that_lost_its_lease_spawns_nothing(engine: Engine, sent: list[Any]) -> None:
    async def add_too_late(part: PartContext) -> None:
        part.spawn([{}])
        engine.record.execute("UPDATE job_parts SET fence = fence + 1 WHERE no = 1")

    behave["late"] = add_too_late
    job_id = engine.submit("test.batched", [let_spawn(2), {"do": "late"}])
    engine.deliver("test.batched", (job_id, 0, 1))
    assert (engine.job(job_id)["total"], len(engine.parts(job_id)), sent) == (2, 2, [])
    engine.deliver("test.batched", (job_id, 0, 0))  # the neighbour, whose transaction it spoilt
    assert engine.job(job_id)["total"] == 4


def test_a_part_that_is_rescheduled_keeps_what_it_spawned(engine: Engine) -> None:
    async def add_and_wait(part: PartContext) -> Snooze:
        part.spawn([{"page": part.total}])
        return Snooze(until=utc_now() - timedelta(seconds=1))

    behave["wait"] = add_and_wait
    job_id = engine.submit("test.single", [{"do": "wait"}])
    for _ in range(3):
        engine.deliver("test.single", (job_id, 0, 0))
    assert [part["input"].get("page") for part in engine.parts(job_id)] == [None, 1, 2, 3]


def test_a_spawned_part_may_spawn(engine: Engine) -> None:
    async def deepen(part: PartContext) -> None:
        if part.total < 4:
            part.spawn([{"do": "deepen"}])

    behave["deepen"] = deepen
    job_id = engine.submit("test.single", [{"do": "deepen"}])
    for no in range(4):
        assert engine.deliver("test.single", (job_id, no, no)) == 1
    assert (engine.job(job_id)["state"], engine.job(job_id)["total"]) == ("succeeded", 4)


def test_spawned_by_a_paused_jobs_running_part_they_wait_for_its_resumption(engine: Engine) -> None:
    async def pause_and_add(part: PartContext) -> None:
        engine.record.execute("UPDATE jobs SET state = 'paused' WHERE id = %s", [part.job_id])
        part.spawn([{}])

    behave["pause"] = pause_and_add
    job_id = engine.submit("test.single", [{"do": "pause"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert (engine.job(job_id)["state"], engine.parts(job_id)[1]["state"]) == ("paused", "held")
    assert engine.deliver("test.single", (job_id, 1, 1)) == 0
    act_on(engine, Action.RESUME, job_id)
    assert engine.deliver("test.single", (job_id, 1, 1)) == 1
    assert engine.job(job_id)["state"] == "succeeded"


def test_a_cancelled_job_cancels_what_was_spawned_and_a_retry_brings_it_back(engine: Engine) -> None:
    job_id = engine.submit("test.finished", [let_spawn(2)])
    engine.deliver("test.finished", (job_id, 0, 0))
    act_on(engine, Action.CANCEL, job_id)
    assert [part["state"] for part in engine.parts(job_id)] == ["done", "cancelled", "cancelled"]
    act_on(engine, Action.RETRY, job_id)
    engine.deliver("test.finished", (job_id, 0, 2))
    job = engine.job(job_id)
    assert (job["state"], job["total"], job["done"], job["result"]) == ("succeeded", 3, 3, {"done": 3, "failed": 0})


@pytest.mark.parametrize("action", [Action.CANCEL, Action.PAUSE])
def test_who_moves_the_job_waits_for_what_is_being_added(engine: Engine, action: Action) -> None:
    """Parts that are written but not committed are seen by nobody, and must not outlive the move."""
    job_id = engine.submit("test.single", [{}])
    [part] = engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    url = libpq_url(engine.settings.database.url)

    def move() -> None:
        mover = Database(engine.settings.database)

        async def do() -> None:
            async with mover.session() as session:
                await act(session, action, [job_id])
                await session.commit()
            await mover.dispose()

        asyncio.run(do())

    async def add(pool: ThreadPoolExecutor) -> Future[None]:
        async with await AsyncConnection.connect(url) as connection:
            added = Settlement(job_id, 0, part.fence, PartState.DONE, spawned=["{}", "{}"])
            await settle(connection, [added], closes=True)
            moving = pool.submit(move)
            while not engine.record.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                assert not moving.done()
                await asyncio.sleep(0.01)
            return moving

    with ThreadPoolExecutor(1) as pool:
        engine.runtime.run(add(pool)).result(timeout=20)
    left = "cancelled" if action is Action.CANCEL else "held"
    assert [part["state"] for part in engine.parts(job_id)] == ["done", left, left]
    assert engine.deliver("test.single", (job_id, 1, 1)) == 0


def test_a_dead_spawned_part_is_requeued_like_any_other(engine: Engine) -> None:
    job_id = engine.submit("test.finished", [let_spawn(1, do="die")])
    engine.deliver("test.finished", (job_id, 0, 0))
    engine.deliver("test.finished", (job_id, 1, 1))
    assert engine.job(job_id)["state"] == "partial"

    async def requeue() -> None:
        async with engine.runtime.database.session() as session:
            await requeue_dead(session, [(job_id, 1)])
            await session.commit()

    engine.runtime.run(requeue())
    assert (engine.job(job_id)["state"], engine.parts(job_id)[1]["state"]) == ("queued", "queued")


def test_progress_tells_the_raised_total(engine: Engine) -> None:
    job_id = engine.submit("test.batched", [let_spawn(2)])
    engine.deliver("test.batched", (job_id, 0, 0))
    engine.runtime.progress.close()
    row = engine.record.execute(
        "SELECT data FROM job_events WHERE job_id = %s AND type = 'job.progress' ORDER BY seq DESC LIMIT 1", [job_id]
    ).fetchone()
    assert row is not None
    assert row["data"] == {"total": 3, "done": 1, "failed": 0}


def test_a_later_part_sees_the_raised_total(engine: Engine) -> None:
    seen: list[int] = []

    async def look(part: PartContext) -> None:
        seen.append(part.total)

    behave["look"] = look
    job_id = engine.submit("test.single", [let_spawn(2, do="look")])
    for no in range(3):
        engine.deliver("test.single", (job_id, no, no))
    assert seen == [3, 3]


def test_ten_thousand_are_added_at_once(engine: Engine) -> None:
    big = engine.submit("test.single", [let_spawn(10_000)])
    engine.deliver("test.single", (big, 0, 0))
    row = engine.record.execute(
        "SELECT count(*) AS parts, min(no) AS first, max(no) AS last FROM job_parts WHERE job_id = %s", [big]
    ).fetchone()
    assert row == {"parts": 10_001, "first": 0, "last": 10_000}


@pytest.mark.parametrize("bad", [{"text": "a\x00b"}, {"text": "\ud800"}, {"value": object()}])
def test_an_input_that_cannot_be_stored_fails_the_run_and_not_its_neighbours(
    engine: Engine, bad: dict[str, Any]
) -> None:
    async def add(part: PartContext) -> None:
        part.spawn([{}, bad])

    behave["bad"] = add
    job_id = engine.submit("test.batched", [{"do": "bad"}, {}])
    engine.deliver("test.batched", (job_id, 0, 1))
    failed, well = engine.parts(job_id)
    assert (failed["state"], failed["attempts"], well["state"]) == ("queued", 1, "done")
    assert engine.job(job_id)["total"] == 2
