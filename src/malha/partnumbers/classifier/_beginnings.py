"""A table of beginnings of part numbers, and what each says: found by the characters a number starts with.

The grammar: a last ``!`` wants no digit next, a last ``*`` takes anything, letters alone want no letter next; the rest
is a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_LITERAL = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_LOOSENING = ("?", "*", "{", "+")
_LONGEST_LITERAL = 12


class Beginnings(Generic[T]):
    """Beginnings, indexed by the characters that are literal in them."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._by_literal: dict[str, list[tuple[re.Pattern[str], T]]] = {}
        for text, value in entries:
            self._by_literal.setdefault(_literal(text), []).append((_compiled(text), value))

    def match(self, number: str) -> Iterator[tuple[int, T]]:
        """How many characters of an upper-case number each entry takes, for those that match."""
        for length in range(min(len(number), _LONGEST_LITERAL), -1, -1):
            for pattern, value in self._by_literal.get(number[:length], ()):
                if match := pattern.match(number):
                    yield match.end(), value


def _literal(text: str) -> str:
    """The characters that every number of the series begins with."""
    match = _LITERAL.match(text)
    if match is None or "|" in text.split("(", 1)[0]:
        return ""
    rest = text[match.end() :]
    is_loose = rest.startswith(_LOOSENING) and rest != "*"
    return (match[0][:-1] if is_loose else match[0])[:_LONGEST_LITERAL]


def _compiled(text: str) -> re.Pattern[str]:
    if text.endswith("!"):
        return re.compile(text[:-1] + r"(?![0-9])")
    if text.endswith("*"):
        return re.compile(text[:-1])
    return re.compile(text + r"(?![A-Z])") if text.isalpha() else re.compile(text)
