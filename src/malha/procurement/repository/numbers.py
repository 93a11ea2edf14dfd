"""What somebody means who looks for a number alone: a record, a process, a purchase, a company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import InstrumentedAttribute

from malha.procurement.models import Contract, Item, PriceRecord, Procurement
from malha.procurement.repository.filtering import Condition, item_condition, procurement_condition
from malha.procurement.rules.filters import RecordFilter
from malha.procurement.rules.queries import number_key

CONTROL_NUMBER = re.compile(r"[0-9A-Z]{12}[0-9]{2}-[012]-[0-9]{6}/[0-9]{4}(-[0-9]{6})?")
_CNPJ_CHARACTERS = 14
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


def procurement_numbers(text: str) -> Sequence[Condition]:
    """Of procurements: its own number, that of process or purchase or organ, then the supplier's."""
    return _meanings(text, (Procurement.control_number,), "pno", supplier=procurement_condition)


def item_numbers(text: str) -> Sequence[Condition]:
    """Of items: their procurement's number, an NCM or CATMAT, their organ, then the supplier's."""
    return _meanings(text, (Item.control_number,), "nko", supplier=item_condition)


def contract_numbers(text: str) -> Sequence[Condition]:
    """Of contracts: their own or their procurement's number, process, organ or supplier."""
    return _meanings(text, (Contract.control_number, Contract.procurement_control_number), "pnot")


def price_record_numbers(text: str) -> Sequence[Condition]:
    """Of price records: their own or their procurement's number, or their organ."""
    return _meanings(text, (PriceRecord.control_number, PriceRecord.procurement_control_number), "no")


def _meanings(
    text: str, own: Sequence[InstrumentedAttribute[Any]], letters: str, supplier: Any = None
) -> list[Condition]:
    """What the text can mean, the narrowest first; nothing where it is no number.

    `letters` are those of the keys that may hold it. A company's number is asked of the keys of companies alone, and a
    person's number of none.
    """
    written = text.strip().strip('"').upper()
    if CONTROL_NUMBER.fullmatch(written):
        return [Condition(exact=[or_(*(column == written for column in own))], is_narrow=True)]
    key = number_key(written)
    if key is None:
        return []
    is_company = len(key) == _CNPJ_CHARACTERS and _CNPJ.fullmatch(key) is not None
    found = [Condition([[f"{letter}{key}" for letter in letters if is_company or letter not in "ot"]], is_narrow=True)]
    if is_company and supplier is not None:
        found.append(supplier(RecordFilter(supplier=(key,))))
    return found
