"""Server-Sent Events of a real server: replay, resumption, live events, and who may see them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest
from tests.fakes.loopback import wait_until
from tests.integration.realtime.conftest import ALICE, Journal, Server, Stream

Open = Callable[..., Stream]


def test_the_log_is_replayed_and_then_lives_on(journal: Journal, stream: Open) -> None:
    job = journal.start()
    journal.log(job, note="first", is_told=False)
    events = stream(job)
    assert events.response.headers["content-type"].startswith("text/event-stream")
    assert events.response.headers["x-accel-buffering"] == "no"
    first = events.frame()
    assert (first["id"], first["event"]) == ("1", "audits.noted")
    body = orjson.loads(first["data"])
    assert (body["job_id"], body["seq"], body["data"]) == (str(job), 1, {"note": "first"})
    journal.log(job)
    assert events.ids(1) == [2]


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_broken_stream_is_resumed_without_gap_or_repetition(journal: Journal, stream: Open, way: str) -> None:
    job = journal.start()
    for _ in range(3):
        journal.log(job)
    assert stream(job).ids(2) == [1, 2]
    resumed = stream(job, last_event_id=2) if way == "header" else stream(job, query="?last_event_id=2")
    journal.log(job)
    assert resumed.ids(2) == [3, 4]


def test_the_stream_ends_with_the_job(journal: Journal, stream: Open) -> None:
    job = journal.start()
    events = stream(job)
    journal.log(job)
    journal.log(job, "job.succeeded", done=9)
    assert events.ids(2) == [1, 2]
    end = events.frame()
    assert (end["event"], orjson.loads(end["data"])) == ("end", {"state": "succeeded", "last_seq": 2})
    assert events.frame() == {"event": "closed"}


def test_whoever_has_seen_everything_of_an_ended_job_gets_the_end_at_once(journal: Journal, stream: Open) -> None:
    job = journal.start()
    journal.log(job, "job.failed")
    assert stream(job, last_event_id=1).frame()["event"] == "end"


def test_events_arrive_although_every_message_of_the_feed_was_lost(
    server: Server, journal: Journal, stream: Open
) -> None:
    job = journal.start()
    events = stream(job)
    for _ in range(3):
        journal.log(job, is_told=False)
    server.poll_now()
    assert events.ids(3) == [1, 2, 3]


def test_a_hint_brings_what_was_lost_before_it(journal: Journal, stream: Open) -> None:
    job = journal.start()
    events = stream(job)
    journal.log(job)
    assert events.ids(1) == [1]
    journal.log(job, is_told=False)
    journal.log(job)
    assert events.ids(2) == [2, 3]


@pytest.mark.parametrize("token", ["stranger", "alice"])
def test_another_tenants_job_and_no_job_look_the_same(journal: Journal, stream: Open, token: str) -> None:
    job = journal.start() if token == "stranger" else uuid4()
    response = stream(job, token=token).response
    response.read()
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "job-not-found"


def test_a_token_for_audits_follows_audits_only(journal: Journal, stream: Open) -> None:
    assert stream(journal.start(), token="narrow").response.status_code == 200
    assert stream(journal.start(kind="expenses.check"), token="narrow").response.status_code == 404


def test_a_last_event_id_that_is_no_number_is_refused(journal: Journal, stream: Open) -> None:
    response = stream(journal.start(), last_event_id="two").response
    response.read()
    assert (response.status_code, response.json()["code"]) == (422, "last-event-id-invalid")


def test_waiting_streams_hold_no_database_connection(server: Server, journal: Journal) -> None:
    """Forty streams on a pool of three connections: all stay open, all get their events."""
    jobs = [journal.start() for _ in range(40)]
    seen: dict[Any, int] = {}

    def follow(job: Any) -> None:
        with httpx2.stream(
            "GET", f"{server.url}/api/v1/jobs/{job}/events", headers={"Authorization": "Bearer alice"}, timeout=30
        ) as open_:
            events = Stream(open_)
            while (frame := events.frame())["event"] not in {"end", "closed"}:
                seen[job] = int(frame["id"])

    threads = [threading.Thread(target=follow, args=[job], daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(server.realtime.tails.job_ids) >= len(jobs))
    wait_until(lambda: journal.connections_in_use() == 0)
    for job in jobs:
        journal.log(job)
        journal.log(job, "job.succeeded")
    for thread in threads:
        thread.join(20)
    assert seen == dict.fromkeys(jobs, 2)


def test_a_client_that_goes_away_is_forgotten(server: Server, journal: Journal) -> None:
    job = journal.start(ALICE)
    with httpx2.stream("GET", f"{server.url}/api/v1/jobs/{job}/events", headers={"Authorization": "Bearer alice"}):
        wait_until(lambda: job in server.realtime.tails.job_ids)
    wait_until(lambda: job not in server.realtime.tails.job_ids)


def test_a_deleted_job_closes_its_streams(server: Server, journal: Journal, stream: Open) -> None:
    job = journal.start()
    events = stream(job)
    journal.forget(job)
    server.poll_now()
    assert events.frame() == {"event": "closed"}
