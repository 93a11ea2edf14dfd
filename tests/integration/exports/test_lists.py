"""The lists that can be exported: each like the list of the API that it stands for."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.fakes.export_bench import ExportBench

from malha.exports.rules import Kind
from malha.exports.service import ExportList, all_lists

PATHS = {
    "audit-documents": "/api/v1/audits/{job_id}/documents",
    "audit-findings": "/api/v1/audits/{job_id}/findings",
    "bank-transactions": "/api/v1/banking/transactions",
    "expenses": "/api/v1/expenses",
    "procurement_contracts": "/api/v1/procurement/contracts",
    "procurement_items": "/api/v1/procurement/items",
    "procurements": "/api/v1/procurement/procurements",
}
PAGING = {"limit", "cursor", "x-workspace-id"}
# What rows of the API have no column for, each with its reason.
LEFT_OUT = {
    "audit-documents": {"file_no", "no"},  # together they are the document's id
    "audit-findings": set[str](),
    "bank-transactions": set[str](),
    "expenses": {"cached"},  # says how the answer was found, not what it is
    "procurement_contracts": {"highlight"},  # says why it was found
    "procurement_items": {"highlight", "results"},  # results are told in a few cells of their own
    "procurements": {"highlight"},
}
# What tables have besides.
ADDED = {
    "expenses": {"signal_codes"},
    "procurement_items": {"suppliers", "awarded_unit_value", "awarded_total"},
}

_DOCUMENT = """
INSERT INTO audit_documents (job_id, file_no, no, part_no, workspace_id, name, size, kind, status, score, key,
                             issued_at, issuer_id, total, classification)
VALUES (%(audit)s, 0, %(no)s, 0, %(workspace)s, 'nota.xml', 10, 'nfe', %(status)s, 10, %(key)s,
        '2026-03-01 01:30:00+00', '00000000000191', 1234.56, '{"kind": "purchase"}')
"""
_FINDING = """
INSERT INTO audit_findings (job_id, file_no, document_no, no, rule_id, severity, level, weight, key, n_item, xpath,
                            found, message_pt, message_en, others)
VALUES (%(audit)s, 0, %(no)s, 1, 'TOT-001', %(severity)s, 'ERRO', 10, %(key)s, 1, '/nfe',
        '=HYPERLINK("x")', 'a', 'b', '["c"]')
"""
_TRANSACTION = """
INSERT INTO bank_transactions (id, workspace_id, account_id, day, amount, direction, status, occurred_at, description,
                               counterpart_document, source, identity)
VALUES (%(id)s, %(workspace)s, %(account)s, date '2026-03-01' + %(no)s, 10 + %(no)s, %(direction)s, 'POSTED',
        '2026-03-01 12:00:00+00', 'PIX ' || %(no)s, '00000000000191', 'OFX',
        decode(lpad(to_hex(%(no)s::int), 8, '0'), 'hex'))
