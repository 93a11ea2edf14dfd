"""A filter as conditions of SQL: keys that the index has, and what only the row can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, cast, false, func, literal, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.orm import InstrumentedAttribute

from malha.procurement.models import Contract, Item, PriceRecord, Procurement, Result
from malha.procurement.rules.filters import RecordFilter
from malha.procurement.rules.periods import first_instant, number_of
from malha.procurement.rules.queries import TextQuery

Conditions = list[ColumnElement[bool]]
_DAY = timedelta(days=1)
_LARGEST_MAGNITUDE = 40


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must fulfil. Of each of `keys` a row has at least one; `exact` is asked of the row itself.

    `is_narrow`: few rows fulfil it, so that going through time day by day finds them no faster.
    """

    keys: Sequence[Sequence[str]] = ()
    exact: Conditions = field(default_factory=Conditions)
    is_narrow: bool = False

    def also(self, other: Condition) -> Condition:
        """Both at once."""
        keys, exact = [*self.keys, *other.keys], [*self.exact, *other.exact]
        return Condition(keys, exact, is_narrow=self.is_narrow or other.is_narrow)


def has_any(column: InstrumentedAttribute[list[str]], keys: Sequence[str]) -> ColumnElement[bool]:
    """Whether a row has at least one of these keys."""
    return column.op("&&")(cast(list(keys), ARRAY(Text)))


def text_search(query: TextQuery, configuration: str = "portuguese") -> ColumnElement[Any]:
    """The expression that PostgreSQL makes its own query of; it may come out empty, of common words alone."""
    found: ColumnElement[Any] | None = None
    for term in query.terms:
        read = func.phraseto_tsquery if term.is_phrase else func.plainto_tsquery
        part: ColumnElement[Any] = read(cast(configuration, REGCONFIG), term.text)
        if term.is_excluded:
            part = func.tsquery_not(part)
        found = part if found is None else func.tsquery_and(found, part)
    return cast(literal(""), TSQUERY) if found is None else found


def procurement_condition(wanted: RecordFilter) -> Condition:
    """Of procurements."""
    keys = [*_places(wanted), *_keys("s", wanted.situation), *_magnitudes(wanted)]
    value = func.coalesce(func.nullif(Procurement.estimated_total, 0), Procurement.awarded_total)
    exact = [
        *_between(value, wanted.value_from, wanted.value_to),
        *_days(Procurement.published_at, wanted.published_from, wanted.published_to),
        *_days(Procurement.version_at, wanted.updated_from, wanted.updated_to),
    ]
    if wanted.ncm or wanted.catalog:
        exact.append(_of_items(Procurement.control_number, wanted))
    if wanted.supplier:
        exact.append(Procurement.control_number.in_(_sold_by(wanted.supplier)))
    return Condition(keys, exact, is_narrow=bool(wanted.supplier))


def item_condition(wanted: RecordFilter) -> Condition:
    """Of items."""
    keys = [*_places(wanted), *_keys("s", wanted.situation), *_magnitudes(wanted), *_codes(wanted)]
    exact = [
        *_between(Item.estimated_total, wanted.value_from, wanted.value_to),
        *_days(Item.published_at, wanted.published_from, wanted.published_to),
    ]
    if wanted.updated_from or wanted.updated_to:
        changed = select(Procurement.control_number).where(
            *_days(Procurement.version_at, wanted.updated_from, wanted.updated_to),
            Procurement.control_number == Item.control_number,
        )
        exact.append(changed.exists())
    if wanted.supplier:
        sold = select(Result.item_number).where(
            Result.control_number == Item.control_number,
            Result.item_number == Item.number,
            Result.supplier_id.in_(wanted.supplier),
        )
        exact += [Item.control_number.in_(_results_of(wanted.supplier)), sold.exists()]
    return Condition(keys, exact, is_narrow=bool(wanted.supplier))


def contract_condition(wanted: RecordFilter) -> Condition:
    """Of contracts: the modality, the situation and the items are those of the procurement."""
    keys = [
        *_keys("o", wanted.organ),
        *_keys("u", wanted.uf),
        *_keys("c", wanted.city),
        *_keys("t", wanted.supplier),
        *_magnitudes(wanted),
    ]
    exact = [
        *_between(func.coalesce(Contract.total, Contract.initial_value), wanted.value_from, wanted.value_to),
        *_days(Contract.listed_at, wanted.published_from, wanted.published_to),
        *_days(Contract.version_at, wanted.updated_from, wanted.updated_to),
    ]
    exact += _of_procurement(Contract.procurement_control_number, wanted)
    return Condition(keys, exact, is_narrow=bool(wanted.supplier))


