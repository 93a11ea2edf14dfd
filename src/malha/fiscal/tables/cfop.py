"""CFOP, the codes of operations: official names and the indicators of the NF-e portal's table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malha.fiscal.tables import _data


@dataclass(frozen=True, slots=True)
class Cfop:
    """The indicators are those that the authorisers' rules use (indDevol, indRetor, indRemes...)."""

    code: str
    name: str
    is_return: bool
    is_comeback: bool
    is_annulment: bool
    is_remittance: bool
    is_fuel: bool
    is_transport: bool
    is_communication: bool
    is_for_goods_note: bool


@cache
def _table() -> dict[str, Cfop]:
    return {code: Cfop(code, name, *(mark == "1" for mark in marks)) for code, *marks, name in _data.rows("cfop")}


@cache
def codes() -> frozenset[str]:
    return frozenset(_table())


@cache
def returns() -> frozenset[str]:
    """Return of goods (indDevol), the only codes of a note with finNFe 4."""
    return frozenset(code for code, one in _table().items() if one.is_return)


@cache
def comebacks() -> frozenset[str]:
    """Goods coming back from repair, storage, consignment... (indRetor)."""
    return frozenset(code for code, one in _table().items() if one.is_comeback)


@cache
def remittances() -> frozenset[str]:
    """Goods sent for repair, demonstration, gift... (indRemes)."""
    return frozenset(code for code, one in _table().items() if one.is_remittance)


@cache
def transfers() -> frozenset[str]:
    """Goods between establishments of one holder, under substitution, fuels and assets too; no balances (x60x)."""
    return frozenset(
        code for code, one in _table().items() if one.name.startswith("Transferência") and code[1:3] != "60"
    )


@cache
def trades() -> frozenset[str]:
    """Sales and purchases, whatever is sold and however it is taxed."""
    return frozenset(code for code, one in _table().items() if one.name.startswith(("Venda", "Compra")))


def is_known(code: str) -> bool:
    return code in codes()


def describe(code: str) -> Cfop | None:
    return _table().get(code)