"""


def key_of(no: int) -> str:
    return f"3526{no:040d}"


def add_audit(bench: ExportBench, documents: int) -> str:
    """An audit of an `ALERTA` and `ERRO` in turn, each with a finding."""
    audit_id = uuid4()
    names: dict[str, Any] = {"audit": audit_id, "workspace": bench.principal.workspace_id}
    bench.engine.record.execute(
        "INSERT INTO jobs (id, kind, workspace_id, total) VALUES (%(audit)s, 'audits.process', %(workspace)s, 1)", names
    )
    bench.engine.record.execute(
        "INSERT INTO audits (job_id, workspace_id, owner_id, idempotency_key, input_summary, storage_path, files) "
        "VALUES (%(audit)s, %(workspace)s, %(workspace)s, 'k', 'x', 'x', '[]')",
        names,
    )
    for no in range(documents):
        row = {
            **names,
            "no": no,
            "key": key_of(no),
            "status": "ERRO" if no % 2 else "ALERTA",
            "severity": "high" if no % 2 else "low",
        }
        bench.engine.record.execute(_DOCUMENT, row)
        bench.engine.record.execute(_FINDING, row)
    return str(audit_id)


def add_transactions(bench: ExportBench, count: int) -> UUID:
    account = bench.client.post("/api/v1/banking/accounts", json={"name": "Conta"}).json()["id"]
    for no in range(count):
        row = {
            "id": uuid4(),
            "workspace": bench.principal.workspace_id,
            "account": account,
            "no": no,
            "direction": "DEBIT" if no % 2 else "CREDIT",
        }
        bench.engine.record.execute(_TRANSACTION, row)
    return account


def parameters_of(bench: ExportBench, path: str) -> set[str]:
    operation = bench.app.openapi()["paths"][path]["get"]
    return {one["name"] for one in operation["parameters"] if one["in"] == "query"} - PAGING


def fields_of(bench: ExportBench, path: str) -> set[str]:
    schemas = bench.app.openapi()["components"]["schemas"]
    operation = bench.app.openapi()["paths"][path]["get"]
    page = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    item = schemas[page]["properties"]["items"]["items"]["$ref"].rsplit("/", 1)[-1]
    return set(schemas[item]["properties"])


SEEDS_OWN = frozenset({"classifications", "product_catalogue"})
"""Lists whose columns a seed names, not a route."""


def listed() -> list[ExportList]:
    return [one for one in all_lists() if one.name in PATHS]


def test_every_list_has_the_filters_of_its_route(bench: ExportBench) -> None:
    published = {one.name for one in all_lists() if one.name.startswith("ocds-")}  # which have tests of their own
    assert {one.name for one in all_lists()} - published == PATHS.keys() | SEEDS_OWN
    for one in listed():
        own = set(one.filter.model_fields) - ({"audit_id"} if one.name.startswith("audit-") else set())
        assert own == parameters_of(bench, PATHS[one.name]), one.name


def test_every_list_has_the_columns_of_its_route(bench: ExportBench) -> None:
    for one in listed():
        names = {column.name for column in one.columns}
        assert names == (fields_of(bench, PATHS[one.name]) - LEFT_OUT[one.name]) | ADDED.get(one.name, set()), one.name


def test_the_route_of_the_lists_tells_their_columns_and_filters(bench: ExportBench) -> None:
    [expenses] = [one for one in bench.client.get("/api/v1/exports/lists").json() if one["name"] == "expenses"]
    assert expenses["columns"][4] == {"name": "amount", "heading": "Valor", "kind": "money"}
    assert set(expenses["filter"]["properties"]) == {"decision", "review", "signal", "batch_id", "cnpj"}


def test_no_two_columns_have_one_title() -> None:
    for one in all_lists():
        assert len({column.heading for column in one.columns}) == len(one.columns)
        assert [column for column in one.columns if column.kind not in set(Kind)] == []


def test_documents_of_an_audit(bench: ExportBench) -> None:
    audit_id = add_audit(bench, 5)
    add_audit(bench, 2)
    rows = bench.export("audit-documents", audit_id=audit_id).json()
    shown = bench.client.get(f"/api/v1/audits/{audit_id}/documents").json()["items"]
    assert rows == [{name: document[name] for name in rows[0]} for document in shown]
    [only] = bench.export("audit-documents", audit_id=audit_id, status=["ERRO"], q=key_of(3)).json()
    assert (only["id"], only["total"], only["issued_at"]) == ("0-3", "1234.56", "2026-03-01T01:30:00Z")


def test_a_documents_instant_is_told_by_the_clock_of_sao_paulo_in_tables(bench: ExportBench) -> None:
    [_, line] = bench.export("audit-documents", "csv", audit_id=add_audit(bench, 1)).text.splitlines()
    assert ";2026-02-28 22:30:00;00000000000191;" in line
    assert ";1234,56;" in line


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"severity": ["high"]}, [1, 3]),
        ({"document": ["0-2", key_of(3)]}, [2, 3]),
        ({"rule": ["TOT-001"], "level": ["ERRO"], "severity": ["low"]}, [0, 2]),
        ({"rule": ["TOT-999"]}, []),
    ],
)
def test_findings_of_an_audit(bench: ExportBench, query: dict[str, Any], expected: list[int]) -> None:
    audit_id = add_audit(bench, 4)
    rows = bench.export("audit-findings", audit_id=audit_id, **query).json()
    assert [row["key"] for row in rows] == [key_of(no) for no in expected]
    listed = bench.client.get(f"/api/v1/audits/{audit_id}/findings", params=query).json()["items"]
    assert rows == [{name: finding[name] for name in row} for row, finding in zip(rows, listed, strict=True)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"sort": "amount", "direction": "DEBIT"}, [1, 3]),
        ({"day_from": "2026-03-02", "amount_to": "13.00"}, [3, 2, 1]),
        ({"q": "pix 2"}, [2]),
        ({"counterpart": "00.000.000/0001-91", "status": "PENDING"}, []),
    ],
)
def test_bank_transactions(bench: ExportBench, query: dict[str, Any], expected: list[int]) -> None:
    account = add_transactions(bench, 5)
    rows = bench.export("bank-transactions", account_id=[account], **query).json()
    assert [row["description"] for row in rows] == [f"PIX {no}" for no in expected]
    listed = bench.client.get("/api/v1/banking/transactions", params=query).json()["items"]
    assert rows == [{name: one[name] for name in row} for row, one in zip(rows, listed, strict=True)]
