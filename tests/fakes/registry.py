"""The simulated company registry behind a real socket on loopback."""

from __future__ import annotations

from typing import Any

from tests.fakes.loopback import LoopbackServer

from malha.simulators.cnpj import Limit, State, build_app
from malha.suppliers.settings import SupplierSettings

PATHS = {
    "cnpj_ws_url": "/cnpj-ws",
    "cnpj_ws_commercial_url": "/cnpj-ws-commercial",
    "brasilapi_url": "/brasilapi/api",
    "minha_receita_url": "/minha-receita",
    "receitaws_url": "/receitaws/v1",
}


class RegistryServer(LoopbackServer):
    """Five providers; `state` is looked at and changed directly."""

    def __init__(self) -> None:
        self.state = State(limits=dict.fromkeys(("cnpj_ws", "cnpj_ws_commercial", "receitaws"), Limit(1000, 60)))
        super().__init__(build_app(self.state), ws="none")

    def suppliers(self, *providers: str, **fields: Any) -> SupplierSettings:
        """Settings that ask these providers here, with a generous limit each unless one is given."""
        urls = {name: f"{self.url}{path}" for name, path in PATHS.items()}
        limits = {name.replace("_url", "_limit"): "1000/minute" for name in PATHS}
        return SupplierSettings.model_validate({"providers": list(providers), **urls, **limits, **fields})
