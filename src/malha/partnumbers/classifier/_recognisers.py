"""Makers' series: which beginning of a part number says which component, longest beginning first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("data") / "recognisers.txt"
_LITERAL = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_LOOSENING = "?*{+"
_LONGEST_LITERAL = 12


@dataclass(frozen=True, slots=True)
class Series:
    """One line's beginning of part numbers, compiled."""

    component: str
    maker: str
    trust: str
    """``sure``, ``likely`` or ``house`` (what the house that owns the prefix mostly makes)."""
    text: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A series seen in a part number: its first `length` characters."""

    series: Series
    length: int


def sightings(number: str) -> list[Sighting]:
    """The series that an upper-case part number may be of: sure before house, and more characters before fewer."""
    found = [
        Sighting(series, match.end())
        for literal in _beginnings(number)
        for series in _by_literal().get(literal, ())
        if (match := series.pattern.match(number))
    ]
    return sorted(found, key=lambda sighting: (sighting.series.trust == "house", -sighting.length))


def _beginnings(number: str) -> Iterator[str]:
    for length in range(min(len(number), _LONGEST_LITERAL), -1, -1):
        yield number[:length]


@cache
def _by_literal() -> dict[str, list[Series]]:
    index: dict[str, list[Series]] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        component, maker, trust, beginnings = (cell.strip() for cell in line.split(";"))
        for text in beginnings.split(" "):
            index.setdefault(_literal(text), []).append(Series(component, maker, trust, text, _compiled(text)))
    return index


def _literal(text: str) -> str:
    """The characters that every number of the series begins with."""
    match = _LITERAL.match(text)
    if match is None:
        return ""
    rest = text[match.end() :]
    takes_less = rest[:1] in _LOOSENING and rest[:1] and rest != "*"
    return (match[0][:-1] if takes_less else match[0])[:_LONGEST_LITERAL]


def _compiled(text: str) -> re.Pattern[str]:
    """``!`` wants no digit next, ``*`` anything, letters alone (or letters last) no letter next."""
    if text.endswith("!"):
        return re.compile(text[:-1] + r"(?![0-9])")
    if text.endswith("*"):
        return re.compile(text[:-1])
    return re.compile(text + r"(?![A-Z])") if text.isalpha() else re.compile(text)
