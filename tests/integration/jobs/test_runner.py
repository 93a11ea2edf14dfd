"""One message through the engine: claims, effects, retries, death, the finish step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.fakes.engine import Engine
from tests.integration.jobs.conftest import behave

from malha.jobs.errors import LeaseLostError, PermanentError
from malha.jobs.ledger import Ledger, Settlement
from malha.jobs.registry import Snooze, get_handler
from malha.jobs.runner import run_finish
from malha.jobs.states import PartState
from malha.kit.clock import utc_now

Effects = Callable[[], list[int]]


def test_a_job_of_one_part_runs_and_keeps_the_parts_result(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.single", [{}])
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1
    job = engine.job(job_id)
    assert (job["state"], job["done"], job["result"]) == ("succeeded", 1, {"part": 0})
    assert effects() == [0]
    assert engine.events(job_id) == [(1, "job.queued"), (2, "job.started"), (3, "job.succeeded")]


def test_a_second_delivery_runs_nothing(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.single", [{}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert engine.deliver("test.single", (job_id, 0, 0)) == 0
    assert effects() == [0]


def test_the_first_message_of_a_part_claimed_ahead_costs_no_statement(
    engine: Engine, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, ahead = engine.submit("test.batched", [{}]), engine.submit("test.batched", [{}])
    assert engine.deliver("test.batched", (first, 0, 0), is_first=True) == 2
    monkeypatch.delattr(Ledger, "claim")
    assert engine.deliver("test.batched", (ahead, 0, 0), is_first=True) == 0
    assert effects() == [0, 0]


def test_a_part_that_waits_for_its_retry_is_run_by_later_messages_only(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{"do": "fail"}])
    engine.deliver("test.single", (job_id, 0, 0), is_first=True)
    engine.make_due(job_id)
    assert engine.deliver("test.single", (job_id, 0, 0), is_first=True) == 0
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1
    assert engine.parts(job_id)[0]["attempts"] == 2


def test_a_failed_part_undoes_its_own_writes_and_leaves_its_neighbours(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.batched", [{}, {"do": "fail"}, {}])
    engine.deliver("test.batched", (job_id, 0, 2))
    assert effects() == [0, 2]
    waiting = engine.parts(job_id)[1]
    assert (waiting["state"], waiting["attempts"], waiting["error"]["type"]) == ("queued", 1, "TransientError")
    assert engine.job(job_id)["state"] == "running"


def test_a_part_that_waits_for_its_retry_is_not_run_before_its_time(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{"do": "fail", "retry_after": 60}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert engine.deliver("test.single", (job_id, 0, 0)) == 0
    wait = engine.record.execute(
        "SELECT extract(epoch FROM run_after - now()) AS wait FROM job_parts WHERE job_id = %s", [job_id]
    ).fetchone()
    assert wait is not None
    assert 50 < wait["wait"] <= 60


def test_a_part_dies_after_five_attempts_and_says_why(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.batched", [{"do": "fail"}, {}])
    for _ in range(5):
        engine.deliver("test.batched", (job_id, 0, 1))
        engine.make_due(job_id)
    dead, alive = engine.parts(job_id)
    assert (dead["state"], dead["attempts"], dead["error"]["message"]) == ("dead", 5, "the other side is down")
    assert alive["state"] == "done"
    job = engine.job(job_id)
    assert (job["state"], job["done"], job["failed"]) == ("partial", 1, 1)
    assert job["error"]["message"] == "the other side is down"
    assert effects() == [1]


def test_a_permanent_error_kills_at_the_first_attempt(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{"do": "die"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert engine.job(job_id)["state"] == "failed"
    assert engine.parts(job_id)[0]["attempts"] == 1


@pytest.mark.parametrize("result", [{"text": "a\x00b"}, {"text": "\ud800"}, {"value": object()}])
def test_a_result_that_cannot_be_stored_is_the_parts_own_error(
    engine: Engine, effects: Effects, result: dict[str, object]
) -> None:
    async def answer(_part: object) -> dict[str, object]:
        return result

    behave["answer"] = answer
    job_id = engine.submit("test.batched", [{"do": "answer"}, {}])
    engine.deliver("test.batched", (job_id, 0, 1))
    failed, well = engine.parts(job_id)
    assert (failed["state"], failed["attempts"], well["state"]) == ("queued", 1, "done")
    assert effects() == [1]


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"])
def test_whatever_an_error_says_is_kept(engine: Engine, words: str) -> None:
    async def fail(_part: object) -> None:
        raise PermanentError(words)

    behave["say"] = fail
    job_id = engine.submit("test.single", [{"do": "say"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert engine.parts(job_id)[0]["error"]["message"] == "a\ufffdb"


def test_a_rate_limit_burns_no_attempt(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{"do": "limited"}])
    engine.deliver("test.single", (job_id, 0, 0))
    part = engine.parts(job_id)[0]
    assert (part["state"], part["attempts"], part["run_after"].year) == ("queued", 0, 2090)


def test_a_part_that_asks_to_run_again_keeps_what_it_wrote(engine: Engine, effects: Effects) -> None:
    async def not_yet(_part: object) -> Snooze:
        return Snooze(until=utc_now() + timedelta(hours=1))

    behave["wait"] = not_yet
    job_id = engine.submit("test.single", [{"do": "wait"}])
    engine.deliver("test.single", (job_id, 0, 0))
    part = engine.parts(job_id)[0]
    assert (part["state"], part["attempts"], part["error"]) == ("queued", 0, None)
    assert part["run_after"] > utc_now() + timedelta(minutes=59)
    assert effects() == [0]


def test_a_message_brings_fresh_parts_of_the_kind_along(engine: Engine) -> None:
    first, second = engine.submit("test.silent", [{}]), engine.submit("test.silent", [{}])
    assert engine.deliver("test.silent", (first, 0, 0)) == 2
    assert engine.job(second)["state"] == "succeeded"


def test_a_part_that_failed_before_travels_alone(engine: Engine) -> None:
    suspect = engine.submit("test.batched", [{"do": "fail"}])
    engine.deliver("test.batched", (suspect, 0, 0))
    engine.make_due(suspect)
    bystander = engine.submit("test.batched", [{}])
    assert engine.deliver("test.batched", (suspect, 0, 0)) == 1
    assert engine.job(bystander)["state"] == "queued"
    engine.make_due(suspect)
    assert engine.deliver("test.batched", (bystander, 0, 0)) == 1


def test_a_worker_that_lost_its_lease_writes_nothing(engine: Engine, effects: Effects) -> None:
    def lose(_part: object) -> object:
        engine.record.execute("UPDATE job_parts SET fence = fence + 1")
        return _nothing()

    behave["lose"] = lose
    job_id = engine.submit("test.batched", [{}, {"do": "lose"}])
    engine.deliver("test.batched", (job_id, 0, 1))
    assert effects() == []
    assert [part["state"] for part in engine.parts(job_id)] == ["running", "running"]


def test_when_one_part_of_a_transaction_was_lost_the_others_run_again(engine: Engine, effects: Effects) -> None:
    def lose(_part: object) -> object:
        engine.record.execute("UPDATE job_parts SET fence = fence + 1 WHERE no = 1")
        return _nothing()

    behave["lose"] = lose
    job_id = engine.submit("test.batched", [{}, {"do": "lose"}])
    engine.deliver("test.batched", (job_id, 0, 1))
    assert effects() == []
    kept, lost = engine.parts(job_id)
    assert (kept["state"], kept["attempts"], lost["state"]) == ("queued", 0, "running")
    assert engine.deliver("test.batched", (job_id, 0, 0)) == 1
    assert effects() == [0]


def test_settling_with_an_old_fence_is_refused(engine: Engine) -> None:
    job_id = engine.submit("test.single", [{}])
    claimed = engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)[0]
    with pytest.raises(LeaseLostError):
        engine.runtime.ledger.settle([Settlement(job_id, 0, claimed.fence - 1, PartState.DONE)], closes=True)
    assert engine.job(job_id)["done"] == 0


def test_the_finish_step_runs_once_in_the_transaction_of_the_last_part(engine: Engine, effects: Effects) -> None:
    job_id = engine.submit("test.finished", [{}, {"do": "die"}, {}])
    engine.deliver("test.finished", (job_id, 0, 2))
    job = engine.job(job_id)
    assert (job["state"], job["result"]) == ("partial", {"done": 2, "failed": 1})
    assert effects() == [-1, 0, 2]
    engine.runtime.run(run_finish(engine.runtime, get_handler("test.finished"), job_id))
    assert effects() == [-1, 0, 2]


def test_a_finish_step_that_fails_keeps_the_parts_and_is_tried_until_the_job_fails(
    engine: Engine, effects: Effects
) -> None:
    def fail(_job: object) -> None:
        raise ValueError("the report could not be built")

    behave["finish"] = fail
    job_id = engine.submit("test.finished", [{}])
    engine.deliver("test.finished", (job_id, 0, 0))
    assert (engine.job(job_id)["state"], effects()) == ("running", [0])
    for _ in range(4):
        engine.runtime.run(run_finish(engine.runtime, get_handler("test.finished"), job_id))
    job = engine.job(job_id)
    assert (job["state"], job["error"]["message"]) == ("failed", "the report could not be built")
    assert effects() == [0]


def test_the_log_counts_without_gaps(engine: Engine) -> None:
    job_id = engine.submit("test.batched", [{"do": "fail"}, {}, {"do": "die"}])
    for _ in range(3):
        engine.deliver("test.batched", (job_id, 0, 2))
        engine.make_due(job_id)
    sequence = [seq for seq, _ in engine.events(job_id)]
    assert sequence == list(range(1, len(sequence) + 1))
    assert sequence[-1] == engine.job(job_id)["event_seq"]


async def _nothing() -> None:
    return None


def test_the_lease_of_a_part_that_takes_its_time_is_extended(database_url: str, redis_url: str) -> None:
    worker = Engine(database_url, redis_url, lease_seconds=0.6)

    def lease() -> datetime:
        return worker.parts(job_id)[0]["lease_until"]

    async def wait_for_renewal(_part: object) -> None:
        first = lease()
        async with asyncio.timeout(20):
            while lease() == first:  # noqa: ASYNC110 - the renewal is another thread's, and the database tells of it
                await asyncio.sleep(0.05)

    behave["wait"] = wait_for_renewal
    worker.record.execute("CREATE TABLE IF NOT EXISTS effects (job_id uuid, no int)")
    try:
        job_id = worker.submit("test.single", [{"do": "wait"}])
        worker.deliver("test.single", (job_id, 0, 0))
        assert worker.job(job_id)["state"] == "succeeded"
    finally:
        worker.record.execute("DROP TABLE effects")
        worker.close()
        behave.clear()
