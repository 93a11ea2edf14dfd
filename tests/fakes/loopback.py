"""Any ASGI application behind a real socket on loopback, served from a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import uvicorn

from malha.settings import OutboundSettings

WAIT_SECONDS = 10.0


class LoopbackServer:
    """Answers as soon as it is entered, until it is left; `loop` is the one that the application runs on."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, app: Any, *, has_patience: bool = True, **options: Any) -> None:
        """Without patience open connections are cut at the end. `options` are uvicorn's."""
        quiet = {"log_level": "warning", "log_config": None, "timeout_graceful_shutdown": 2}
        self._server = uvicorn.Server(uvicorn.Config(app, **{**quiet, **options}))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._has_patience = has_patience

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = not self._has_patience
        self._thread.join(WAIT_SECONDS)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with asyncio.Runner() as runner:
            self.loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[self._listener]))

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.getsockname()[1]

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`."""
        return f"http://{self.host}"

    def outbound(self) -> OutboundSettings:
        """Settings that let calls through to here."""
        return OutboundSettings(allowed_hosts=[self.host])


def wait_until(condition: Callable[[], Any], *, seconds: float = WAIT_SECONDS) -> Any:
    """Wait for something to become true; the time is a limit, not a measure."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.01)
    return result
