"""What a provider can answer, and how it can fail to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from malha.outbound import Reply
from malha.suppliers.rules.supplier import Profile


@dataclass(frozen=True, slots=True)
class Answer:
    """A company, or that there is none (`profile` is None); `raw` is the body as it came."""

    profile: Profile | None
    raw: dict[str, Any]


class ProviderError(Exception):
    """No answer of this provider's about this CNPJ."""


class ProviderLimitedError(ProviderError):
    """Too many requests: leave it alone for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"its limit is reached for {seconds:.0f} s")
        self.seconds = seconds


class ProviderUnableError(ProviderError):
    """It refuses this CNPJ, though its check digits are right; others may know better."""


class ProviderBrokenError(ProviderError):
    """It does not work at the moment, or refuses us altogether."""


class Provider(Protocol):
    """One source of company data: how to ask it, and how to read what it says. Neither does any I/O."""

    name: str
    source: str
    """The base that it reads: providers of one source know the same companies."""

    def url(self, cnpj: str) -> str:
        """Where to ask about a CNPJ of fourteen characters."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What to send with the request, secrets included."""
        ...

    def read(self, cnpj: str, reply: Reply) -> Answer:
        """What the reply means; ProviderLimitedError, ProviderUnableError, ProviderBrokenError."""
        ...
