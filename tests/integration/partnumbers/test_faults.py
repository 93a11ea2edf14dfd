"""AI servers that break the contract, each in its way: a clear failure and a retry, and never a stuck worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from tests.fakes.ai_server import Conduct, done, progress, result, well_behaved
from tests.integration.partnumbers.conftest import Desk


def deliver_once(desk: Desk, task: dict[str, Any]) -> dict[str, Any]:
    """One attempt of the first part, and what became of the part."""
    return desk.deliver(UUID(task["task_id"]))


FAULTS: dict[str, tuple[Conduct, str]] = {
    "answers with an error": (Conduct(status=500), "AiServerAwayError"),
    "asks to come again": (Conduct(status=429, headers={"Retry-After": "7"}), "AiServerAwayError"),
    "takes too long to answer": (Conduct(answer_seconds=3), "AiServerAwayError"),
    "gives no job id": (Conduct(body={}), "AiServerLyingError"),
    "gives a list": (Conduct(body=[]), "AiServerLyingError"),
    "answers 200 with text": (Conduct(status=200, body="ok"), "AiServerLyingError"),
    "answers 204": (Conduct(status=203), "AiServerLyingError"),
    "says nothing": (Conduct(script=lambda _: []), "AiServerSilentError"),
    "stops in the middle": (Conduct(script=lambda _: [progress()]), "AiServerSilentError"),
    "says nonsense": (Conduct(script=lambda _: [b"\xff", b"[]", b"{}", {"status": "new"}]), "AiServerSilentError"),
    "floods with nonsense": (Conduct(script=lambda _: [b"{}"] * 1_100), "AiServerLyingError"),
    "fails": (
        Conduct(script=lambda _: [progress(), {"status": "failed", "error": "sem modelo"}]),
        "AiServerFailedError",
    ),
    "is done without a result": (Conduct(script=lambda _: [{"status": "done"}]), "AiServerLyingError"),
    "invents a code": (Conduct(script=lambda body: [done(body["partnumber"], ncm="99999999")]), "AiServerSilentError"),
    "writes nine digits": (
        Conduct(script=lambda body: [done(body["partnumber"], ncm="853224100")]),
        "AiServerSilentError",
    ),
    "is too sure": (
        Conduct(script=lambda body: [done(body["partnumber"], confidence_score=1.1)]),
        "AiServerSilentError",
    ),
    "leaves its confidence out": (
        Conduct(script=lambda body: [{"status": "done", "result": {"partnumber": body["partnumber"]}}]),
        "AiServerSilentError",
    ),
    "answers for another": (Conduct(script=lambda _: [done("OTHER")]), "AiServerSilentError"),
    "names another job": (
        Conduct(script=lambda body: [done(body["partnumber"]) | {"job_id": "job-2"}]),
        "AiServerSilentError",
    ),
    "sends a zero character": (
        Conduct(script=lambda body: [done(body["partnumber"], description="a\x00b")]),
        "AiServerSilentError",
    ),
}


@pytest.mark.parametrize(("conduct", "error"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_and_the_next_attempt_succeeds(desk: Desk, conduct: Conduct, error: str) -> None:
    desk.ai.conduct = conduct
    task = desk.single()
    part = deliver_once(desk, task)
    assert (part["state"], part["error"]["type"]) == ("queued", error)
    assert desk.task(task)["missing"] == ["BC847B"]
    desk.ai.conduct = Conduct()
    assert desk.work(task)["status"] == "done"
    assert desk.client.get("/partnumbers").json()["items"][0]["best_classification"]["ncm"] == "85412120"


def test_a_dead_server_ends_in_a_failed_task_that_can_be_retried(desk: Desk) -> None:
    desk.configure(ai_server_url="http://127.0.0.1:9")
    task = desk.single()
    assert desk.work(task, rounds=8)["status"] == "failed"
    assert desk.errors(task) == ["AiServerAwayError"]
    desk.configure(ai_server_url=desk.ai.url)
    assert desk.client.post(f"/api/v1/jobs/{task['task_id']}/retry").status_code == 200
    assert desk.work(task)["status"] == "done"


def test_a_refusal_is_final(desk: Desk) -> None:
    desk.ai.conduct = Conduct(status=400, body={"error": "payload inválido"})
    task = desk.single()
    assert desk.work(task)["status"] == "failed"
    assert (desk.errors(task), len(desk.ai.requests)) == (["AiServerRefusedError"], 1)


def test_invalid_messages_are_counted_and_passed_over(desk: Desk) -> None:
    bad = [b"no json", {"status": "processing"}, {"status": "processing", "progress": {"current": 9, "total": 5}}]
    desk.ai.conduct = Conduct(script=lambda body: [*bad, b"no json", *well_behaved(body)])
    task = desk.work(desk.single())
    assert task["status"] == "done"
    query = "SELECT data FROM job_events WHERE job_id = %s AND type = 'partnumbers.messages_invalid'"
    [event] = desk.engine.record.execute(query, [task["task_id"]]).fetchall()
    assert event["data"]["count"] == 4
    assert event["data"]["reasons"]["no JSON"] == 2


def test_upper_case_statuses_and_dotted_codes_are_understood(desk: Desk) -> None:
    desk.ai.conduct = Conduct(
        script=lambda body: [{"status": "DONE", "result": result(body["partnumber"], ncm="8532.24.10")}]
    )
    [found] = desk.work(desk.single())["classifications"]
    assert found["ncm"] == "85322410"


def test_what_a_batch_answered_before_it_broke_is_kept_and_only_the_rest_asked_again(desk: Desk) -> None:
    def leave_out_the_last(body: dict[str, Any]) -> list[Any]:
        messages = well_behaved(body)
        return [*messages[:-2], {"status": "failed", "error": "caiu"}] if len(messages) > 2 else [*messages]

    desk.ai.conduct = Conduct(script=leave_out_the_last)
    task = desk.work(desk.batch("AAA1", "AAA2", "AAA3"))
    assert (task["status"], task["missing"]) == ("done", [])
    assert [list(request["partnumbers"]) for request in desk.ai.requests] == [["AAA1", "AAA2", "AAA3"], ["AAA3"]]


def test_a_refused_batch_is_asked_one_by_one(desk: Desk) -> None:
    desk.ai.conduct = Conduct(status=422, body={"error": "payload inválido"})
    task = desk.work(desk.batch("AAA1", "AAA2"), rounds=1)
    desk.ai.conduct = Conduct()
    task = desk.work(task)
    assert (task["status"], len(task["classifications"])) == ("done", 2)
    assert [list(request["partnumbers"]) for request in desk.ai.requests][1:] == [["AAA1"], ["AAA2"]]


def test_an_answer_for_a_cancelled_task_is_dropped(desk: Desk) -> None:
    task = desk.single()

    def cancel() -> None:
        answer = desk.client.post(f"/api/v1/partnumbers/tasks/{task['task_id']}/cancel")
        assert answer.status_code in {200, 409}

    desk.ai.conduct = Conduct(before_each=cancel)
    assert deliver_once(desk, task)["state"] == "cancelled"
    shown = desk.task(task)
    assert (shown["status"], shown["classifications"]) == ("cancelled", [])
    assert desk.client.get("/partnumbers").json()["items"] == []


def test_a_dropped_subscription_is_asked_again_without_an_attempt(desk: Desk) -> None:
    def drop() -> None:
        with Redis.from_url(desk.engine.settings.broker.redis_url) as redis:
            redis.client_kill_filter(_type="pubsub")

    desk.ai.conduct = Conduct(before_each=drop)
    task = desk.single()
    part = deliver_once(desk, task)
    assert (part["state"], part["attempts"], part["error"]) == ("queued", 0, None)
    desk.ai.conduct = Conduct()
    assert desk.work(task)["status"] == "done"
    assert len(desk.ai.requests) == 2
