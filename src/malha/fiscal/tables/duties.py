"""Nominal rates of IPI and II of each NCM, with the exceptions (Ex) of the TIPI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from malha.fiscal.tables import _data

AS_OF = date(2026, 8, 13)
"""Day of the nomenclature that the rates go with; decrees and resolutions change them, and no history is kept."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Percents of one code or of one of its exceptions."""

    exception: str
    """Two digits, empty for the code itself."""
    ipi_percent: Decimal | None
    """None: not taxed (NT), or the source gives none (`has_ipi` tells)."""
    has_ipi: bool
    ii_percent: Decimal | None
    """None where the source gives none."""


def rates(code: str) -> tuple[Rates, ...]:
    """The rates of an NCM of eight digits and then those of its exceptions; nothing for a code without rates."""
    return _table().get(code, ())


@cache
def _table() -> dict[str, tuple[Rates, ...]]:
    found: dict[str, tuple[Rates, ...]] = {}
    for code, exception, ipi, ii in _data.rows("duties"):
        found[code] = (*found.get(code, ()), Rates(exception, _percent(ipi), ipi != "", _percent(ii)))
    return found


def _percent(text: str) -> Decimal | None:
    return Decimal(text) if text and text != "NT" else None
