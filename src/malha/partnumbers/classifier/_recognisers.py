"""Makers' series: which beginning of a part number says which component, longest beginning first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from malha.partnumbers.classifier._beginnings import Beginnings
from malha.partnumbers.classifier._tables import rows


@dataclass(frozen=True, slots=True)
class Series:
    """A line of the table."""

    component: str
    maker: str
    trust: str
    """``sure``, ``likely`` or ``house`` (what the house that owns the prefix mostly makes)."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A series seen in a part number: its first `length` characters."""

    series: Series
    length: int


def sightings(number: str) -> list[Sighting]:
    """The series that an upper-case part number may be of: sure before house, more characters before fewer."""
    found = [Sighting(series, length) for length, series in _table().match(number)]
    return sorted(found, key=lambda sighting: (sighting.series.trust == "house", -sighting.length))


def series_attributes(number: str) -> dict[str, tuple[str, int]]:
    """What the series tells beside the component: attribute -> value and how many characters say it."""
    told: dict[str, tuple[str, int]] = {}
    for length, pairs in _attribute_table().match(number):
        for attribute, value in pairs:
            if attribute not in told or told[attribute][1] < length:
                told[attribute] = (value, length)
    return told


@cache
def _table() -> Beginnings[Series]:
    return Beginnings(
        (text, Series(component, maker, trust))
        for component, maker, trust, texts in rows("recognisers", 4)
        for text in texts.split()
    )


@cache
def _attribute_table() -> Beginnings[tuple[tuple[str, str], ...]]:
    return Beginnings(
        (text, tuple((name, value) for name, _, value in (pair.partition("=") for pair in pairs.split())))
        for pairs, texts in rows("series", 2)
        for text in texts.split()
    )
