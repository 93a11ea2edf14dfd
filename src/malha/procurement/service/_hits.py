"""Rows of lists as the caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from malha.procurement.models import Result
from malha.procurement.rules.highlights import highlight
from malha.procurement.rules.masks import Eyes
from malha.procurement.schemas.search import ContractHit, ItemHit, PriceRecordHit, ProcurementHit, WinnerRead

Shown = TypeVar("Shown", bound=BaseModel)


def show_procurement(row: Any, eyes: Eyes) -> ProcurementHit:
    """A procurement with the names that belong to it."""
    procurement, marked, organ, unit, city, has_mark = row
    named = {"organ_name": organ, "unit_name": unit, "city": city, "has_marked_value": has_mark}
    return fill(ProcurementHit, procurement, **named, **show_text(procurement.object, marked, eyes))


def show_item(row: Any, results: Sequence[Result], eyes: Eyes) -> ItemHit:
    """An item with its procurement's object and its winners."""
    item, marked, text, organ, has_mark = row
    described = show_text(item.description, marked, eyes)
    return fill(
        ItemHit, item, description=described["object"], highlight=described["highlight"], object=eyes.text(text),
        organ_name=organ, has_marked_value=has_mark, results=[show_winner(result, eyes) for result in results],
    )  # fmt: skip


def show_winner(result: Result, eyes: Eyes) -> WinnerRead:
    """A result."""
    return fill(WinnerRead, result, supplier_id=eyes.supplier(result.supplier_id, result.supplier_kind))


def show_contract(row: Any, eyes: Eyes) -> ContractHit:
    """A contract with the names that belong to it."""
    contract, marked, organ, unit, _city = row
    supplier = eyes.supplier(contract.supplier_id, contract.supplier_kind)
    named = {"organ_name": organ, "unit_name": unit, "supplier_id": supplier}
    return fill(ContractHit, contract, **named, **show_text(contract.object, marked, eyes))


def show_price_record(row: Any, eyes: Eyes) -> PriceRecordHit:
    """A price record with its procurement's place."""
    record, marked, uf, city = row
    return fill(PriceRecordHit, record, uf=uf, city_code=city, **show_text(record.object, marked, eyes))


def show_text(text: str | None, marked: str | None, eyes: Eyes) -> dict[str, str | None]:
    """The object and the passage around its hits, both as the caller may see them: hiding keeps the length."""
    seen = eyes.text(text)
    return {"object": seen, "highlight": highlight(seen, marked) if seen and marked else None}


def fill(model: type[Shown], row: Any, **others: Any) -> Shown:
    """The fields of a row by their names, and what it does not have."""
    own = {name: getattr(row, name) for name in model.model_fields if name not in others and hasattr(row, name)}
    return model.model_validate(own | others)
