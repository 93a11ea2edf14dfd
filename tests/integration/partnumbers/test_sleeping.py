"""Questions that take long: the part sleeps, the worker is free, and the answer wakes the part."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import orjson
from redis import Redis
from tests.fakes.ai_server import Conduct, done, progress
from tests.fakes.loopback import wait_until
from tests.integration.partnumbers.conftest import Desk

from malha.partnumbers.service import KIND, wake_unheard
from malha.partnumbers.service._asking import MOST_LOST


def ask(desk: Desk, task: dict[str, Any]) -> UUID:
    """One delivery, which leaves the question with the server."""
    job_id = UUID(task["task_id"])
    desk.engine.make_due(job_id)
    assert desk.engine.deliver(KIND, (job_id, 0, 0)) == 1
    return job_id


def part_of(desk: Desk, job_id: UUID) -> dict[str, Any]:
    return desk.engine.parts(job_id)[0]


def is_due(desk: Desk, job_id: UUID) -> bool:
    query = "SELECT run_after <= now() AS due FROM job_parts WHERE job_id = %s"
    [row] = desk.engine.record.execute(query, [job_id]).fetchall()
    return bool(row["due"])


def _pause(until: threading.Event) -> None:
    until.wait(30)


def sweep(desk: Desk) -> int:
    return desk.engine.runtime.run(wake_unheard(desk.engine.runtime.database))["unheard"]


def test_many_slow_questions_are_with_the_server_at_once_and_no_worker_waits(desk: Desk) -> None:
    answer_now = threading.Event()
    desk.configure(silence_seconds=30)
    desk.ai.conduct = Conduct(
        script=lambda body: [progress(), done(body["partnumber"])], before_each=lambda: _pause(answer_now)
    )
    jobs = [ask(desk, desk.single(f"SLOW{no}")) for no in range(6)]
    assert len(desk.ai.requests) == 6
    assert [(part_of(desk, job)["state"], is_due(desk, job)) for job in jobs] == [("queued", False)] * 6
    answer_now.set()
    wait_until(lambda: all(is_due(desk, job) for job in jobs))
    for job in jobs:
        desk.engine.deliver(KIND, (job, 0, 0))
        assert (part_of(desk, job)["state"], part_of(desk, job)["attempts"]) == ("done", 1)
    assert desk.engine.record.execute("SELECT FROM classification_runs").fetchall() == []
    assert len(desk.ai.requests) == 6


def test_progress_is_told_while_the_part_sleeps(desk: Desk) -> None:
    desk.ai.conduct = Conduct(script=lambda _: [progress(2, 5)])
    task = desk.single()
    job = ask(desk, task)
    query = "SELECT data FROM job_events WHERE job_id = %s AND type = 'job.progress' AND data ? 'part'"
    wait_until(lambda: desk.engine.record.execute(query, [job]).fetchall())
    [event] = desk.engine.record.execute(query, [job]).fetchall()
    assert event["data"] == {"part": 0, "message": "Buscando", "current": 2, "total": 5}


def test_a_part_whose_listener_died_asks_again_and_burns_no_attempt(desk: Desk) -> None:
    desk.ai.conduct = Conduct(script=lambda _: [])
    job = ask(desk, desk.single())
    assert sweep(desk) == 0
    desk.engine.record.execute("UPDATE classification_runs SET heard_until = now(), channel = 'of a dead process'")
    desk.ai.conduct = Conduct()
    assert (sweep(desk), is_due(desk, job)) == (1, True)
    desk.deliver(job)
    assert (part_of(desk, job)["state"], part_of(desk, job)["attempts"], len(desk.ai.requests)) == ("done", 1, 2)


def test_a_listener_that_is_missed_again_and_again_costs_attempts_in_the_end(desk: Desk) -> None:
    desk.ai.conduct = Conduct(script=lambda _: [])
    job = ask(desk, desk.single())
    lose = "UPDATE classification_runs SET heard_until = now(), channel = 'of a dead process', lost = %s"
    desk.engine.record.execute(lose, [MOST_LOST])
    desk.engine.make_due(job)
    desk.engine.deliver(KIND, (job, 0, 0))
    part = part_of(desk, job)
    assert (part["state"], part["attempts"], part["error"]["type"]) == ("queued", 1, "BusLostError")
    assert len(desk.ai.requests) == 1


def test_an_answer_for_a_task_that_was_cancelled_in_its_sleep_is_dropped(desk: Desk) -> None:
    answer_now = threading.Event()
    desk.ai.conduct = Conduct(script=lambda body: [done(body["partnumber"])], before_each=lambda: _pause(answer_now))
    task = desk.single()
    job = ask(desk, task)
    assert desk.client.post(f"/api/v1/partnumbers/tasks/{task['task_id']}/cancel").status_code == 200
    answer_now.set()
    wait_until(lambda: all(run["outcome"] for run in desk.engine.record.execute("SELECT * FROM classification_runs")))
    assert part_of(desk, job)["state"] == "cancelled"
    assert desk.client.get("/partnumbers").json()["items"] == []
    sweep(desk)
    assert desk.engine.record.execute("SELECT FROM classification_runs").fetchall() == []


def test_a_spurious_message_lets_the_part_sleep_on(desk: Desk) -> None:
    desk.configure(silence_seconds=30)
    desk.ai.conduct = Conduct(script=lambda _: [])
    job = ask(desk, desk.single())
    desk.engine.make_due(job)
    desk.engine.deliver(KIND, (job, 0, 0))
    assert (part_of(desk, job)["state"], is_due(desk, job), len(desk.ai.requests)) == ("queued", False, 1)


def test_the_contracts_channels_tell_progress_and_both_ends(desk: Desk) -> None:
    with Redis.from_url(desk.engine.settings.broker.redis_url) as redis, redis.pubsub() as heard:
        heard.subscribe("task_results", "task_progress", "batch_task_done")
        single, batch = desk.single(), desk.batch("AAA1", "AAA2")
        desk.work(single)
        desk.work(batch)
        told: dict[bytes, dict[str, Any]] = {}

        def have_come() -> bool:
            message = heard.get_message(timeout=0.1)
            if message is not None and message["type"] == "message":
                told[message["channel"]] = orjson.loads(message["data"])
            return len(told) == 3

        wait_until(have_come)
    result, done = told[b"task_results"], told[b"batch_task_done"]
    assert (result["status"], result["partnumber"], result["room_id"]) == ("done", "BC847B", single["room_id"])
    assert result["result"]["ncm"] == "85412120"
    assert (done["status"], done["partnumbers"], done["room_id"]) == ("done", ["AAA1", "AAA2"], batch["room_id"])
    assert set(done["result"]) == {"AAA1", "AAA2"}
    assert told[b"task_progress"]["status"] == "processing"
