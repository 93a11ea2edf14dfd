"""The simulated company registry behind a real socket on loopback."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import uvicorn

from malha.settings import OutboundSettings
from malha.simulators.cnpj import Limit, State, build_app
from malha.suppliers.settings import SupplierSettings

PATHS = {
    "cnpj_ws_url": "/cnpj-ws",
    "cnpj_ws_commercial_url": "/cnpj-ws-commercial",
    "brasilapi_url": "/brasilapi/api",
    "minha_receita_url": "/minha-receita",
    "receitaws_url": "/receitaws/v1",
}


class RegistryServer:
    """Five providers in a thread of the test's process; `state` is looked at and changed directly."""

    def __init__(self) -> None:
        self.state = State(limits=dict.fromkeys(("cnpj_ws", "cnpj_ws_commercial", "receitaws"), Limit(1000, 60)))
        config = uvicorn.Config(build_app(self.state), host="127.0.0.1", port=0, log_level="critical", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline:
                raise TimeoutError("the simulated registry does not start")
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

    def suppliers(self, *providers: str, **fields: Any) -> SupplierSettings:
        """Settings that ask these providers here, with a generous limit each unless one is given."""
        urls = {name: f"http://{self.host}{path}" for name, path in PATHS.items()}
        limits = {name.replace("_url", "_limit"): "1000/minute" for name in PATHS}
        return SupplierSettings.model_validate({"providers": list(providers), **urls, **limits, **fields})

    def outbound(self) -> OutboundSettings:
        """Settings that let calls through to here."""
        return OutboundSettings(allowed_hosts=[self.host])
