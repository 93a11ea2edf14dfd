"""`/api/v1/jobs` on a real database: the test is the worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest
from httpx2 import Response
from redis import Redis
from redis.client import PubSub
from starlette.testclient import TestClient
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine

from malha.identity.policy import Principal
from malha.jobs import schemas
from malha.jobs.feed import CHANNEL
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.kit.pagination import encode_cursor


@dataclass
class Desk:
    """An API with one caller, and the worker behind it."""

    client: TestClient
    engine: Engine
    principal: Principal

    def submit(self, kind: str = "test.single", parts: list[dict[str, Any]] | None = None) -> UUID:
        owner = Owner(self.principal.workspace_id, self.principal.user_id)
        return self.engine.submit(kind, parts or [{}], owner=owner)

    def submit_dead(self, kind: str = "test.single", count: int = 1) -> UUID:
        job_id = self.submit(kind, [{"do": "die"}] * count)
        for no in range(count):
            self.engine.deliver(kind, (job_id, no, no))
        return job_id

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(f"/api/v1/jobs{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Response:
        return self.client.post(f"/api/v1/jobs{path}", json=body, headers={"Accept-Language": "en"})

    def walk(self, path: str, **query: Any) -> list[Any]:
        """All items of a list, page by page."""
        page = self.get(path, **query)
        items = page["items"]
        while page["next_cursor"]:
            page = self.get(path, cursor=page["next_cursor"], **query)
            items += page["items"]
        return items


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with open_application(engine.settings) as application:
        principal = make_principal()
        become(application.app, principal)
        yield Desk(application.client, engine, principal)


def check_problem(answer: Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_jobs_are_listed_newest_first_and_by_kind_and_state(desk: Desk) -> None:
    done, dead, waiting = desk.submit(), desk.submit_dead(), desk.submit("test.batched")
    desk.engine.submit("test.single", [{}])  # nobody's
    desk.engine.deliver("test.single", (done, 0, 0))
    assert [job["id"] for job in desk.get("")["items"]] == [str(waiting), str(dead), str(done)]
    assert [job["id"] for job in desk.get("", kind="test.single")["items"]] == [str(dead), str(done)]
    assert [job["id"] for job in desk.get("", state=["queued", "failed"])["items"]] == [str(waiting), str(dead)]
    assert [job["id"] for job in desk.get("", kind=["test.single", "other"], state="failed")["items"]] == [str(dead)]
    check_problem(desk.client.get("/api/v1/jobs?state=lost"), 422, "validation-failed")


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_of_jobs_have_each_job_once(desk: Desk, limit: int) -> None:
    made = [str(desk.submit()) for _ in range(6)]
    assert [job["id"] for job in desk.walk("", limit=limit)] == made[::-1]


def test_pages_keep_jobs_apart_that_were_made_in_the_same_instant(desk: Desk) -> None:
    made = sorted([str(desk.submit()) for _ in range(5)], reverse=True)
    desk.engine.record.execute("UPDATE jobs SET created_at = '2026-11-21T12:00:00Z'")
    assert [job["id"] for job in desk.walk("", limit=2)] == made


@pytest.mark.parametrize("path", ["", "/dead", "/{job_id}/parts"])
@pytest.mark.parametrize(
    "cursor",
    ["x", "%%%", encode_cursor([]), encode_cursor(["x", "y"]), encode_cursor([None, {}]), encode_cursor([1, 2, 3])],
)
def test_a_cursor_that_is_none_is_a_problem_and_no_fault(desk: Desk, path: str, cursor: str) -> None:
    path = path.format(job_id=desk.submit())
    check_problem(desk.client.get(f"/api/v1/jobs{path}", params={"cursor": cursor}), 422, "cursor-invalid")


@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_a_page_has_a_sensible_size(desk: Desk, limit: object) -> None:
    check_problem(desk.client.get(f"/api/v1/jobs?limit={limit}"), 422, "validation-failed")


def test_a_job_shows_its_counters_and_its_end(desk: Desk) -> None:
    job_id = desk.submit("test.batched", [{}, {"do": "die"}, {}])
    desk.engine.deliver("test.batched", (job_id, 0, 2))
    job = desk.get(f"/{job_id}")
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("partial", 3, 2, 1)
    assert (job["error"]["type"], job["event_seq"]) == ("PermanentError", 3)
    assert job["started_at"] <= job["finished_at"]


def test_parts_are_listed_by_number_and_state(desk: Desk) -> None:
    job_id = desk.submit("test.batched", [{"do": "die"} if no % 2 else {} for no in range(7)])
    desk.engine.deliver("test.batched", (job_id, 0, 6))
    assert [part["no"] for part in desk.walk(f"/{job_id}/parts", limit=3)] == list(range(7))
    assert [part["no"] for part in desk.walk(f"/{job_id}/parts", limit=1, state="dead")] == [1, 3, 5]
    assert len(desk.get(f"/{job_id}/parts", state=["dead", "done"])["items"]) == 7


ROUTES_OF_ONE_JOB = (
    ("GET", ""),
    ("GET", "/parts"),
    ("GET", "/events"),
    ("POST", "/cancel"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/retry"),
    ("POST", "/retry-failed"),
)


@pytest.mark.parametrize(("method", "path"), ROUTES_OF_ONE_JOB)
def test_a_job_that_is_absent_or_anothers_is_not_found(desk: Desk, method: str, path: str) -> None:
    other = desk.engine.submit("test.single", [{}], owner=Owner(new_id(), new_id()))
    for job_id in (other, new_id()):
        check_problem(desk.client.request(method, f"/api/v1/jobs/{job_id}{path}"), 404, "job-not-found")


def test_a_job_goes_through_pause_resume_cancel_and_retry(desk: Desk) -> None:
    job_id = desk.submit("test.single", [{}, {}])
    for action, state, parts in (
        ("pause", "paused", "held"),
        ("resume", "queued", "queued"),
        ("cancel", "cancelled", "cancelled"),
        ("retry", "queued", "queued"),
    ):
        answer = desk.post(f"/{job_id}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
        assert {part["state"] for part in desk.get(f"/{job_id}/parts")["items"]} == {parts}


def test_only_what_failed_is_run_again(desk: Desk) -> None:
    job_id = desk.submit("test.batched", [{}, {"do": "die"}])
    desk.engine.deliver("test.batched", (job_id, 0, 1))
    job = desk.post(f"/{job_id}/retry-failed").json()
    assert (job["state"], job["done"], job["failed"]) == ("queued", 1, 0)
    assert [part["state"] for part in desk.get(f"/{job_id}/parts")["items"]] == ["done", "queued"]


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry", "retry-failed"])
def test_an_illegal_move_is_a_conflict_that_names_the_state(desk: Desk, action: str) -> None:
    job_id = desk.submit()
    desk.engine.deliver("test.single", (job_id, 0, 0))
    answer = desk.post(f"/{job_id}/{action}")
    check_problem(answer, 409, "job-move-illegal")
    assert answer.json()["detail"] == f"A job in state succeeded does not accept {action}."
    assert desk.get(f"/{job_id}")["state"] == "succeeded"


@pytest.mark.parametrize("action", ["cancel", "pause"])
def test_moving_twice_is_a_conflict(desk: Desk, action: str) -> None:
    job_id = desk.submit()
    assert desk.post(f"/{job_id}/{action}").status_code == 200
    check_problem(desk.post(f"/{job_id}/{action}"), 409, "job-move-illegal")


def test_many_jobs_are_moved_by_their_ids_and_the_rest_is_told(desk: Desk) -> None:
    waiting, done = desk.submit(), desk.submit()
    other = desk.engine.submit("test.single", [{}], owner=Owner(new_id(), new_id()))
    desk.engine.deliver("test.single", (done, 0, 0))
    answer = desk.post("/bulk", {"action": "cancel", "ids": [str(waiting), str(done), str(other), str(new_id())]})
    assert answer.json() == {"moved": [str(waiting)], "refused": [str(done)]}
    assert desk.engine.job(other)["state"] == "queued"


def test_many_jobs_are_moved_by_a_filter(desk: Desk) -> None:
    singles, batched, done = {str(desk.submit()) for _ in range(3)}, desk.submit("test.batched"), desk.submit()
    desk.engine.deliver("test.single", (done, 0, 0))
    answer = desk.post("/bulk", {"action": "pause", "kinds": ["test.single"]}).json()
    assert (set(answer["moved"]), answer["refused"]) == (singles, [])
    answer = desk.post("/bulk", {"action": "cancel", "states": ["paused", "succeeded"]}).json()
    assert (set(answer["moved"]), answer["refused"]) == (singles, [str(done)])
    assert desk.get(f"/{batched}")["state"] == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "cancel"},
        {"action": "cancel", "kinds": [], "states": []},
        {"action": "cancel", "ids": [str(new_id())], "kinds": ["test.single"]},
        {"action": "explode", "kinds": ["test.single"]},
        {"action": "cancel", "ids": [str(new_id())] * 1001},
    ],
    ids=["neither", "empty", "both", "action", "too-many"],
)
def test_a_bulk_action_says_what_it_means(desk: Desk, body: dict[str, Any]) -> None:
    job_id = desk.submit()
    check_problem(desk.post("/bulk", body), 422, "validation-failed")
    assert desk.get(f"/{job_id}")["state"] == "queued"


def test_a_filter_that_matches_more_jobs_than_one_call_may_move_moves_none(desk: Desk) -> None:
    desk.engine.record.execute(
        "INSERT INTO jobs (id, kind, workspace_id, total) SELECT gen_random_uuid(), 'test.single', %s, 1"
        " FROM generate_series(1, %s)",
        [desk.principal.workspace_id, schemas.BULK_LIMIT + 1],
    )
    check_problem(desk.post("/bulk", {"action": "cancel", "kinds": ["test.single"]}), 422, "bulk-too-large")
    assert desk.get("", state="cancelled")["items"] == []


def test_dead_parts_are_listed_with_their_reason(desk: Desk) -> None:
    first, second = desk.submit_dead(count=3), desk.submit_dead("test.batched")
    desk.submit()
    dead = desk.walk("/dead", limit=2)
    assert [(part["job_id"], part["no"]) for part in dead] == [
        *((str(first), no) for no in range(3)),
        (str(second), 0),
    ]
    assert dead[0]["error"]["message"] == "no such company"
    assert [part["job_id"] for part in desk.get("/dead", kind="test.batched")["items"]] == [str(second)]


def test_named_dead_parts_run_again(desk: Desk) -> None:
    job_id, other = desk.submit_dead(count=3), desk.engine.submit("test.single", [{"do": "die"}])
    desk.engine.deliver("test.single", (other, 0, 0))
    names = [{"job_id": str(job_id), "no": no} for no in (0, 2, 9)] + [{"job_id": str(other), "no": 0}]
    assert desk.post("/dead/requeue", {"parts": names}).json() == {"requeued": 2}
    assert [part["no"] for part in desk.get("/dead")["items"]] == [1]
    assert desk.engine.job(other)["state"] == "failed"
    job = desk.get(f"/{job_id}")
    assert (job["state"], job["failed"]) == ("queued", 1)


def test_all_dead_parts_of_a_kind_run_again(desk: Desk) -> None:
    desk.submit_dead(count=3)
    kept = desk.submit_dead("test.batched")
    assert desk.post("/dead/requeue", {"kinds": ["test.single"]}).json() == {"requeued": 3}
    assert [part["job_id"] for part in desk.get("/dead")["items"]] == [str(kept)]
    assert desk.post("/dead/requeue", {}).json() == {"requeued": 1}


def test_dead_parts_of_a_cancelled_job_wait_for_its_retry(desk: Desk) -> None:
    job_id = desk.submit("test.single", [{"do": "die"}, {}])
    desk.engine.deliver("test.single", (job_id, 0, 0))
    desk.post(f"/{job_id}/cancel")
    assert desk.post("/dead/requeue", {}).json() == {"requeued": 0}
    assert desk.post(f"/{job_id}/retry").json()["failed"] == 0
    assert [part["state"] for part in desk.get(f"/{job_id}/parts")["items"]] == ["queued", "queued"]


def test_dead_parts_of_a_paused_job_wait_for_it(desk: Desk) -> None:
    job_id = desk.submit("test.single", [{"do": "die"}, {}])
    desk.engine.deliver("test.single", (job_id, 0, 0))
    desk.post(f"/{job_id}/pause")
    assert desk.post("/dead/requeue", {}).json() == {"requeued": 1}
    assert [part["state"] for part in desk.get(f"/{job_id}/parts")["items"]] == ["held", "held"]
    assert desk.get(f"/{job_id}")["state"] == "paused"


@dataclass
class Listener:
    """What the live feed tells."""

    pubsub: PubSub

    def hear(self, count: int, *types: str) -> list[dict[str, Any]]:
        """Wait for so many events of these types; other tests' may still be on their way."""
        events: list[dict[str, Any]] = []
        deadline = time.monotonic() + 5
        while len(events) < count and time.monotonic() < deadline:
            message = self.pubsub.get_message(ignore_subscribe_messages=True, timeout=0.1)
            told = orjson.loads(message["data"]) if message else []
            events += [event for event in told if event["type"] in types]
        return events


