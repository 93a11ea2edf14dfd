"""CNPJs with right check digits, numeric and alphanumeric."""

from __future__ import annotations

from malha.fiscal.identifiers import cnpj_check_digits

OFFICIAL_ALPHANUMERIC = "12ABC34501DE35"


def make_cnpj(number: int, *, letters: str = "") -> str:
    """The CNPJ of a number; with letters, an alphanumeric one that begins with them."""
    base = f"{letters}{number:0{8 - len(letters)}d}0001"
    return base + cnpj_check_digits(base)
