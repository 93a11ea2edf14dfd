"""The reading side of public contracting: an API with one caller, and records written as the ingestor would."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from fastapi import FastAPI
from httpx2 import Response
from psycopg.types.json import Jsonb
from starlette.testclient import TestClient
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine

from malha.identity.policy import Principal

ORGAN = "00394460005887"
FIRST = datetime(2026, 3, 2, 15, tzinfo=UTC)
TABLES = (
    "procurement_versions, procurement_results, procurement_items, procurement_fundings, procurement_value_marks, "
    "procurements, procurement_contracts, procurement_price_records, procurement_units, procurement_organs, "
    "procurement_legal_bases, procurement_funding_sources, procurement_supplier_names"
)


@dataclass
class ProcurementDesk:
    """Records get numbers of their own and are published an hour after one another, unless told otherwise."""

    client: TestClient
    app: FastAPI
    engine: Engine
    counts: dict[str, int] = field(default_factory=dict)

    def become(self, principal: Principal) -> None:
        """Let every request from here on come from this principal."""
        become(self.app, principal)

    def clear(self) -> None:
        """Forget every record, and who called."""
        self.engine.record.execute(f"TRUNCATE {TABLES} CASCADE")  # type: ignore[arg-type] - a constant
        self.counts.clear()
        self.become(make_principal())

    def insert(self, table: str, **values: Any) -> None:
        """A row."""
        columns = ", ".join(values)
        marks = ", ".join(f"%({name})s" for name in values)
        adapted = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - of a test
        self.engine.record.execute(statement, adapted)  # type: ignore[arg-type] - a test's own text

    def _count(self, name: str) -> int:
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]

    def procurement(self, text: str | None, **values: Any) -> str:
        """A procurement; returns its control number."""
        organ = values.setdefault("organ_cnpj", ORGAN)
        sequence = self._count("procurement")
        number = values.setdefault("control_number", f"{organ}-1-{sequence:06d}/2026")
        published = values.setdefault("published_at", FIRST + timedelta(hours=sequence))
        uf, city = values.setdefault("uf", "SP"), values.setdefault("city_code", "3550308")
        unit = values.setdefault("unit_code", f"U{uf}")
        self.insert("procurement_organs", cnpj=organ, name=f"ORGAO {organ}")
        self.insert(
            "procurement_units", organ_cnpj=organ, code=unit, name="UNIDADE", uf=uf, city="São Paulo", city_code=city
        )
        usual = {
            "year": 2026, "sequence": sequence, "modality_id": 6, "modality_name": "Pregão - Eletrônico",
            "situation_id": 1, "situation_name": "Divulgada no PNCP", "version_at": published, "digest": number,
            "estimated_total": 1000, "items_state": "complete",
        }  # fmt: skip
        self.insert("procurements", **usual | {"object": text} | values)
        return number

    def item(self, procurement: str, text: str, **values: Any) -> int:
        """An item; returns its number."""
        no = values.setdefault("number", self._count(f"items of {procurement}"))
        raw = {"numeroItem": no, "descricao": text}
        usual = {"quantity": 10, "unit": "UN", "estimated_unit_value": 10, "estimated_total": 100, "raw": raw}
        self.insert("procurement_items", **usual | {"control_number": procurement, "description": text} | values)
        return no

    def result(self, procurement: str, item: int, supplier: str, name: str, **values: Any) -> None:
        """Who won an item."""
        kind = "PF" if len(supplier) == 11 else "PJ"
        usual = {
            "sequence": 1, "supplier_kind": kind, "quantity": 10, "unit_value": 9, "total": 90,
            "raw": {"niFornecedor": supplier, "tipoPessoa": kind, "nomeRazaoSocialFornecedor": name},
        }  # fmt: skip
        place = {"control_number": procurement, "item_number": item, "supplier_id": supplier, "supplier_name": name}
        self.insert("procurement_results", **usual | place | values)

    def contract(self, procurement: str | None, supplier: str, name: str, **values: Any) -> str:
        """A contract; returns its control number."""
        sequence = self._count("contract")
        number = values.setdefault("control_number", f"{ORGAN}-2-{sequence:06d}/2026")
        published = FIRST + timedelta(days=10, hours=sequence)
        usual = {
            "organ_cnpj": ORGAN, "unit_code": "USP", "year": 2026, "sequence": sequence, "number": f"{sequence}/2026",
            "object": "Fornecimento", "supplier_kind": "PF" if len(supplier) == 11 else "PJ", "total": 500,
            "published_at": published, "version_at": published, "digest": number,
        }  # fmt: skip
        place = {"procurement_control_number": procurement, "supplier_id": supplier, "supplier_name": name}
        self.insert("procurement_contracts", **usual | place | values)
        return number

    def version(self, kind: str, number: str, raw: dict[str, Any], hours: int = 0) -> None:
        """A text of a record, as PNCP sent it."""
        at = FIRST + timedelta(hours=hours)
        digest = hashlib.sha256(orjson.dumps(raw)).hexdigest()
        self.insert(
            "procurement_versions",
            kind=kind, control_number=number, digest=digest, version_at=at, seen_at=at, is_live=True, raw=raw,
        )  # fmt: skip

    def mark(self, number: str, rule: str, item: int = 0, **numbers: Any) -> None:
        """A doubt about a value."""
        self.insert("procurement_value_marks", control_number=number, item_number=item, rule=rule, numbers=numbers)

    def get(self, path: str, **query: Any) -> Response:
        """A path below `/api/v1/procurement`."""
        return self.client.get(f"/api/v1/procurement/{path}", params=query)

    def found(self, path: str = "procurements", **query: Any) -> list[dict[str, Any]]:
        """Everything that a list holds, page after page."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            response = self.get(path, **query, **cursor)
            assert response.status_code == 200, response.text
            page = response.json()
            rows += page["items"]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}


@contextmanager
def open_desk(database_url: str, redis_url: str) -> Iterator[ProcurementDesk]:
    """For the tests of a module; what they wrote is gone afterwards."""
    engine = Engine(database_url, redis_url)
    with open_application(engine.settings) as application:
        desk = ProcurementDesk(application.client, application.app, engine)
        desk.become(make_principal())
        yield desk
        desk.clear()
    engine.close()
