"""What the simulator remembers: every ask with its time, windows on its own clock, faults, companies."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from malha.simulators.cnpj.companies import Company, imagine_company

PROVIDERS = ("cnpj_ws", "cnpj_ws_commercial", "brasilapi", "minha_receita", "receitaws")
FAULTS = frozenset(
    {"error", "html", "timeout", "drop", "truncate", "empty", "forbidden", "receita-timeout", "redirect"}
)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` answers in any `seconds`."""

    count: int
    seconds: float


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


@dataclass(slots=True)
class Fault:
    """What goes wrong for the next `times` requests, or for all when None."""

    kind: str
    times: int | None


@dataclass
class State:
    """Everything that tests look at or change."""

    limits: dict[str, Limit | None] = field(default_factory=lambda: dict(DEFAULT_LIMITS))
    clock: Callable[[], float] = time.monotonic
    token: str = "simulated-token"  # noqa: S105 - the stand-in's own
    delay_seconds: float = 0.0
    asks: list[Ask] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    companies: dict[str, Company | None] = field(default_factory=dict)
    _answered: dict[str, list[float]] = field(default_factory=dict)

    def company(self, cnpj: str) -> Company | None:
        """What the registry has: as set by a test, else an imagined company."""
        return self.companies[cnpj] if cnpj in self.companies else imagine_company(cnpj)

    def wait_seconds(self, provider: str) -> float:
        """0 when the limit allows one more answer now, which is then counted; else the seconds until it does."""
        limit, now = self.limits.get(provider), self.clock()
        if limit is None:
            return 0.0
        times = self._answered.setdefault(provider, [])
        del times[: bisect_right(times, now - limit.seconds)]
        if len(times) >= limit.count:
            return times[-limit.count] + limit.seconds - now
        times.append(now)
        return 0.0

    def take_fault(self, provider: str) -> str | None:
        """The fault that this request meets, if any."""
        fault = self.faults.get(provider)
        if fault is None:
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self.faults[provider]
        return fault.kind

    def count(self, cnpj: str) -> int:
        """How often anybody was asked about a CNPJ."""
        return sum(ask.cnpj == cnpj for ask in self.asks)

    def fullest_window(self, provider: str, seconds: float) -> int:
        """The most asks that arrived within any such time, refused ones included."""
        times = [ask.at for ask in self.asks if ask.provider == provider]
        return max((bisect_right(times, at + seconds - 1e-9) - start for start, at in enumerate(times)), default=0)

    def forget(self) -> None:
        """As at the start, limits and companies apart."""
        self.asks.clear()
        self.faults.clear()
        self._answered.clear()
