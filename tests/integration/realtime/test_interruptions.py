"""Redis goes away and comes back; the server is told to stop while streams are open."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis
from tests.fakes.loopback import WAIT_SECONDS, wait_until
from tests.integration.realtime.conftest import ALICE, Journal, Server, SocketUser, Stream

from malha.realtime.subscriber import CLIENT_NAME

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cut_feed(server: Server, redis_url: str) -> Callable[[], None]:
    """Breaks the subscription of the server; it finds back by itself."""

    def cut() -> None:
        resumed = server.realtime.subscriber.resumed
        wait_until(lambda: not resumed.is_set())
        with Redis.from_url(redis_url, decode_responses=True) as redis:
            clients: list[dict[str, Any]] = redis.client_list(_type="pubsub")  # type: ignore[assignment]
            ours = [client["id"] for client in clients if client["name"] == CLIENT_NAME]
            assert ours
            for identifier in ours:
                redis.client_kill_filter(_id=identifier)

    return cut


def test_streams_and_rooms_live_through_a_lost_feed(
    cut_feed: Callable[[], None],
    journal: Journal,
    stream: Callable[..., Stream],
    connect: Callable[..., SocketUser],
) -> None:
    job = journal.start()
    events, user = stream(job), connect("alice")
    user.call("join", {"room": f"job:{job}"})
    journal.log(job)
    assert events.ids(1) == [1]
    cut_feed()
    journal.log(job, is_told=False)
    journal.log(job)
    assert events.ids(2) == [2, 3]
    wait_until(lambda: user.seqs() == [1, 2, 3])


def test_an_overview_asks_to_be_read_again_after_a_lost_feed(
    cut_feed: Callable[[], None], connect: Callable[..., SocketUser]
) -> None:
    user = connect("alice")
    room = f"workspace:{ALICE.workspace_id}"
    user.call("join", {"room": room})
    cut_feed()
    assert wait_until(lambda: user.named("resync"))[0] == {"room": room}


def test_a_server_that_is_told_to_stop_does_not_wait_for_open_streams(
    database_url: str, redis_url: str, journal: Journal
) -> None:
    job = journal.start()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.realtime.server_program", str(port)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url},
    )
    try:
        wait_until(lambda: _answers(port), seconds=60)
        url = f"http://127.0.0.1:{port}/api/v1/jobs/{job}/events"
        with httpx2.stream("GET", url, headers={"Authorization": "Bearer alice"}, timeout=WAIT_SECONDS) as response:
            journal.log(job)
            events = Stream(response)
            assert events.ids(1) == [1]
            program.send_signal(signal.SIGTERM)
            assert events.frame() == {"event": "closed"}
        program.wait(WAIT_SECONDS)
    finally:
        program.kill()
        program.wait()


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200
    except httpx2.TransportError:
        return False
