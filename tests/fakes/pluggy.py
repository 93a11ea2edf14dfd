"""The simulated Pluggy behind a real socket on loopback."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import uvicorn
from pydantic import SecretStr

from malha.banking.settings import PluggySettings
from malha.settings import OutboundSettings
from malha.simulators.pluggy import State, build_app

WEBHOOK_SECRET = "a secret of the webhooks"


class PluggyServer:
    """Runs in a thread of the test's process; `state` is looked at and changed directly."""

    def __init__(self) -> None:
        self.state = State()
        config = uvicorn.Config(build_app(self.state), host="127.0.0.1", port=0, log_level="critical", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline:
                raise TimeoutError("the simulated Pluggy does not start")
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

    def settings(self, **fields: Any) -> PluggySettings:
        """Settings that ask here, with the simulator's own credentials."""
        given = {
            "url": f"http://{self.host}",
            "client_id": "simulated-client",
            "client_secret": SecretStr("simulated-secret"),
            "webhook_secret": SecretStr(WEBHOOK_SECRET),
        }
        return PluggySettings.model_validate({**given, **fields})

    def outbound(self) -> OutboundSettings:
        """Settings that let calls through to here."""
        return OutboundSettings(allowed_hosts=[self.host])
