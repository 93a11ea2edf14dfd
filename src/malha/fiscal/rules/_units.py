"""Units of measure as issuers write them, and which of them count and which measure."""

from __future__ import annotations

COUNTED = frozenset({"UN", "PARES", "DUZIA", "1000UN"})
MEASURED = frozenset({"KG", "TON", "LT", "M2", "M3", "METRO", "MWHORA"})

_SAME_UNIT = {
    **dict.fromkeys(("KGS", "QUILO", "QUILOS", "KILO"), "KG"), **dict.fromkeys(("UND", "UNID", "PC", "PCS"), "UN"),
    **dict.fromkeys(("L", "LTS", "LITRO", "LITROS"), "LT"), **dict.fromkeys(("T", "TN", "TONS"), "TON"),
    **dict.fromkeys(("M", "MT", "MTS"), "METRO"), **dict.fromkeys(("DZ", "DUZ"), "DUZIA"), "MIL": "1000UN",
    **dict.fromkeys(("PAR", "PR"), "PARES"), **dict.fromkeys(("GR", "GRAMA", "GRAMAS"), "G"), "MWH": "MWHORA",
    "M²": "M2", "M³": "M3", **dict.fromkeys(("CT", "QUILATE", "K"), "QUILAT"),
}  # fmt: skip
"""Spellings that issuers use for the same unit: another word is no other quantity."""


def common_unit(written: str) -> str:
    """The unit's name in the table of taxable units; any other word in upper case, as it is."""
    upper = written.strip().upper()
    return _SAME_UNIT.get(upper, upper)
