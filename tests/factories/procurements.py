"""Procurements with items, results and contracts, written straight into the tables; their parties are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from malha.kit.urls import libpq_url

ORGAN = "00394460005887"
SUPPLIER = "49324221000104"
TABLES = (
    "procurement_markings, procurement_unit_spellings, procurement_price_spreads, procurement_signals, "
    "procurement_sanctions, procurement_price_indexes, procurement_value_marks, procurement_results, "
    "procurement_items, procurement_fundings, procurements, procurement_contracts, procurement_units, "
    "procurement_organs, procurement_legal_bases, procurement_runs"
)


@dataclass
class Market:
    """Writes into a database; each procurement gets the next sequence."""

    url: str
    _sequence: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._connection = psycopg.Connection[DictRow].connect(
            libpq_url(self.url), autocommit=True, row_factory=dict_row
        )

    def close(self) -> None:
        """Leave the tables empty."""
        self._connection.execute(f"TRUNCATE {TABLES} CASCADE")  # type: ignore[arg-type] - a constant
        self._connection.close()

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """What a query gives."""
        return self._connection.execute(query, parameters).fetchall()  # type: ignore[arg-type] - a test's own text

    def procurement(self, *, organ: str = ORGAN, unit: str = "1", **fields: Any) -> str:
        """A procurement with all its items to come; its control number."""
        self._sequence += 1
        number = f"{organ}-1-{self._sequence:06}/2026"
        self._add("procurement_organs", {"cnpj": organ, "name": f"ORGAO {organ[:4]}"})
        self._add("procurement_units", {"organ_cnpj": organ, "code": unit, "name": "UNIDADE", "city": "Sobral"})
        published = fields.pop("published_at", datetime(2026, 3, 2, 12, tzinfo=UTC))
        row = {
            "control_number": number, "organ_cnpj": organ, "unit_code": unit, "uf": "CE", "year": 2026,
            "sequence": self._sequence, "modality_id": 6, "modality_name": "Pregão - Eletrônico",
            "object": "Material de expediente", "published_at": published, "version_at": published, "digest": number,
            "items_state": "complete",
        }  # fmt: skip
        self._add("procurements", row | fields)
        return number

    def item(self, control_number: str, number: int = 1, **fields: Any) -> None:
        """An item; `raw` holds what has no column."""
        row = {
            "control_number": control_number, "number": number, "description": "Papel A4 branco", "quantity": 10,
            "unit": "UN", "nature": "M", "ncm_code": "48025610", "has_result": True, "raw": Jsonb({}),
        }  # fmt: skip
        self._add("procurement_items", row | fields)

    def result(self, control_number: str, item: int = 1, **fields: Any) -> None:
        """A result of an item."""
        row = {
            "control_number": control_number, "item_number": item, "sequence": 1, "supplier_id": SUPPLIER,
            "supplier_kind": "PJ", "supplier_name": "PAPELARIA INVENTADA LTDA", "quantity": 10, "situation_id": 1,
            "decided_on": date(2026, 3, 20), "raw": Jsonb({}),
        }  # fmt: skip
        self._add("procurement_results", row | fields)

    def price(
        self, value: str, *, item: dict[str, Any] | None = None, result: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        """A procurement of one item that was awarded for a unit value; the key of its price."""
        number = self.procurement(**fields)
        self.item(number, **(item or {}))
        self.result(number, unit_value=value, **(result or {}))
        return f"{number}#1.1"

    def contract(self, control_number: str | None, **fields: Any) -> str:
        """A contract; its control number."""
        self._sequence += 1
        number = f"{ORGAN}-2-{self._sequence:06}/2026"
        row = {
            "control_number": number, "procurement_control_number": control_number, "organ_cnpj": ORGAN,
            "unit_code": "1", "supplier_id": SUPPLIER, "supplier_kind": "PJ", "digest": number,
            "version_at": datetime(2026, 4, 1, tzinfo=UTC),
        }  # fmt: skip
        self._add("procurement_contracts", row | fields)
        return number

    def rate(self, name: str, month: date, rate: str) -> None:
        """A month of an index."""
        self._add("procurement_price_indexes", {"name": name, "month": month, "rate": rate, "source": "a test"})

    def add(self, table: str, **row: Any) -> None:
        """Any row."""
        self._add(table, row)

    def _add(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - a test's own names
        self._connection.execute(statement, list(row.values()))  # type: ignore[arg-type] - a test's own text
