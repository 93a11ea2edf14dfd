"""Under what a part number is remembered, and which series it belongs to."""

from __future__ import annotations

from malha.partnumbers.classifier import memory_keys


def keys_of(code: str) -> list[str]:
    """The classifier's keys of a part number, the exact one first."""
    return list(memory_keys(code))


def series_of(code: str) -> str:
    """The model that begins the number (`GRM188` of GRM188R71H104KA93D); the whole number where none does."""
    exact, *others = memory_keys(code)
    return others[0] if len(others) > 1 else exact.removeprefix("=")
