"""Component classes named in a description, in English or Portuguese, with the words that name them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from malha.partnumbers.classifier._tables import rows

_WORD = re.compile(r"[a-z0-9]+")
_SEGMENT_END = re.compile(r"[,;()]|\s(?:with|w/|for|using|com|para|in|and|plus|incl\w*)\s|\s-\s")
_PLAIN_WORD = re.compile(r"(?<![a-z0-9])[a-z]{4,}(?![a-z0-9])")
_LONGEST_TERM = 4
_PROGRAM_AND_WORKING_MEMORY = re.compile(r"\bflash\b[^;]*\bs?ram\b|\brom(?:less)?\b[^;]*\bram\b")
"""A program store beside a working store: the memory of a processor, not a memory."""
_CIRCUIT_PACKAGE = re.compile(
    r"(?<![a-z])(?:t?sot|[a-z]*so[ptnj]?|soic|[a-z]*[dq]fn|[a-z]*qfp|[a-z]*bga|[a-z]*csp|wlp|lga|sc-?70|lfcsp|llp|mlp[dq]?)-?\d"
    r"|(?<![a-z])(?:to-?(?:252|263)-5|to-?220-5|d2?-?pak)"
)
"""Packages of integrated circuits: a converter in one of them is a circuit, not a module."""
_MODULE = re.compile(r"\bmodul[eo]s?\b")
_YIELDS = {
    "led": ("display.led", "ic.driver"),
    "transistor.mosfet": ("ic.amplifier", "ic.driver", "ic.power", "ic.regulator"),
    "transistor.igbt": ("ic.driver", "ic.power"),
    "display.led": ("ic.converter", "ic.driver", "ic.logic"),
    "display.lcd": ("ic.converter", "ic.driver"),
    "diode": ("ic.reference", "ic.power"),
    "ic.switch": ("relay", "relay.solid_state"),
    "ic.processor": ("module.radio",),
}
"""Names that often only qualify one of these (``JFET operational amplifier``, ``SPST relay``)."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Words ``description[start:end]`` that name a component."""

    component: str
    start: int
    end: int
    is_strong: bool


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    segment: int


def fold(text: str) -> str:
    """Lower case without accents, of the same length, so that positions stay."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[:1] for char in text)


def upper(text: str) -> str:
    """Upper case of the same length (``ß`` stays), so that positions stay."""
    if text.isascii():
        return text.upper()
    return "".join(raised if len(raised := char.upper()) == 1 else char for char in text)


def has_words(description: str) -> bool:
    """Whether a description says something in words: one of four letters or more."""
    return _PLAIN_WORD.search(fold(description)) is not None


def namings(description: str) -> list[Naming]:
    """The components that a description names, the likeliest head first.

    The earliest part of the phrase decides (what follows ``with`` or a comma qualifies it); inside a part the last
    name does, because English puts the head at the end; longer terms swallow the shorter ones in them.
    """
    text = fold(description)
    words = list(_words(text))
    found: list[tuple[int, Naming]] = []
    if stores := _PROGRAM_AND_WORKING_MEMORY.search(text):
        found.append((-1, Naming("ic.processor", stores.start(), stores.end(), is_strong=True)))
    position = 0
    while position < len(words):
        hit = _term_at(words, position)
        if hit is None:
            position += 1
            continue
        component, is_strong, length = hit
        last = words[position + length - 1]
        found.append((words[position].segment, Naming(component, words[position].start, last.end, is_strong)))
        position += length
    found.sort(key=lambda entry: (not entry[1].is_strong, entry[0], -entry[1].end))
    return _yielding([naming for _, naming in found], text)


def _yielding(named: list[Naming], text: str) -> list[Naming]:
    """What comes first may only qualify what the description also names, or be the circuit for which it stands."""
    if not named:
        return named
    first = named[0]
    if first.component == "converter.dcdc" and _CIRCUIT_PACKAGE.search(text):
        return [replace(first, component="ic.regulator"), *named]
    if first.component == "ic.regulator" and _MODULE.search(text) and not _CIRCUIT_PACKAGE.search(text):
        return [replace(first, component="converter.dcdc"), *named]
    yields_to = _YIELDS.get(first.component, ())
    if first.component == "ic.processor" and not _MODULE.search(text):
        yields_to = ()
    stronger = next((naming for naming in named[1:] if naming.is_strong and naming.component in yields_to), None)
    return [stronger, *(naming for naming in named if naming is not stronger)] if stronger else named


def _words(text: str) -> Iterator[_Word]:
    ends = [match.start() for match in _SEGMENT_END.finditer(text)]
    segment = 0
    for match in _WORD.finditer(text):
        while segment < len(ends) and ends[segment] < match.start():
            segment += 1
        yield _Word(match[0], match.start(), match.end(), segment)


def _term_at(words: list[_Word], position: int) -> tuple[str, bool, int] | None:
    window = [_singular(word.text) for word in words[position : position + _LONGEST_TERM]]
    for length in range(len(window), 0, -1):
        if known := _terms().get(" ".join(window[:length])):
            return (*known, length)
    if not window[0].startswith(tuple(_stems())):
        return None
    stem = next(stem for stem in _stems() if window[0].startswith(stem))
    return (*_stems()[stem], 1)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@cache
def _terms() -> dict[str, tuple[str, bool]]:
    return {
        " ".join(_singular(word) for word in term.split()): (component, strength == "strong")
        for component, strength, terms in rows("words", 3)
        for term in terms.split(", ")
        if not term.endswith("*")
    }


@cache
def _stems() -> dict[str, tuple[str, bool]]:
    return {
        term[:-1]: (component, strength == "strong")
        for component, strength, terms in rows("words", 3)
        for term in terms.split(", ")
        if term.endswith("*")
    }
