"""The container health check: what it asks, and that a bad answer is a failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from deploy import healthcheck


class _Readiness(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/api/v1/health/ready" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Readiness) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "result"), [(200, 0), (503, 1)])
def test_the_api_is_healthy_when_it_says_that_it_is_ready(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, result: int
) -> None:
    monkeypatch.setattr(_Readiness, "status", status)
    assert healthcheck.main(["api", str(server.server_port)]) == result


def test_an_api_that_does_not_answer_is_unhealthy(server: HTTPServer) -> None:
    port = server.server_port
    server.shutdown()
    server.server_close()
    assert healthcheck.main(["api", str(port)]) == 1


def test_a_process_that_does_not_exist_is_an_error_of_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(["ingester"]) == 2
    assert "usage" in capsys.readouterr().err
