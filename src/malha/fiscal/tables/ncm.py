"""NCM, the Mercosur goods nomenclature: which codes of eight digits were in force when, and their names."""

from __future__ import annotations

from datetime import date
from functools import cache

from malha.fiscal.tables import _data

COMPLETE_SINCE = date(2020, 1, 1)
"""Codes revoked before this day may be missing, so absence proves nothing about older notes."""
TRADE_UNITS_SINCE = date(2022, 4, 1)
"""First day of the nomenclature (SH 2022) whose units `trade_unit` knows."""
_GONE_BY = date(2026, 2, 2)
"""Codes whose end no source dates had left the nomenclature by then."""
_LEVELS = (2, 4, 5, 6, 7, 8)


@cache
def _periods() -> dict[str, tuple[date | None, date | None]]:
    return {
        code: (_data.day(since), _GONE_BY if until == "?" else _data.day(until))
        for code, since, until in _data.rows("ncm")
    }


@cache
def _names() -> dict[str, str]:
    return _data.names("ncm-names")


@cache
def _units() -> dict[str, str]:
    return _data.names("ncm-unit")


def trade_unit(code: str) -> str | None:
    """The unit of foreign trade as uTrib writes it (``KG``, ``UN``, ``M2``...); None where no source tells it."""
    return _units().get(code)


@cache
def current() -> frozenset[str]:
    """The codes without an end and without a beginning in this table's reach: valid on any day since 2016."""
    return frozenset(code for code, period in _periods().items() if period == (None, None))


@cache
def chapters() -> frozenset[str]:
    """The chapters (two digits) that have codes: 01 to 97 without 77."""
    return frozenset(code[:2] for code in _periods())


@cache
def _levels() -> frozenset[str]:
    return frozenset(code[:size] for code in _periods() for size in _LEVELS)


def is_level(code: str) -> bool:
    """Whether digits (2, or 4 to 8) begin a code that exists or existed: a chapter, a heading, a subheading..."""
    return code in _levels()


def is_known(code: str, on: date | None = None) -> bool:
    """Whether the code exists; with a day, whether it was in force then (a doubtful end counts as in force)."""
    if code in current():
        return True
    period = _periods().get(code)
    return period is not None and _data.in_force(*period, on)


def validity(code: str) -> tuple[date | None, date | None] | None:
    """First and last day, None where open or not dated; None for a code that never existed."""
    return _periods().get(code)


def describe(code: str) -> str | None:
    """The official name with those of the levels above it, from the chapter down."""
    if code not in _names():
        return None
    return " > ".join(name for size in _LEVELS if (name := _names().get(code[:size])) and size <= len(code))
