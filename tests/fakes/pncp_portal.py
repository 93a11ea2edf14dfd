"""The simulated PNCP portal behind a real socket on loopback."""

from __future__ import annotations

import threading
import time
from typing import Self

import uvicorn

from malha.settings import OutboundSettings
from malha.simulators.pncp import State, World, build_app


class PncpPortal:
    """Both hosts in a thread of the test's process; `state` is looked at and changed directly."""

    def __init__(self, *, seed: int = 1, scale: float = 0.01) -> None:
        self.state = State(world=World(seed, scale))
        config = uvicorn.Config(build_app(self.state), host="127.0.0.1", port=0, log_level="critical", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline:
                raise TimeoutError("the simulated PNCP does not start")
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"127.0.0.1:{port}"

    @property
    def consultation_url(self) -> str:
        """Base of the lists, and of one procurement alone."""
        return f"http://{self.host}/api/consulta"

    @property
    def detail_url(self) -> str:
        """Base of items, results, files, logs, contracts with their amendments."""
        return f"http://{self.host}/api/pncp"

    def outbound(self) -> OutboundSettings:
        """Settings that let calls through to here."""
        return OutboundSettings(allowed_hosts=[self.host])
