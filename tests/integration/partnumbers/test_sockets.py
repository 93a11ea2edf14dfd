"""The contract's socket events, as the official Python client gets them from two API processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from tests.factories.identity import make_principal
from tests.fakes.ai_server import Conduct
from tests.fakes.application import Doorman
from tests.fakes.loopback import wait_until
from tests.fakes.serving import serving
from tests.integration.partnumbers.conftest import Desk
from tests.integration.realtime.conftest import SocketUser

from malha.identity.policy import Principal
from malha.main import create_app

FINAL = ("classification_finished", "batch_classification_finished")


class Hall:
    """Two API processes' worth of servers, and clients of them."""

    def __init__(self, desk: Desk, stack: ExitStack) -> None:
        self._stack = stack
        self._apps = [create_app(desk.engine.settings) for _ in range(2)]
        self.urls = [stack.enter_context(serving(app)).url for app in self._apps]
        self.admit(desk.principal)

    def admit(self, principal: Principal) -> None:
        """Whoever connects from here on is this one."""
        for app in self._apps:
            app.state.realtime.sockets._authenticate = Doorman(principal).authenticate

    def connect(self, place: int = 0) -> SocketUser:
        user = SocketUser(self.urls[place], {"token": "anything"}, {})
        self._stack.callback(user.close)
        return user


@pytest.fixture
def hall(desk: Desk) -> Iterator[Hall]:
    with ExitStack() as stack:
        yield Hall(desk, stack)


def finals(user: SocketUser) -> list[tuple[str, Any]]:
    """Final events, and updates that say failed."""
    return [
        (name, payload)
        for name, payload in user.received
        if name in FINAL or (name == "classification_update_status" and payload["status"] == "failed")
    ]


def test_everybody_in_the_room_gets_each_event_once(desk: Desk, hall: Hall) -> None:
    task = desk.single()
    early = [hall.connect(0), hall.connect(1)]
    for user in early:
        assert user.call("join", {"room_id": task["room_id"]})["ok"] is True
    desk.work(task)
    late = hall.connect(1)
    late.call("join", {"room_id": task["room_id"]})
    for user in (*early, late):
        wait_until(lambda user=user: finals(user))
        [update, *_] = user.named("classification_update_status")
        assert (update["status"], update["room_id"]) == ("processing", task["room_id"])
        steps = [entry["current"] for entry in user.named("classification_update_status")]
        assert steps == sorted(steps)
        [(name, payload)] = finals(user)
        assert (name, payload["status"], payload["partnumber"]) == ("classification_finished", "done", "BC847B")
        assert payload["result"]["ncm"] == "85412120"
        assert payload["message"]


def test_a_client_that_comes_back_gets_what_it_missed_and_no_more(desk: Desk, hall: Hall) -> None:
    task = desk.single()
    user = hall.connect()
    user.call("join", {"room_id": task["room_id"]})
    desk.work(task)
    wait_until(lambda: finals(user))
    last = finals(user)[0][1]["seq"]
    back = hall.connect(1)
    back.call("join", {"room_id": task["room_id"], "last_seq": last - 1})
    wait_until(lambda: finals(back))
    again = hall.connect(1)
    assert again.call("join", {"room_id": task["room_id"], "last_seq": last})["ok"] is True
    assert again.call("ping_event")["ok"] is True
    assert finals(again) == []


def test_a_batch_ends_with_one_event_that_names_what_is_missing(desk: Desk, hall: Hall) -> None:
    task = desk.batch("AAA1", "AAA2", "AAA3", "BBB1")
    user = hall.connect()
    user.call("join", {"room_id": task["room_id"]})
    desk.ai.conduct = Conduct(status=500)
    job = UUID(task["task_id"])
    for _ in range(8):
        desk.engine.make_due(job)
        desk.engine.deliver("partnumbers.classify", (job, 1, 1))
    desk.ai.conduct = Conduct()
    desk.work(task)
    wait_until(lambda: finals(user))
    [(name, payload)] = finals(user)
    assert (name, payload["status"], payload["missing"]) == ("batch_classification_finished", "done", ["BBB1"])
    assert set(payload["result"]) == {"AAA1", "AAA2", "AAA3"}
    assert payload["partnumbers"] == ["AAA1", "AAA2", "AAA3", "BBB1"]
    assert (payload["room_id"], payload["task_id"]) == (task["room_id"], task["task_id"])


def test_a_failure_is_told_once_with_its_reason(desk: Desk, hall: Hall) -> None:
    desk.ai.conduct = Conduct(status=503)
    task = desk.single()
    user = hall.connect()
    user.call("join", {"room_id": task["room_id"]})
    desk.work(task)
    wait_until(lambda: finals(user))
    [(_, payload)] = finals(user)
    assert payload["message"] == "O servidor de IA não pôde ser alcançado."
    assert any("Nova tentativa" in entry["message"] for entry in user.named("classification_update_status"))


def test_a_stranger_does_not_join_and_small_talk_is_answered(desk: Desk, hall: Hall) -> None:
    task = desk.single()
    hall.admit(make_principal())
    user = hall.connect()
    wait_until(lambda: user.named("connected"))
    assert user.named("connected")[0]["socket_session_id"] == user.client.get_sid()
    refused = {"ok": False, "error": "room-not-found"}
    assert user.call("join", {"room_id": task["room_id"]}) == refused
    assert user.call("join", {"room_id": "no uuid"}) == refused
    assert user.call("join", {}) == {"ok": False, "error": "request-invalid"}
    user.client.emit("ping_event", {"any": "thing"})
    user.client.send("olá")
    wait_until(lambda: user.named("pong_event") and user.named("message"))
    assert (user.named("pong_event"), user.named("message")) == ([{"message": "pong"}], ["Echo: olá"])


def test_rooms_that_ended_give_their_place_back(desk: Desk, hall: Hall) -> None:
    task = desk.work(desk.single())
    user = hall.connect()
    user.call("join", {"room_id": task["room_id"]})
    wait_until(lambda: finals(user))
    sockets = hall._apps[0].state.realtime.sockets
    wait_until(lambda: not any(client.rooms for client in sockets._clients.values()))
