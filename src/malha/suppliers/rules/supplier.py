"""What is known of a company, in one shape whoever told it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Registry status; what nobody states, or states in unknown words, is UNKNOWN and never active."""

    ATIVA = "ATIVA"
    SUSPENSA = "SUSPENSA"
    INAPTA = "INAPTA"
    BAIXADA = "BAIXADA"
    NULA = "NULA"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Cnae:
    """An economic activity: the subclass's seven digits and its name."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner or officer. A natural person's document comes masked (`***123456**`), a company's whole."""

    name: str
    document: str | None
    role: str | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where the establishment is; the zip code has eight digits, `city_code` is the IBGE's seven."""

    street: str | None
    number: str | None
    complement: str | None
    district: str | None
    zip_code: str | None
    city: str | None
    city_code: str | None
    uf: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says of one company; None where it says nothing."""

    cnpj: str
    legal_name: str
    trade_name: str | None
    status: Status
    status_since: date | None
    opened_on: date | None
    main_cnae: Cnae | None
    secondary_cnaes: tuple[Cnae, ...]
    address: Address
    partners: tuple[Partner, ...]
    capital: Decimal | None
    is_simples: bool | None
    is_mei: bool | None
    email: str | None
    phone: str | None


class Standing(NamedTuple):
    """As much of a company as decisions on its expenses rest on; activities by their codes."""

    cnpj: str
    legal_name: str
    status: Status
    status_since: date | None
    main_cnae: str | None
    secondary_cnaes: tuple[str, ...]
    provider: str
    fetched_at: datetime
    is_stale: bool

    @property
    def cnaes(self) -> list[str]:
        """All activities, the main one first."""
        return [*self.secondary_cnaes] if self.main_cnae is None else [self.main_cnae, *self.secondary_cnaes]


@dataclass(frozen=True, slots=True)
class Supplier(Profile):
    """A profile with its origin. `is_stale` says that it is older than the cache promises."""

    provider: str
    fetched_at: datetime
    is_stale: bool

    @property
    def standing(self) -> Standing:
        """The part of it that decisions need."""
        return Standing(
            cnpj=self.cnpj,
            legal_name=self.legal_name,
            status=self.status,
            status_since=self.status_since,
            main_cnae=self.main_cnae.code if self.main_cnae else None,
            secondary_cnaes=tuple(cnae.code for cnae in self.secondary_cnaes),
            provider=self.provider,
            fetched_at=self.fetched_at,
            is_stale=self.is_stale,
        )

    @property
    def city(self) -> str | None:
        """The address's city."""
        return self.address.city

    @property
    def uf(self) -> str | None:
        """The address's state."""
        return self.address.uf
