"""Which records are wanted: one value for procurements, items, contracts, price records, and saved searches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Sorting(StrEnum):
    """Orders of a list. By relevance only where there is a text."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


class Grouping(StrEnum):
    """By what statistics are told apart."""

    MONTH = "month"
    MODALITY = "modality"
    UF = "uf"
    ORGAN = "organ"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """None and empty do not filter; several values of one field are alternatives, several fields conditions.

    `text` is read by `read_query`. Organs and suppliers are CNPJs without punctuation (a supplier may be a CPF), cities
    IBGE's codes. `value_from` and `value_to` are compared with a procurement's estimated total (the awarded one where
    nothing was estimated), an item's estimated total, a contract's total. Days are Brasília's, both ends included.
    `ncm` and `catalog` are asked of the record's items. What a kind of record does not have, no filter can find there:
    a price record has no UF of its own, so its procurement's counts.
    """

    text: str | None = None
    organ: tuple[str, ...] = ()
    uf: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    modality: tuple[int, ...] = ()
    situation: tuple[int, ...] = ()
    value_from: Decimal | None = None
    value_to: Decimal | None = None
    published_from: date | None = None
    published_to: date | None = None
    updated_from: date | None = None
    updated_to: date | None = None
    ncm: tuple[str, ...] = ()
    catalog: tuple[str, ...] = ()
    supplier: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through."""
        return all(getattr(self, field.name) in {None, ()} for field in fields(self))
