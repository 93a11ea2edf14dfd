"""The states that generated documents live in, with the tax rates those documents use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_RICHER_ORIGINS = frozenset({"SP", "RJ", "MG", "PR", "RS", "SC"})
_SEVEN_PERCENT_DESTINATIONS_EXCEPT = _RICHER_ORIGINS


@dataclass(frozen=True)
class Place:
    """A state with one of its municipalities; rates are percentages in force in 2026."""

    uf: str
    code: str
    city: str
    city_code: str
    postcode: str
    internal_rate: Decimal
    poverty_fund_rate: Decimal = Decimal(0)


PLACES = {
    place.uf: place
    for place in (
        Place("SP", "35", "São Paulo", "3550308", "01001000", Decimal("18.00")),
        Place("RJ", "33", "Rio de Janeiro", "3304557", "20010000", Decimal("20.00"), Decimal("2.00")),
        Place("MG", "31", "Belo Horizonte", "3106200", "30110000", Decimal("18.00")),
        Place("PR", "41", "Curitiba", "4106902", "80010000", Decimal("19.50")),
        Place("RS", "43", "Porto Alegre", "4314902", "90010000", Decimal("17.00")),
        Place("SC", "42", "Florianópolis", "4205407", "88010000", Decimal("17.00")),
        Place("BA", "29", "Salvador", "2927408", "40010000", Decimal("20.50")),
        Place("PE", "26", "Recife", "2611606", "50010000", Decimal("20.50")),
    )
}


def interstate_rate(origin: str, destination: str, product_origin: str = "0") -> Decimal:
    """ICMS percentage between two states (Senate resolutions 22/89 and 13/2012)."""
    if product_origin in {"1", "2", "3", "8"}:
        return Decimal("4.00")
    if origin in _RICHER_ORIGINS and destination not in _SEVEN_PERCENT_DESTINATIONS_EXCEPT:
        return Decimal("7.00")
    return Decimal("12.00")
