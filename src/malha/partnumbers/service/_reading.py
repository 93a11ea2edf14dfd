"""What a document or a list becomes: part numbers to classify, codes that it gives itself, and lines left over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from malha.kit.clock import brazilian_day, utc_now
from malha.partnumbers.rules.documents import Item, Leftover, Reading, Reason, is_full_code
from malha.partnumbers.schemas.documents import DocumentRead, LeftoverRead
from malha.partnumbers.schemas.requests import MOST_IN_BATCH, BatchItem

MOST_SHOWN = 500
"""Lines that were not understood and are named; all are counted."""

MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Taken:
    """Part numbers as a task takes them, and what is told of where they come from."""

    items: list[dict[str, Any]]
    document: DocumentRead
    prefilled: dict[str, str] = field(default_factory=dict[str, str])
    """The whole code that the document itself gives a part number."""


def take_reading(reading: Reading, name: str, *, supplier: str | None, has_pages: bool = True, **about: Any) -> Taken:
    """Check what was read as a request's part numbers are checked; what is none is left over."""
    items: list[dict[str, Any]] = []
    prefilled: dict[str, str] = {}
    leftovers = list(reading.leftovers)
    today = brazilian_day(utc_now())
    for found in reading.items:
        item = _check(found, supplier)
        if item is None:
            leftovers.append(Leftover(found.page, found.line, found.partnumber, Reason.NUMBER_INVALID))
        elif len(items) == MOST_IN_BATCH:
            leftovers.append(Leftover(found.page, found.line, found.partnumber, Reason.TOO_MANY))
        else:
            items.append(item)
            if found.ncm is not None and is_full_code(found.ncm, today):
                prefilled[item["partnumber"]] = found.ncm
    document = DocumentRead(
        name=name,
        layout=reading.layout,
        not_understood=_show(leftovers, has_pages=has_pages),
        not_understood_total=len(leftovers),
        doubted=[found.partnumber for found in reading.items if found.is_doubted],
        prefilled=list(prefilled),
        **about,
    )
    return Taken(items, document, prefilled)


def _check(found: Item, supplier: str | None) -> dict[str, Any] | None:
    said = {
        "partnumber": found.partnumber,
        "description": found.description,
        "manufacturer": found.manufacturer,
        "supplier": supplier,
        "ncm": found.ncm,
        "country": found.country,
    }
    try:
        return BatchItem.model_validate(said).model_dump()
    except ValidationError:
        return None


def _show(leftovers: Iterable[Leftover], *, has_pages: bool) -> list[LeftoverRead]:
    ordered: Sequence[Leftover] = sorted(leftovers, key=lambda left: (left.reason is Reason.BESIDE_TABLE, left[:2]))
    return [
        LeftoverRead(
            page=left.page if has_pages else None, line=left.line, text=left.text[:MOST_TEXT], reason=left.reason.value
        )
        for left in ordered[:MOST_SHOWN]
    ]
