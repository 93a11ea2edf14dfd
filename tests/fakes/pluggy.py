"""The simulated Pluggy behind a real socket on loopback."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from tests.fakes.loopback import LoopbackServer

from malha.banking.settings import PluggySettings
from malha.simulators.pluggy import State, build_app

WEBHOOK_SECRET = "a secret of the webhooks"


class PluggyServer(LoopbackServer):
    """`state` is looked at and changed directly."""

    def __init__(self) -> None:
        self.state = State()
        super().__init__(build_app(self.state), ws="none")

    def settings(self, **fields: Any) -> PluggySettings:
        """Settings that ask here, with the simulator's own credentials."""
        given = {
            "url": self.url,
            "client_id": "simulated-client",
            "client_secret": SecretStr("simulated-secret"),
            "webhook_secret": SecretStr(WEBHOOK_SECRET),
        }
        return PluggySettings.model_validate({**given, **fields})
