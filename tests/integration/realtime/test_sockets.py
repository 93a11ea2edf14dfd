"""The Socket.IO server as the official client meets it: who gets in, what they may join, what is replayed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError
from tests.fakes.loopback import wait_until
from tests.integration.realtime.conftest import (
    ALICE,
    COLLEAGUE,
    STRANGER,
    Journal,
    Server,
    SocketUser,
    ends,
    raw_socket,
)

from malha.realtime import sockets

Connect = Callable[..., SocketUser]


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_nobody_connects_without_a_good_token(connect: Connect, token: str | None) -> None:
    with pytest.raises(SocketConnectionError, match="not-authenticated"):
        connect(token)


def test_the_token_may_come_in_the_authorization_header(connect: Connect) -> None:
    user = connect(None, headers={"Authorization": "Bearer alice"})
    greeting = wait_until(lambda: user.named("connected"))[0]
    assert greeting == {
        "socket_session_id": user.client.get_sid(),
        "user_id": str(ALICE.user_id),
        "workspace_id": str(ALICE.workspace_id),
    }


@pytest.mark.parametrize(
    ("origin", "status"), [("https://evil.example", 400), ("https://console.example", 200), (None, 200)]
)
def test_a_page_of_a_foreign_origin_is_refused(server: Server, origin: str | None, status: int) -> None:
    opening = {"EIO": "4", "transport": "polling"}
    response = httpx2.get(f"{server.url}/socket.io/", params=opening, headers={"Origin": origin or server.url})
    assert response.status_code == status


def test_joining_replays_what_was_missed_and_goes_on_live(connect: Connect, journal: Journal) -> None:
    job = journal.start()
    for _ in range(4):
        journal.log(job, is_told=False)
    user = connect("alice")
    assert user.call("join", {"room": f"job:{job}", "last_seq": 2}) == {"ok": True, "room": f"job:{job}", "last_seq": 4}
    wait_until(lambda: user.seqs() == [3, 4])
    journal.log(job)
    wait_until(lambda: user.seqs() == [3, 4, 5])
    event = user.named("event")[-1]
    assert (event["job_id"], event["type"]) == (str(job), "audits.noted")


def test_without_a_last_seq_everything_is_replayed(connect: Connect, journal: Journal) -> None:
    job = journal.start()
    journal.log(job)
    journal.log(job, "job.succeeded")
    user = connect("alice")
    assert user.call("join", {"room_id": f"job:{job}"})["last_seq"] == 2
    wait_until(lambda: user.seqs() == [1, 2])


def test_a_room_stays_joined_when_an_ended_job_is_retried(connect: Connect, journal: Journal) -> None:
    job = journal.start()
    journal.log(job, "job.failed")
    user = connect("alice")
    user.call("join", {"room": f"job:{job}"})
    wait_until(lambda: user.seqs() == [1])
    journal.log(job, "job.queued")
    wait_until(lambda: user.seqs() == [1, 2])


def test_a_reconnected_client_continues_where_it_was(connect: Connect, journal: Journal) -> None:
    job = journal.start()
    first = connect("alice")
    first.call("join", {"room": f"job:{job}"})
    journal.log(job)
    wait_until(lambda: first.seqs() == [1])
    first.client.disconnect()
    journal.log(job)
    journal.log(job)
    second = connect("alice")
    second.call("join", {"room": f"job:{job}", "last_seq": 1})
    wait_until(lambda: second.seqs() == [2, 3])


@pytest.mark.parametrize(
    "room",
    [
        "job:{job}",
        "job:8c1c7a52-8f0f-4d0e-9a5f-3f1c1f6c2a10",
        "job:not-a-uuid",
        f"workspace:{ALICE.workspace_id}",
        f"user:{ALICE.user_id}",
        "somewhere:else",
        "{job}",
        "",
        "x" * 5000,
    ],
)
def test_a_stranger_joins_nothing_of_ours(connect: Connect, journal: Journal, room: str) -> None:
    job = journal.start(ALICE)
    user = connect("stranger")
    assert user.call("join", {"room": room.format(job=job)}) == {"ok": False, "error": "room-not-found"}
    journal.log(job)
    own = journal.start(STRANGER)
    user.call("join", {"room": f"job:{own}"})
    journal.log(own)
    wait_until(lambda: len(user.seqs()) == 1)
    assert {event["job_id"] for event in user.named("event")} == {str(own)}


@pytest.mark.parametrize("payload", [None, 7, "job:1", [], {}, {"room": 7}, {"room": "job:1", "last_seq": "x"}])
def test_nonsense_is_refused_and_the_connection_lives_on(connect: Connect, payload: Any) -> None:
    user = connect("alice")
    assert user.call("join", payload) == {"ok": False, "error": "request-invalid"}
    assert user.call("leave", payload if payload != {"room": "job:1", "last_seq": "x"} else None)["ok"] is False
    assert user.call("leave", {"room": "x"}) == {"ok": True, "room": "x"}


def test_whoever_leaves_hears_no_more(connect: Connect, journal: Journal) -> None:
    left, kept = journal.start(), journal.start()
    user = connect("alice")
    for job in (left, kept):
        user.call("join", {"room": f"job:{job}"})
    user.call("leave", {"room": f"job:{left}"})
    journal.log(left)
    journal.log(kept)
    wait_until(user.seqs)
    assert [event["job_id"] for event in user.named("event")] == [str(kept)]


def test_a_workspace_room_tells_of_every_job_in_it(connect: Connect, journal: Journal) -> None:
    mine, theirs, foreign = journal.start(ALICE), journal.start(COLLEAGUE), journal.start(STRANGER)
    user = connect("alice")
    joined = user.call("join", {"room": f"workspace:{ALICE.workspace_id}"})
    assert joined == {"ok": True, "room": f"workspace:{ALICE.workspace_id}", "last_seq": None}
    for job in (mine, foreign, theirs):
        journal.log(job, "job.started")
    told = wait_until(lambda: _told(user) if len(_told(user)) >= 2 else None)
    assert told == {str(mine), str(theirs)}


def test_a_user_room_tells_of_the_users_own_jobs(connect: Connect, journal: Journal) -> None:
    mine, theirs = journal.start(ALICE), journal.start(COLLEAGUE)
    user = connect("alice")
    user.call("join", {"room": f"user:{ALICE.user_id}"})
    journal.log(theirs, "job.started")
    journal.log(mine, "job.started")
    assert wait_until(lambda: _told(user)) == {str(mine)}


def _told(user: SocketUser) -> set[str]:
    return {event["job_id"] for news in user.named("activity") for event in news["events"]}


def test_progress_is_thinned_out_and_the_end_comes(connect: Connect, journal: Journal) -> None:
    job = journal.start()
    user = connect("alice")
    user.call("join", {"room": f"job:{job}"})
    for done in range(200):
        journal.log(job, "job.progress", done=done)
    journal.log(job, "job.succeeded", done=200)
    wait_until(lambda: 201 in user.seqs())
    assert user.seqs() == sorted(set(user.seqs()))
    assert len(user.seqs()) < 40


def test_a_flood_of_messages_ends_the_connection(server: Server) -> None:
    with raw_socket(server, "alice") as connection:
        for _ in range(200):
            connection.send('42["leave",{"room":"x"}]')
        assert ends(connection)


def test_a_message_that_is_too_large_ends_the_connection(server: Server) -> None:
    with raw_socket(server, "alice") as connection:
        connection.send('42["join",{"room":"%s"}]' % ("x" * 20_000))
        assert ends(connection)


@pytest.mark.parametrize("message", ["42", '42{"a":1}', "4", "9", "42[", "43", "451-[1]", "[" * 9000])
def test_a_broken_message_harms_nobody_else(server: Server, connect: Connect, message: str) -> None:
    with raw_socket(server, "alice") as connection:
        connection.send(message)
    assert connect("alice").call("leave", {"room": "x"})["ok"]


def test_rooms_have_a_limit(connect: Connect, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MAX_ROOMS", 1)
    first, second = journal.start(), journal.start()
    user = connect("alice")
    assert user.call("join", {"room": f"job:{first}"})["ok"]
    assert user.call("join", {"room": f"job:{second}"}) == {"ok": False, "error": "rooms-too-many"}
    assert user.call("join", {"room": f"job:{first}"})["ok"]


def test_connections_of_one_user_have_a_limit(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MAX_CONNECTIONS_PER_USER", 1)
    connect("colleague")
    with pytest.raises(SocketConnectionError, match="connections-too-many"):
        connect("colleague")


def test_a_token_is_renewed_in_place_and_only_by_the_same_user(connect: Connect, server: Server) -> None:
    user = connect("alice")
    server.doorman.tokens["alice-again"] = ALICE
    assert user.call("authenticate", {"token": "alice-again"}) == {"ok": True}
    assert user.call("authenticate", {"token": "stranger"}) == {"ok": False, "error": "not-authenticated"}
    assert user.call("authenticate", {"token": "forged"}) == {"ok": False, "error": "not-authenticated"}
    assert user.call("authenticate", {}) == {"ok": False, "error": "request-invalid"}


def test_an_ended_token_ends_the_connection(connect: Connect, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.doorman.tokens["brief"] = ALICE
    user = connect("brief")
    wait_until(lambda: user.named("connected"))
    del server.doorman.tokens["brief"]
    _revalidate_all(server)
    wait_until(lambda: not user.client.connected)
    assert user.named("expired") == [None]


def test_a_room_is_left_when_its_workspace_is_no_longer_the_clients(
    connect: Connect, server: Server, journal: Journal
) -> None:
    server.doorman.tokens["moved"] = ALICE
    job = journal.start(ALICE)
    user = connect("moved")
    user.call("join", {"room": f"job:{job}"})
    server.doorman.tokens["moved"] = STRANGER
    _revalidate_all(server)
    assert wait_until(lambda: user.named("left")) == [{"room": f"job:{job}"}]


def _revalidate_all(server: Server) -> None:
    """What happens once a minute, now."""
    socket_server = server.realtime.sockets

    async def revalidate() -> None:
        for client in list(socket_server._clients.values()):
            await socket_server.revalidate(client)

    asyncio.run_coroutine_threadsafe(revalidate(), server.loop).result(10)


def test_the_polling_transport_works_for_clients_that_begin_with_it(server: Server, journal: Journal) -> None:
    job = journal.start()
    journal.log(job)
    with httpx2.Client(base_url=server.url, params={"EIO": "4", "transport": "polling"}) as client:
        opening = client.get("/socket.io/").text
        sid = opening.split('"sid":"')[1].split('"')[0]
        session = {"EIO": "4", "transport": "polling", "sid": sid}
        client.post("/socket.io/", params=session, content='40{"token":"alice"}')
        client.post("/socket.io/", params=session, content=f'420["join",{{"room":"job:{job}"}}]')
        heard = ""
        while '"event"' not in heard:
            heard += client.get("/socket.io/", params=session).text
    assert '"ok":true' in heard


def test_a_client_that_reads_slowly_gets_everything_and_little_waits_for_it(server: Server, journal: Journal) -> None:
    job = journal.start()
    journal.log_many(job, 1000, "x" * 5000)
    with raw_socket(server, "alice") as connection:
        connection.send(f'42["join",{{"room":"job:{job}"}}]')
        transport = wait_until(lambda: _fullest_transport(server, at_least=sockets.MAX_WAITING_PACKETS))
        for _ in range(20):
            assert transport.queue.qsize() <= sockets.MAX_WAITING_PACKETS + 1
            time.sleep(0.01)
        seqs: list[int] = []
        while len(seqs) < 1000:
            message = str(connection.recv())
            if message.startswith('42["event"'):
                seqs.append(orjson.loads(message[2:])[1]["seq"])
    assert seqs == list(range(1, 1001))


def _fullest_transport(server: Server, *, at_least: int) -> Any:
    waiting = list(server.realtime.sockets.server.eio.sockets.values())
    full = [transport for transport in waiting if transport.queue.qsize() >= at_least]
    return full[0] if full else None
