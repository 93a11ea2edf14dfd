"""Annexes of LC 214/2025 that reduce IBS and CBS: which chapters of the NCM their products come from.

The annexes list headings and codes; whole chapters are kept here, so a code inside a chapter proves nothing, and one
outside it cannot be in the annex.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Annex:
    """``chapters`` are the first two digits of NCM codes."""

    number: str
    goods: str
    chapters: frozenset[str]


def _chapters(*ranges: str) -> frozenset[str]:
    """``02-04`` and single chapters."""
    pairs = (part.split("-") for part in ranges)
    return frozenset(f"{chapter:02}" for pair in pairs for chapter in range(int(pair[0]), int(pair[-1]) + 1))


_FOODS = _chapters("01-25")
_DEVICES = _chapters("28-97")
_BY_CLASS = {
    "200003": Annex("I", "alimentos da cesta básica", _FOODS),
    "200004": Annex("XII", "dispositivos médicos", _DEVICES),
    "200005": Annex("IV", "dispositivos médicos", _DEVICES),
    "200007": Annex("XIII", "dispositivos de acessibilidade", _DEVICES),
    "200008": Annex("V", "dispositivos de acessibilidade", _DEVICES),
    "200014": Annex("XV", "produtos hortícolas, frutas e ovos", _chapters("04", "06-14", "20")),
    "200030": Annex("IV", "dispositivos médicos", _DEVICES),
    "200031": Annex("V", "dispositivos de acessibilidade", _DEVICES),
    "200034": Annex("VII", "alimentos", _FOODS),
    "200035": Annex("VIII", "higiene pessoal e limpeza", _chapters("28", "33-34", "38", "48", "56", "96")),
}


def of_class(code: str) -> Annex | None:
    """The annex whose goods alone a cClassTrib is for; None where it has none or one that is not of goods."""
    return _BY_CLASS.get(code)
