"""What the simulator remembers: every ask with its time, windows on its own clock, faults, companies."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from malha.simulators.cnpj.companies import Company, imagine_company
from malha.simulators.conduct import Conduct, Limit

PROVIDERS = ("cnpj_ws", "cnpj_ws_commercial", "brasilapi", "minha_receita", "receitaws")
FAULTS = frozenset(
    {"error", "html", "timeout", "drop", "truncate", "empty", "forbidden", "receita-timeout", "redirect", "not-found"}
)


DEFAULT_LIMITS: Mapping[str, Limit | None] = {
    "cnpj_ws": Limit(3, 60),
    "cnpj_ws_commercial": Limit(60, 60),
    "brasilapi": None,
    "minha_receita": None,
    "receitaws": Limit(3, 60),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it arrived, on the simulator's monotonic clock."""

    provider: str
    cnpj: str
    at: float
    status: int


@dataclass
class State(Conduct):
    """Everything that tests look at or change."""

    limits: dict[str, Limit | None] = field(default_factory=lambda: dict(DEFAULT_LIMITS))
    token: str = "simulated-token"  # noqa: S105 - the stand-in's own
    delay_seconds: float = 0.0
    companies: dict[str, Company | None] = field(default_factory=dict)

    def company(self, cnpj: str) -> Company | None:
        """What the registry has: as set by a test, else an imagined company."""
        return self.companies[cnpj] if cnpj in self.companies else imagine_company(cnpj)

    def count(self, cnpj: str) -> int:
        """How often anybody was asked about a CNPJ."""
        return sum(ask.cnpj == cnpj for ask in self.asks)

    def fullest_window(self, provider: str, seconds: float) -> int:
        """The most asks that arrived within any such time, refused ones included."""
        times = [ask.at for ask in self.asks if ask.provider == provider]
        return max((bisect_right(times, at + seconds - 1e-9) - start for start, at in enumerate(times)), default=0)
