"""What goes into the classifier and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from malha.fiscal.tables.duties import Rates


class Field(StrEnum):
    """The field of the input that a piece of evidence was read in."""

    PARTNUMBER = "partnumber"
    DESCRIPTION = "description"
    MANUFACTURER = "manufacturer"


class Origin(StrEnum):
    """What an answer rests on, in descending order of trust."""

    MEMORY = "memory"
    RECOGNISER = "recogniser"
    WORDS = "words"
    MODEL = "model"
    RETRIEVAL = "retrieval"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    pt: str
    en: str


@dataclass(frozen=True, slots=True)
class PartNumberInput:
    """A part as the buyer, the invoice or the list writes it; only the number is required."""

    partnumber: str
    description: str = ""
    manufacturer: str = ""
    supplier: str = ""
    on: date | None = None
    """Day of the operation, which decides the codes in force; None takes those of today's table."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters of the input that say something: ``field[start:end] == text``."""

    field: Field
    start: int
    end: int
    text: str
    attribute: str
    """What it tells: ``maker``, ``series``, ``component``, ``package``, ``mounting``, ``voltage_v``..."""
    value: str


@dataclass(frozen=True, slots=True)
class Level:
    """One step of the nomenclature: chapter, heading, subheading, item or subitem."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch taken on the way to the code, with its legal reason."""

    code: str
    because: Text
    legal: str
    """The General Rule, the note of section or chapter, or the text of the code that decides."""


@dataclass(frozen=True, slots=True)
class Question:
    """The one attribute whose value closes the leaf, and the codes that each value leads to."""

    attribute: str
    text: Text
    answers: Mapping[str, str]
    """Value of the attribute -> NCM (as deep as it then closes)."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """A confirmed part number that speaks for a candidate."""

    partnumber: str
    ncm: str
    confirmed_at: date | None = None
    reference: str = ""
    """Id of the decision or name of the ruling in the caller's store."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible code, as deep as what is known closes it."""

    code: str
    """Digits only; 2, 4, 6, 7 or 8 of them."""
    confidence: float
    """Calibrated probability (0 to 1) that the first six digits are right (fewer when the code has fewer)."""
    origin: Origin
    path: tuple[Level, ...] = ()
    """The whole path of the nomenclature, from the chapter down to `code`."""
    decision: tuple[Branch, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    question: Question | None = None
    """None when the code has eight digits or nothing that could be asked closes it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer for one part number; without candidates it is an honest "unknown"."""

    input: PartNumberInput
    candidates: tuple[Candidate, ...] = ()
    """Best first, at most five, with different codes."""
    is_accepted: bool = False
    """Whether the digits of the best candidate (six or more) may go on without a person's review; its question may
    still be open."""
    maker: str | None = None
    series: str | None = None
    component: str | None = None
    """The component class, e.g. ``diode.zener``."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What was read, e.g. ``{"package": "SOT-23", "mounting": "smd"}``; numbers in the unit the name states."""
    grade: str | None = None
    """On which kind of evidence the best answer rests (without the workspace's memory): the key of its calibration."""
    duties: tuple[Rates, ...] = ()
    """Nominal rates of the best candidate when it has eight digits: its own, then those of the TIPI exceptions (Ex)
    that the clerk must rule out. They are those of `malha.fiscal.tables.duties.AS_OF`, whatever the operation's day."""

    hints: tuple[Candidate, ...] = ()
    """Only of an unknown part: headings whose names share words with the description, to look at, not to trust."""

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None

    @property
    def is_unknown(self) -> bool:
        return not self.candidates


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A part number that a person of the workspace gave its code, or that another source says with a weight."""

    partnumber: str
    ncm: str
    manufacturer: str = ""
    confirmed_at: date | None = None
    reference: str = ""
    weight: float = 1.0
    """1 for a person; less for sources that can be wrong (items of invoices, of PNCP)."""


class Memory(Protocol):
    """What the workspace has confirmed. The caller loads it: the classifier reads no database."""

    def recall(self, keys: Sequence[str]) -> Sequence[Confirmation]:
        """The confirmations under the first of these keys (see `memory_keys`, exact first) that has any."""
        ...
