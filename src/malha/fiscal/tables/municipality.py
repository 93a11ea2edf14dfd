"""IBGE municipalities: code of seven digits, official name, UF."""

from __future__ import annotations

import re
import unicodedata
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


def plain(name: str) -> str:
    """A name as it is compared: upper case, without accents and signs (``MOGI MIRIM``, ``OLHO D AGUA``)."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(re.findall("[A-Z0-9]+", bare.upper()))


@cache
def _by_name() -> dict[tuple[str, str], str]:
    return {(one.uf, plain(one.name)): one.code for one in _table().values()}


def named(name: str, uf: str) -> str | None:
    """The code of the state's municipality of this name, whatever its accents and case; None where there is none."""
    return _by_name().get((uf, plain(name)))
