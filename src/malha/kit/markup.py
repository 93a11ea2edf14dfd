"""How much an XML file asks for, counted in its bytes before any parser makes a tree of it.

The counts are bounds that hold whatever a parser takes the bytes for: no element and no attribute comes without the
character that announces it. They hold for encodings that keep ASCII, which are all that are accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(rb"<([^\s<>/!?]+)")


class MarkupExcessError(ValueError):
    """There is more of something than in any file of its kind."""

    def __init__(self, most: int, things_pt: str, things_en: str) -> None:
        self.message_pt = f"O XML tem mais de {most} {things_pt}."
        self.message_en = f"The XML holds more than {most} {things_en}."
        super().__init__(self.message_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupLimits:
    """The most that a file may hold: a note of 990 items has 53,000 elements of 200 names and 2,000 attributes.

    A file of `free_bytes` is too small to reach the other limits, so that those of a few items cost nothing.
    """

    free_bytes: int = 96 * 1024
    elements: int = 500_000
    attributes: int = 100_000
    names: int = 20_000


FISCAL = MarkupLimits()


def check_markup(data: bytes, limits: MarkupLimits = FISCAL) -> None:
    """Raise MarkupExcessError for a file that holds too much; 25 ms for 8 MB with half a million elements."""
    if len(data) <= limits.free_bytes:
        return
    elements = data.count(b"<") - data.count(b"</")
    if elements > limits.elements:
        raise MarkupExcessError(limits.elements, "elementos", "elements")
    if data.count(b"=") > limits.attributes:
        raise MarkupExcessError(limits.attributes, "atributos", "attributes")
    if elements > limits.names and _has_more_names(data, limits.names):
        raise MarkupExcessError(limits.names, "nomes de elementos", "names of elements")


def _has_more_names(data: bytes, most: int) -> bool:
    names: set[bytes] = set()
    for match in _NAME.finditer(data):
        names.add(match[1])
        if len(names) > most:
            return True
    return False
