"""What is in the files of exports."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from tests.factories.cnpjs import make_cnpj
from tests.fakes.export_bench import ExportBench

PAGE = 1_000


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_a_list_of_several_pages_is_exported_whole_and_in_its_order(bench: ExportBench) -> None:
    bench.add_expenses(2 * PAGE + 1)
    rows = bench.export("expenses").json()
    assert [row["no"] for row in rows] == list(range(2 * PAGE + 1))


@pytest.mark.parametrize("count", [0, PAGE])
def test_the_last_page_may_be_empty(bench: ExportBench, count: int) -> None:
    bench.add_expenses(count)
    assert len(bench.export("expenses").json()) == count
    assert len(list(csv.reader(bench.export("expenses", "csv").text.splitlines()))) == count + 1
    [(title, rows)] = sheets(bench.export("expenses", "xlsx").content).items()
    assert (title, len(rows)) == ("Despesas", count + 1)


def test_json_has_the_words_and_values_of_the_api(bench: ExportBench) -> None:
    bench.add_expenses(5)
    shown = bench.client.get("/api/v1/expenses").json()["items"]
    for row, expense in zip(bench.export("expenses").json(), shown, strict=True):
        assert row.pop("signal_codes") == ""
        assert row == {name: expense[name] for name in row}


def test_a_spreadsheet_has_numbers_days_and_texts(bench: ExportBench) -> None:
    bench.add_expenses(2)
    [headings, first, second] = sheets(bench.export("expenses", "xlsx").content)["Despesas"]
    assert headings[:6] == ["Transação", "CNPJ", "Razão social", "Serviço", "Valor", "Data"]
    assert first[:6] == ["t-0", make_cnpj(0), "EMPRESA 0", "limpeza", 100.0, date(2026, 1, 1)]
    assert second[1:6] == [make_cnpj(1), "EMPRESA 1", "limpeza", 100.01, date(2026, 1, 2)]
    assert second[headings.index("CNAE compatível")] == "sim"


def test_a_stored_job_keeps_the_language_of_whoever_asked(bench: ExportBench) -> None:
    bench.add_expenses(2)
    bench.client.headers["Accept-Language"] = "en"
    export_id = bench.accept("expenses", "csv")
    bench.client.headers["Accept-Language"] = "pt"
    bench.deliver(export_id)
    [headings, first, _] = csv.reader(
        bench.client.get(bench.read(export_id)["file"]).text.lstrip("\ufeff").splitlines(), delimiter=";"
    )
    assert headings[:6] == ["Transaction id", "CNPJ", "Legal name", "Service type", "Amount", "Spent on"]
    told = dict(zip(headings, first, strict=True))
    assert (told["Amount"], told["CNAE fits"]) == ("100.00", "yes")
    assert told["Reason"] == "The registry has no such CNPJ."


def test_the_lists_are_told_in_the_language_of_the_request(bench: ExportBench) -> None:
    told = bench.client.get("/api/v1/exports/lists", headers={"Accept-Language": "en"}).json()
    titles = {one["name"]: (one["title"], one["columns"][1]["heading"]) for one in told}
    assert titles["expenses"] == ("Expenses", "CNPJ")
    assert titles["bank-transactions"] == ("Bank transactions", "Amount")


def test_no_cell_of_any_table_is_a_formula(bench: ExportBench) -> None:
    bench.add_expenses(1)
    bench.engine.record.execute(
        "UPDATE expenses SET transaction_id = '=1+1', description = E'\\t@SUM(A1)', legal_name = '-2+3', "
        "service_type = E'limpeza\\n+1', review_note = '-12,5'"
    )
    text = bench.export("expenses", "csv").content.decode("utf-8-sig")
    [headings, *rows] = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    in_csv = dict(zip(headings, rows[0], strict=True))
    [headings, row] = sheets(bench.export("expenses", "xlsx").content)["Despesas"]
    in_sheet = dict(zip(headings, row, strict=True))
    for cells in (in_csv, in_sheet):
        assert cells["Transação"] == "'=1+1"
        assert cells["Descrição"] == "'\t@SUM(A1)"
        assert cells["Razão social"] == "'-2+3"
        assert cells["Serviço"] == "limpeza\n'+1"
        assert cells["Nota da revisão"] == "-12,5"


def test_the_review_queue_is_a_choice_of_the_expenses(bench: ExportBench) -> None:
    batch_id = bench.add_expenses(9)
    bench.add_expenses(4)
    rows = bench.export("expenses", review=["pending"], batch_id=batch_id, decision=["REJECTED"]).json()
    assert [row["no"] for row in rows] == [0, 4, 8]


def test_a_file_of_expenses_can_be_sent_in_again(bench: ExportBench) -> None:
    batch_id = bench.add_expenses(3)
    bench.engine.record.execute("UPDATE expenses SET amount = 1234.5 WHERE no = 1")
    for form in ("csv", "xlsx"):
        exported = bench.export("expenses", form, batch_id=batch_id)
        file = {"file": (f"despesas.{form}", exported.content, exported.headers["content-type"])}
        answer = bench.client.post("/api/v1/expenses/batches/file", files=file)
        assert answer.status_code == 202, answer.text
        again = bench.client.get("/api/v1/expenses", params={"batch_id": answer.json()["task_id"]}).json()["items"]
        told = [(one["cnpj"], one["amount"], one["spent_on"], one["transaction_id"]) for one in again]
        assert told == [
            (make_cnpj(0), "100.00", "2026-01-01", "t-0"),
            (make_cnpj(1), "1234.50", "2026-01-02", "t-1"),
            (make_cnpj(2), "100.02", "2026-01-03", "t-2"),
        ]


def test_the_direct_csv_is_the_same_file(bench: ExportBench) -> None:
    bench.add_expenses(PAGE + 1)
    direct = bench.client.get("/api/v1/expenses/export", params={"review": "pending"})
    assert direct.content == bench.export("expenses", "csv", review=["pending"]).content
    assert direct.headers["x-content-type-options"] == "nosniff"


def test_the_answer_says_what_the_file_is(bench: ExportBench) -> None:
    bench.add_expenses(1)
    for form, media_type in (("csv", "text/csv"), ("json", "application/json"), ("xlsx", "application/vnd.openxml")):
        answer = bench.export("expenses", form)
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith('attachment; filename="expenses-')
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        assert int(answer.headers["content-length"]) == len(answer.content)
