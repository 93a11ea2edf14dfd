"""The simulated PNCP portal behind a real socket on loopback."""

from __future__ import annotations

from tests.fakes.loopback import LoopbackServer

from malha.simulators.pncp import State, World, build_app


class PncpPortal(LoopbackServer):
    """Both hosts on one port; `state` is looked at and changed directly."""

    def __init__(self, *, seed: int = 1, scale: float = 0.01) -> None:
        self.state = State(world=World(seed, scale))
        super().__init__(build_app(self.state), ws="none")

    @property
    def consultation_url(self) -> str:
        """Base of the lists, and of one procurement alone."""
        return f"{self.url}/api/consulta"

    @property
    def detail_url(self) -> str:
        """Base of items, results, files, logs, contracts with their amendments."""
        return f"{self.url}/api/pncp"