@pytest.fixture
def listener(desk: Desk) -> Iterator[Listener]:
    redis = Redis.from_url(desk.engine.settings.broker.redis_url)
    with redis.pubsub() as pubsub:
        pubsub.subscribe(CHANNEL)
        pubsub.get_message(timeout=1)  # the confirmation
        yield Listener(pubsub)
    redis.close()


def test_what_is_done_to_jobs_is_told_live(desk: Desk, listener: Listener) -> None:
    one, other = desk.submit(), desk.submit()
    desk.post(f"/{one}/pause")
    desk.post("/bulk", {"action": "cancel", "ids": [str(one), str(other)]})
    told = [
        event
        for event in listener.hear(3, "job.paused", "job.cancelled")
        if event["workspace_id"] == str(desk.principal.workspace_id)
    ]
    assert sorted((event["type"], event["job_id"], event["seq"]) for event in told) == sorted(
        [("job.paused", str(one), 2), ("job.cancelled", str(one), 3), ("job.cancelled", str(other), 2)]
    )


def test_dead_parts_that_run_again_are_told_live(desk: Desk, listener: Listener) -> None:
    dead = desk.submit_dead()
    desk.post("/dead/requeue", {"kinds": ["test.single"]})
    [told] = listener.hear(1, "part.requeued")
    assert (told["type"], told["job_id"], told["data"]) == ("part.requeued", str(dead), {"parts": 1})


