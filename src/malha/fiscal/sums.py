"""What the valid notes of an audit add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from malha.fiscal.facts import NOTE_KINDS
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.tree import ZERO

VALID = frozenset({DocumentStatus.OK, DocumentStatus.ALERT})


class Summed(Protocol):
    """The facts of a document that sums are made of, be they of this run or of a row."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str | None: ...
    @property
    def item_count(self) -> int: ...
    @property
    def total(self) -> Decimal | None: ...
    @property
    def products_total(self) -> Decimal | None: ...
    @property
    def icms_total(self) -> Decimal | None: ...
    @property
    def pis_total(self) -> Decimal | None: ...
    @property
    def cofins_total(self) -> Decimal | None: ...


@dataclass(slots=True)
class Sums:
    """Over notes without errors, each key once, from their own totals (`ICMSTot`)."""

    notes: int = 0
    items: int = 0
    value: Decimal = ZERO
    products: Decimal = ZERO
    icms: Decimal = ZERO
    pis: Decimal = ZERO
    cofins: Decimal = ZERO
    _keys: set[str] = field(default_factory=set[str])

    def add(self, document: Summed, status: str) -> None:
        """Count a document that is a valid note; an amount that could not be read counts as zero."""
        if document.kind not in NOTE_KINDS or status not in VALID or document.key in self._keys:
            return
        if document.key:
            self._keys.add(document.key)
        self.notes += 1
        self.items += document.item_count
        self.value += document.total or ZERO
        self.products += document.products_total or ZERO
        self.icms += document.icms_total or ZERO
        self.pis += document.pis_total or ZERO
        self.cofins += document.cofins_total or ZERO

    def as_metrics(self) -> dict[str, str | int]:
        """The seed's names; money as text, so that no reader rounds it."""
        return {
            "numberOfNotes": self.notes,
            "itemsProcessed": self.items,
            "notesTotal": f"{self.value:.2f}",
            "productsTotal": f"{self.products:.2f}",
            "icmsTotal": f"{self.icms:.2f}",
            "pisTotal": f"{self.pis:.2f}",
            "cofinsTotal": f"{self.cofins:.2f}",
        }
