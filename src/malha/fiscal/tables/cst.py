"""Tax situation codes of ICMS (CST and CSOSN), IPI, PIS and COFINS with their official names."""

from __future__ import annotations

from functools import cache
from typing import Literal

from malha.fiscal.tables import _data

Tax = Literal["icms", "csosn", "ipi", "pis", "cofins"]


@cache
def _table() -> dict[tuple[str, str], tuple[str, str]]:
    return {(tax, code): (direction, name) for tax, code, direction, name in _data.rows("cst")}


@cache
def codes(tax: Tax) -> frozenset[str]:
    return frozenset(code for one, code in _table() if one == tax)


def is_known(tax: Tax, code: str) -> bool:
    return (tax, code) in _table()


def describe(tax: Tax, code: str) -> str | None:
    found = _table().get((tax, code))
    return found[1] if found else None


def direction(tax: Tax, code: str) -> str | None:
    """``in`` for entries, ``out`` for exits, ``all`` for both."""
    found = _table().get((tax, code))
    return found[0] if found else None