def test_queues_tell_what_waits_runs_and_lies_dead(desk: Desk) -> None:
    job_id = desk.submit("test.single", [{}, {}, {"do": "die"}])
    desk.submit("test.batched", [{}] * 4)
    desk.engine.submit("test.single", [{}])  # nobody's
    desk.engine.deliver("test.single", (job_id, 2, 2))
    desk.engine.runtime.ledger.claim("test.single", [(str(job_id), 0, 0)], limit=1)
    assert desk.get("/queues") == [
        {"kind": "test.batched", "queued": 4, "running": 0, "dead": 0},
        {"kind": "test.single", "queued": 1, "running": 1, "dead": 1},
    ]


def test_a_jobs_log_is_streamed_to_its_end_and_resumed(desk: Desk) -> None:
    job_id = desk.submit()
    desk.engine.deliver("test.single", (job_id, 0, 0))
    answer = desk.client.get(f"/api/v1/jobs/{job_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    kinds = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds == ["job.queued", "job.started", "job.succeeded", "end"]
    resumed = desk.client.get(f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": "2"}).text
    assert [line for line in resumed.splitlines() if line.startswith("id: ")] == ["id: 3"]
    check_problem(
        desk.client.get(f"/api/v1/jobs/{job_id}/events", headers={"Last-Event-ID": "x"}), 422, "last-event-id-invalid"
    )