def price_record_condition(wanted: RecordFilter) -> Condition:
    """Of price records, for which their procurement answers most; they have no value."""
    exact = [
        *_days(PriceRecord.listed_at, wanted.published_from, wanted.published_to),
        *_days(PriceRecord.version_at, wanted.updated_from, wanted.updated_to),
    ]
    if wanted.value_from is not None or wanted.value_to is not None:
        exact.append(false())
    number = PriceRecord.procurement_control_number
    for column, values in ((Procurement.uf, wanted.uf), (Procurement.city_code, wanted.city)):
        if values:
            exact.append(select(1).where(Procurement.control_number == number, column.in_(values)).exists())
    if wanted.supplier:
        exact.append(number.in_(_sold_by(wanted.supplier)))
    return Condition(_keys("o", wanted.organ), exact + _of_procurement(number, wanted))


def procurement_conditions(wanted: RecordFilter) -> Conditions:
    """All of `procurement_condition`, for a statement that has its rows already; the text is not among them."""
    condition = procurement_condition(wanted)
    return [*(has_any(Procurement.facets, keys) for keys in condition.keys), *condition.exact]


def _places(wanted: RecordFilter) -> list[Sequence[str]]:
    return [
        *_keys("o", wanted.organ),
        *_keys("u", wanted.uf),
        *_keys("c", wanted.city),
        *_keys("m", wanted.modality),
    ]


def _keys(letter: str, values: Sequence[object]) -> list[Sequence[str]]:
    return [[f"{letter}{value}" for value in values]] if values else []


def _codes(wanted: RecordFilter) -> list[Sequence[str]]:
    ncm = [f"{'h' if len(code) == 4 else 'n'}{code}" for code in wanted.ncm]
    return [*([ncm] if ncm else []), *_keys("k", wanted.catalog)]


def _magnitudes(wanted: RecordFilter) -> list[Sequence[str]]:
    """How many digits a value in the range has; the row says whether it is in it."""
    if wanted.value_from is None and wanted.value_to is None:
        return []
    lowest = _digits(wanted.value_from) if wanted.value_from is not None else 1
    highest = _digits(wanted.value_to) if wanted.value_to is not None else _LARGEST_MAGNITUDE
    return _keys("v", range(lowest, highest + 1)) or [["v0"]]


def _digits(value: Decimal) -> int:
    return len(str(abs(int(value))))


def _between(value: Any, lowest: object, highest: object) -> Conditions:
    found: Conditions = []
    if lowest is not None:
        found.append(value >= lowest)
    if highest is not None:
        found.append(value <= highest)
    return found


def _days(column: InstrumentedAttribute[datetime], first: date | None, last: date | None) -> Conditions:
    found: Conditions = []
    if first is not None:
        found.append(column >= first_instant(number_of(first)))
    if last is not None:
        found.append(column < first_instant(number_of(last) + 1))
    return found


def _of_items(number: InstrumentedAttribute[str], wanted: RecordFilter) -> ColumnElement[bool]:
    items = select(Item.control_number).where(*(has_any(Item.facets, keys) for keys in _codes(wanted)))
    return number.in_(items)


def _results_of(suppliers: Sequence[str]) -> Any:
    return select(Result.control_number).where(Result.supplier_id.in_(suppliers))


def _sold_by(suppliers: Sequence[str]) -> Any:
    contracts = select(Contract.procurement_control_number).where(
        Contract.supplier_id.in_(suppliers), Contract.procurement_control_number.is_not(None)
    )
    return _results_of(suppliers).union_all(contracts)


def _of_procurement(number: Any, wanted: RecordFilter) -> Conditions:
    found: Conditions = []
    for column, values in (
        (Procurement.modality_id, wanted.modality),
        (Procurement.situation_id, wanted.situation),
    ):
        if values:
            found.append(select(1).where(Procurement.control_number == number, column.in_(values)).exists())
    if wanted.ncm or wanted.catalog:
        found.append(_of_items(number, wanted))
    return found
