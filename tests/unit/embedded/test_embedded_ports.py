"""Ports that are taken, and servers that answer, refuse or say nothing sensible."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from malha.embedded.platform import Address
from malha.embedded.ports import PortTakenError, answers_ok, choose_port, is_free


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


def test_the_next_free_port_is_chosen_when_the_usual_one_is_taken(taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    chosen = choose_port("127.0.0.1", port, is_fixed=False)
    assert port < chosen <= port + 20
    assert is_free("127.0.0.1", chosen)


def test_a_port_that_was_asked_for_is_never_replaced(taken: socket.socket) -> None:
    with pytest.raises(PortTakenError, match="--port"):
        choose_port("127.0.0.1", taken.getsockname()[1], is_fixed=True)


def test_a_server_that_closes_without_an_answer_is_not_ready(taken: socket.socket) -> None:
    taken.close()
    assert not answers_ok("127.0.0.1", 1, "/", header=("x-malha-instance", "a"))


def test_another_server_on_the_port_is_not_taken_for_ours() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("x-malha-instance", "theirs")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = [
            answers_ok("127.0.0.1", server.server_port, "/", header=("x-malha-instance", wanted))
            for wanted in ("theirs", "ours")
        ]
        server.shutdown()
    assert found == [True, False]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - only formatted
        ("::", "http://[::1]:8000"),
    ],
)
def test_the_url_names_an_address_that_can_be_connected_to(host: str, url: str) -> None:
    assert Address(host, 8000).base_url == url
