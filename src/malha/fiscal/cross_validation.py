"""The same product in several documents: one NCM and about one price are expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from malha.fiscal.briefs import NoteBrief
from malha.fiscal.tree import parse_amount

PRICE_SPREAD = Decimal("0.15")
MAX_COMPARISONS = 200
MAX_PAIRS = 20
MAX_PRODUCTS = 200_000


@dataclass(frozen=True, slots=True)
class Priced:
    """One item as the comparison sees it; `document` is what the report calls its document."""

    document: str
    product: str
    ncm: str | None
    unit_price: Decimal | None


@dataclass(slots=True)
class _Product:
    ncms: dict[str, str]
    lowest: tuple[Decimal, str] | None = None
    highest: tuple[Decimal, str] | None = None


class CrossValidation:
    """Takes items one by one and keeps only what the comparison needs."""

    def __init__(self) -> None:
        self._products: dict[str, _Product] = {}

    def add_note(self, note: NoteBrief) -> None:
        """Take the items of a note, which the report calls by the name of its file."""
        for item in note.items:
            self.add(Priced(note.name, item.name.strip(), item.ncm, parse_amount(item.unit_price)))

    def add(self, item: Priced) -> None:
        """Products are grouped by their exact name."""
        product = self._products.get(item.product)
        if product is None:
            if len(self._products) >= MAX_PRODUCTS:
                return
            product = self._products[item.product] = _Product({})
        if item.ncm:
            product.ncms.setdefault(item.ncm, item.document)
        price = item.unit_price
        if price is None or price <= 0:
            return
        if product.lowest is None or price < product.lowest[0]:
            product.lowest = (price, item.document)
        if product.highest is None or price > product.highest[0]:
            product.highest = (price, item.document)

    def discrepancies(self) -> list[dict[str, Any]]:
        """The seed's comparison records, products by name, at most MAX_COMPARISONS."""
        records: list[dict[str, Any]] = []
        for name in sorted(self._products):
            records.extend(_compare(name, self._products[name]))
            if len(records) >= MAX_COMPARISONS:
                break
        return records[:MAX_COMPARISONS]


def _compare(name: str, product: _Product) -> Iterator[dict[str, Any]]:
    if len(product.ncms) > 1:
        (first, first_document), *others = list(product.ncms.items())[: MAX_PAIRS + 1]
        pairs = [
            {"valueA": first, "docA": first_document, "valueB": other, "docB": document} for other, document in others
        ]
        words = "O mesmo produto aparece com NCM diferentes.", "The same product appears under different NCM codes."
        yield _record(name, "NCM", words, pairs)
    if product.lowest is None or product.highest is None:
        return
    low, high = product.lowest, product.highest
    spread = (high[0] - low[0]) / low[0]
    if spread > PRICE_SPREAD:
        pair = {"valueA": _plain(low[0]), "docA": low[1], "valueB": _plain(high[0]), "docB": high[1]}
        percent = f"{spread * 100:.1f}"
        words = (
            f"O preço unitário do mesmo produto varia {percent.replace('.', ',')} %.",
            f"The unit price of the same product varies by {percent} %.",
        )
        yield _record(name, "Preço unitário", words, [pair])


def _record(name: str, attribute: str, words: tuple[str, str], pairs: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "comparisonKey": name,
        "attribute": attribute,
        "description": words[0],
        "descriptionEn": words[1],
        "severity": "ALERTA",
        "discrepancies": pairs,
    }


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
