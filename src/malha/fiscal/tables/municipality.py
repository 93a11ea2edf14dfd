"""IBGE municipalities: code of seven digits, official name, UF."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malha.fiscal.tables import _data

ABROAD = "9999999"


@dataclass(frozen=True, slots=True)
class Municipality:
    code: str
    name: str
    uf: str


@cache
def _table() -> dict[str, Municipality]:
    return {code: Municipality(code, name, uf) for code, name, uf in _data.rows("municipality")}


def is_known(code: str) -> bool:
    """Whether IBGE lists it; 9999999 (abroad) is not a municipality."""
    return code in _table()


def find(code: str) -> Municipality | None:
    return _table().get(code)


def all_municipalities() -> list[Municipality]:
    """Every municipality of IBGE's list."""
    return list(_table().values())
