"""States: IBGE code, region, and the ICMS rates between and inside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

ABROAD = "EX"
IMPORTED_ORIGINS = frozenset("1238")
"""Origins (orig) whose interstate rate is 4 % (Resolução do Senado 13/2012)."""
_IMPORTED_SINCE = date(2013, 1, 1)


@dataclass(frozen=True, slots=True)
class Uf:
    """``rates`` are the general internal ICMS rates with their first day, without the poverty fund (FCP)."""

    sigla: str
    code: str
    name: str
    region: str
    rates: tuple[tuple[date, Decimal], ...]


def _uf(sigla: str, code: str, name: str, region: str, rates: str) -> Uf:
    """``rates`` as ``17 2023-04-01:19``: the oldest rate bare, the later ones after their first day."""
    pairs = [part.rpartition(":") for part in rates.split()]
    return Uf(sigla, code, name, region, tuple((_day(day), Decimal(rate)) for day, _, rate in pairs))


def _day(text: str) -> date:
    return date.fromisoformat(text) if text else date.min


UFS = {
    one.sigla: one
    for one in (
        _uf("RO", "11", "Rondônia", "N", "17.5 2024-01-12:19.5"),
        _uf("AC", "12", "Acre", "N", "17 2023-04-01:19"),
        _uf("AM", "13", "Amazonas", "N", "18 2023-03-29:20"),
        _uf("RR", "14", "Roraima", "N", "17 2023-03-30:20"),
        _uf("PA", "15", "Pará", "N", "17 2023-03-16:19"),
        _uf("AP", "16", "Amapá", "N", "18"),
        _uf("TO", "17", "Tocantins", "N", "18 2023-04-01:20"),
        _uf("MA", "21", "Maranhão", "NE", "18 2023-04-01:20 2024-02-19:22 2025-02-23:23"),
        _uf("PI", "22", "Piauí", "NE", "18 2023-03-08:21 2025-04-01:22.5"),
        _uf("CE", "23", "Ceará", "NE", "18 2024-01-01:20"),
        _uf("RN", "24", "Rio Grande do Norte", "NE", "18 2023-04-01:20 2024-01-01:18 2025-03-20:20"),
        _uf("PB", "25", "Paraíba", "NE", "18 2024-01-01:20"),
        _uf("PE", "26", "Pernambuco", "NE", "18 2024-01-01:20.5"),
        _uf("AL", "27", "Alagoas", "NE", "17 2023-04-01:19 2026-04-01:20.5"),
        _uf("SE", "28", "Sergipe", "NE", "18 2023-03-20:22 2024-01-01:19"),
        _uf("BA", "29", "Bahia", "NE", "18 2023-03-22:19 2024-02-07:20.5"),
        _uf("MG", "31", "Minas Gerais", "SE", "18"),
        _uf("ES", "32", "Espírito Santo", "SE", "17"),
        _uf("RJ", "33", "Rio de Janeiro", "SE", "18 2024-03-20:20"),
        _uf("SP", "35", "São Paulo", "SE", "18"),
        _uf("PR", "41", "Paraná", "S", "18 2023-03-13:19 2024-03-13:19.5"),
        _uf("SC", "42", "Santa Catarina", "S", "17"),
        _uf("RS", "43", "Rio Grande do Sul", "S", "18 2021-01-01:17.5 2022-01-01:17"),
        _uf("MS", "50", "Mato Grosso do Sul", "CO", "17"),
        _uf("MT", "51", "Mato Grosso", "CO", "17"),
        _uf("GO", "52", "Goiás", "CO", "17 2024-04-01:19"),
        _uf("DF", "53", "Distrito Federal", "CO", "18 2024-01-21:20"),
    )
}
_BY_CODE = {one.code: one.sigla for one in UFS.values()}
_LOW_RATE_ORIGINS = frozenset(one.sigla for one in UFS.values() if one.region in {"S", "SE"} and one.sigla != "ES")


def is_known(sigla: str) -> bool:
    return sigla in UFS


def code(sigla: str) -> str | None:
    """``SP`` -> ``35``."""
    found = UFS.get(sigla)
    return found.code if found else None


def from_code(ibge_code: str) -> str | None:
    """``35`` -> ``SP``."""
    return _BY_CODE.get(ibge_code)


def interstate_rate(origin: str, destination: str, *, imported: bool = False, on: date | None = None) -> Decimal:
    """Per cent of ICMS from one state to another (Resoluções do Senado 22/89 and 13/2012).

    ``imported`` is for goods of `IMPORTED_ORIGINS`.
    """
    if imported and (on is None or on >= _IMPORTED_SINCE):
        return Decimal(4)
    lower = origin in _LOW_RATE_ORIGINS and destination not in _LOW_RATE_ORIGINS
    return Decimal(7) if lower else Decimal(12)


@lru_cache(maxsize=1024)
def former_rates(sigla: str, on: date) -> frozenset[Decimal]:
    """The general internal rates that had stopped to hold by that day."""
    found, current = UFS.get(sigla), internal_rate(sigla, on)
    return frozenset(rate for since, rate in (found.rates if found else ()) if since <= on and rate != current)


@lru_cache(maxsize=1024)
def internal_rate(sigla: str, on: date) -> Decimal | None:
    """The general internal rate of that day without FCP; goods with a rate of their own are not looked at."""
    found = UFS.get(sigla)
    return next((rate for since, rate in reversed(found.rates) if since <= on), None) if found else None
