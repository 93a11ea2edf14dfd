"""CNAE 2.3, economic activities: section (letter), division, group, class (5 digits) and subclass (7 digits)."""

from __future__ import annotations

from functools import cache

from malha.fiscal.tables import _data

_LEVELS = (2, 3, 5, 7)


@cache
def _names() -> dict[str, str]:
    return _data.names("cnae")


def is_known(code: str) -> bool:
    """``code`` has digits only: 4711302 for 4711-3/02."""
    return code in _names()


def describe(code: str) -> str | None:
    """The official name, in the capitals of the source."""
    return _names().get(code)


def path(code: str) -> list[tuple[str, str]]:
    """Code and name of every level from the division down to the code; empty for an unknown code."""
    if code not in _names():
        return []
    return [(code[:size], _names()[code[:size]]) for size in _LEVELS if size <= len(code)]
