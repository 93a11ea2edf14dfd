"""Invented suppliers: mostly companies, a few persons; some of them win much."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from malha.simulators.nfe.check_digits import close_cnpj, close_cpf
from malha.simulators.pncp.dice import Dice

_COMPANIES = 4000
_PERSONS = 200


class Supplier(NamedTuple):
    """Who sells."""

    identifier: str
    name: str
    person: str
    """`PJ` or `PF`."""
    size: int
    """Code of COMPANY_SIZES."""


def pick_supplier(dice: Dice) -> Supplier:
    """One of them; one in thirty is a natural person, and low numbers win more often."""
    if dice.below(30) == 0:
        return supplier(-1 - dice.below(_PERSONS))
    return supplier(min(dice.below(_COMPANIES), dice.below(_COMPANIES)))


@cache
def supplier(number: int) -> Supplier:
    """The company of a number, the person of a negative one."""
    if number < 0:
        return Supplier(close_cpf(f"{-number * 4_999_999 % 10**9:09d}"), f"PESSOA SIMULADA Nº {-number}", "PF", 4)
    cnpj = close_cnpj(f"{(number * 15_485_863 + 31_337) % 100_000_000:08d}0001")
    return Supplier(cnpj, f"FORNECEDOR SIMULADO Nº {number} LTDA", "PJ", 1 + number % 3)
