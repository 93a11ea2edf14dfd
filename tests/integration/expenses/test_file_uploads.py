"""Expenses that come as a file: what is taken, and what is refused while it arrives."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from tests.factories.cnpjs import make_cnpj
from tests.factories.spreadsheets import sheet
from tests.integration.expenses.conftest import Desk

from malha.kit.clock import utc_now

PATH = "/api/v1/expenses/batches/file"
CNPJ = make_cnpj(1)
HEAD = ["CNPJ", "Serviço", "Valor", "Data"]


def send(desk: Desk, content: bytes, name: str = "despesas.csv", *, key: str | None = None, **fields: str) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return desk.client.post(PATH, files={"file": (name, content, "text/csv")}, data=fields, headers=headers)


def csv_of(rows: int) -> bytes:
    return ("cnpj;service_type\n" + f"{CNPJ};limpeza\n" * rows).encode()


def limit_files(desk: Desk, size: int) -> None:
    uploads = desk.app.state.settings.uploads.model_copy(update={"max_file_bytes": size})
    desk.app.state.settings = desk.app.state.settings.model_copy(update={"uploads": uploads})


def batches(desk: Desk) -> int:
    row = desk.engine.record.execute("SELECT count(*) FROM expense_batches").fetchone()
    return row["count"] if row else 0


def test_a_spreadsheet_makes_a_batch_whatever_its_name(desk: Desk) -> None:
    content = sheet(HEAD, [float(CNPJ), "limpeza", 10.5, utc_now().date()], [make_cnpj(2), "limpeza", "1.234,56"])
    answer = send(desk, content, "despesas.csv", approval_limit="1000.00")
    assert answer.status_code == 202, answer.text
    task = desk.work(answer.json()["task_id"])
    assert task["status"] == "SUCCESS"
    assert [(one["cnpj"], one["amount"]) for one in task["result"]["results"]] == [
        (CNPJ, "10.50"),
        (make_cnpj(2), "1234.56"),
    ]
    [row] = desk.engine.record.execute("SELECT approval_limit FROM expense_batches")
    assert str(row["approval_limit"]) == "1000.00"


def test_a_repeated_file_under_its_key_finds_its_batch(desk: Desk) -> None:
    first, again = (send(desk, csv_of(2), key="k").json()["task_id"] for _ in range(2))
    assert first == again
    assert send(desk, csv_of(3), key="k").json()["code"] == "idempotency-key-reused"
    assert batches(desk) == 1


@pytest.mark.parametrize("content", [csv_of(100), sheet(HEAD, *[[CNPJ, "limpeza"]] * 100)])
def test_a_file_over_the_limit_is_413_and_nothing_is_made(desk: Desk, content: bytes) -> None:
    limit_files(desk, len(content) - 1)
    answer = send(desk, content)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload-file-too-large")
    assert batches(desk) == 0


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"%PDF-1.7", "despesas.xlsx", 415, "upload-type-refused"),
        (b"PK\x03\x04 and no more", "despesas.xlsx", 422, "expense-file-invalid"),
        (b"", "despesas.csv", 422, "expense-file-invalid"),
        (b"cnpj;service_type\n;limpeza\n", "despesas.csv", 422, "expense-file-invalid"),
    ],
)
def test_what_cannot_be_read_is_refused(desk: Desk, content: bytes, name: str, status: int, code: str) -> None:
    answer = send(desk, content, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert batches(desk) == 0


def test_every_bad_row_is_named(desk: Desk) -> None:
    answer = send(desk, sheet(HEAD, [CNPJ, "limpeza", "dez"], [CNPJ, "limpeza"], [None, "limpeza"]))
    assert [error["loc"] for error in answer.json()["errors"]] == [["file", 2], ["file", 4]]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"json": {}}, 415, "upload-not-multipart"),
        ({"files": {"files": ("a.csv", csv_of(1))}}, 422, "upload-without-files"),
        ({"files": {"file": ("a.csv", csv_of(1))}, "data": {"approval_limit": "much"}}, 422, "validation-failed"),
        ({"files": [("file", ("a.csv", csv_of(1)))] * 2}, 413, "upload-too-many-files"),
    ],
)
def test_another_form_is_refused(desk: Desk, form: dict[str, Any], status: int, code: str) -> None:
    answer = desk.client.post(PATH, **form)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_text_that_the_database_cannot_store_is_refused(desk: Desk) -> None:
    answer = desk.client.post("/batch-expenses", json={"items": [{"cnpj": "1", "service_type": "a\0b"}]})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "items", 0, "service_type"])


def test_what_of_a_file_was_not_used_is_told_at_once_and_later(desk: Desk) -> None:
    content = sheet(
        [*HEAD, "Fornecedor"], [CNPJ, "limpeza", 1, "05/05/2026", "Oficina"], ["Total", None, 1, None, None]
    )
    for language, reason in (("pt", "total ou subtotal"), ("en", "a total")):
        headers = {"Accept-Language": language}
        answer = desk.client.post(PATH, files={"file": ("a.xlsx", content)}, headers=headers).json()
        assert answer["file"]["columns"]["amount"] == "Valor"
        assert answer["file"]["unused_columns"] == ["Fornecedor"]
        assert answer["file"]["skipped_rows"] == [
            {"line": 3, "text": "Total | 1", "reason_code": "total", "reason": reason}
        ]
        later = desk.client.get(f"/tasks/{answer['task_id']}", headers=headers).json()
        assert later["file"] == answer["file"]


def test_bad_cells_are_told_in_the_senders_language(desk: Desk) -> None:
    content = sheet(HEAD, [CNPJ, "limpeza", "dez"])
    for language, words in (("pt-BR", "não é um valor"), ("en", "is no amount")):
        answer = desk.client.post(
            PATH, files={"file": ("a.xlsx", content)}, headers={"Accept-Language": language}
        ).json()
        [error] = answer["errors"]
        assert error["msg"].startswith("Despesas!C2 (Valor): “dez” ")
        assert words in error["msg"]
        assert " / " not in answer["detail"]


def test_a_replayed_file_says_that_it_is_one(desk: Desk) -> None:
    first, again = (send(desk, csv_of(2), key="k") for _ in range(2))
    assert (first.status_code, first.json()["is_replay"]) == (202, False)
    assert (again.status_code, again.json()["is_replay"]) == (200, True)
    assert again.headers["idempotency-replayed"] == "true"
