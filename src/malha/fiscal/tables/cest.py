"""CEST, the goods that may be under ICMS tax substitution (Convênio ICMS 142/18), with their NCM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malha.fiscal.tables import _data


@dataclass(frozen=True, slots=True)
class Cest:
    """``ncms`` are NCM prefixes of 2 to 8 digits; none means any NCM (door-to-door sale, "others")."""

    code: str
    name: str
    ncms: tuple[str, ...]

    @property
    def segment(self) -> str:
        return self.code[:2]


DOOR_TO_DOOR = "28"
"""The segment of door-to-door sale: Annex XXVI lists names, its NCM lists are not exhaustive in practice."""


@cache
def _table() -> dict[str, Cest]:
    return {code: Cest(code, name, tuple(ncms.split(",")) if ncms else ()) for code, ncms, name in _data.rows("cest")}


def is_known(code: str) -> bool:
    return code in _table()


def describe(code: str) -> Cest | None:
    return _table().get(code)


def covers(code: str, ncm: str) -> bool:
    """Whether the CEST's NCM list takes this NCM; True for an unknown CEST, which is another fault."""
    one = _table().get(code)
    return one is None or not one.ncms or ncm.startswith(one.ncms)
