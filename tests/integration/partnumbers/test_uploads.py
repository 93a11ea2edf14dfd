"""Documents and lists that are sent: what becomes of their lines, and what is told of a file that is none."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from httpx2 import Response
from tests.factories.orders import any_table, broker_invoice, distributor_invoice, paper, purchase_order
from tests.integration.partnumbers.conftest import Desk

LISTS = "/api/v1/partnumbers/lists"
LINES = [
    ("1", "1-X / BC847B Nexperia\nTransistor / NCM:85412120 COO:MY", "1", "1", "0", "1", "1"),
    ("2", "1-Y / LM358DR TI\nOpAmp / US HTS:8542330001 COO:CN", "1", "1", "0", "1", "1"),
]


def send(desk: Desk, data: bytes, name: str = "pedido.pdf", **fields: str) -> Response:
    return desk.client.post("/upload-pdf", files={"pedido": (name, data, "application/pdf")}, data=fields)


def send_list(desk: Desk, data: bytes, name: str = "lista.csv") -> Response:
    return desk.client.post(LISTS, files={"file": (name, data, "text/csv")})


def book(*rows: list[Any]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet("Itens")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def test_an_invoice_is_classified_and_its_own_codes_are_taken(desk: Desk) -> None:
    answer = send(desk, distributor_invoice(LINES), supplier="Distribuidora", user_id="7")
    accepted = answer.json()
    assert (answer.status_code, accepted["partnumbers"], accepted["total_partnumbers"]) == (
        202,
        ["BC847B", "LM358DR"],
        2,
    )
    [known] = accepted["classifications"]
    assert (known["partnumber"], known["ncm"], known["confidence_score"], known["origin"]) == (
        "BC847B", "85412120", 0.98, "document",
    )  # fmt: skip
    assert accepted["document"]["layout"] == "mouser-invoice"
    assert "INVOICE 000123" in [left["text"] for left in accepted["document"]["not_understood"]]
    task = desk.work(accepted)
    assert (task["status"], task["document"]["prefilled"], task["missing"]) == ("done", ["BC847B"], [])
    [asked] = desk.ai.requests
    assert asked["partnumbers"] == {
        "LM358DR": {
            "partnumber": "LM358DR",
            "erp_description": "OpAmp",
            "ncm": "854233",
            "manufacturer": "TI",
            "coo": "CN",
        }
    }


def test_a_document_that_is_to_be_classified_again_asks_for_all(desk: Desk) -> None:
    desk.work(send(desk, distributor_invoice(LINES), reclassify="true").json())
    assert set(desk.ai.requests[0]["partnumbers"]) == {"BC847B", "LM358DR"}


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        (purchase_order([("1", "CI PN: LM358DR")]), "purchase-order"),
        (broker_invoice(["PN: LM358DR\nDESC: OpAmp\nMFR: TI\nCOO: CN"]), "xwork-invoice"),
        (any_table(["MPN", "Fabricante", "Descrição"], [["LM358DR", "TI", "OpAmp"]]), "table"),
    ],
)
def test_every_layout_becomes_a_task(desk: Desk, data: bytes, layout: str) -> None:
    accepted = send(desk, data).json()
    assert (accepted["partnumbers"], accepted["document"]["layout"]) == (["LM358DR"], layout)
    assert desk.work(accepted)["status"] == "done"


@pytest.mark.parametrize(
    ("files", "type_"),
    [
        ({"other": ("pedido.pdf", b"%PDF-", "application/pdf")}, "upload-without-files"),
        ({"pedido": ("pedido.txt", b"%PDF-", "application/pdf")}, "upload-type-refused"),
        ({"pedido": ("pedido.pdf", b"<html>", "application/pdf")}, "upload-content-mismatch"),
    ],
)
def test_what_is_no_pdf_is_400_as_the_contract_says(desk: Desk, files: Any, type_: str) -> None:
    answer = desk.client.post("/upload-pdf", files=files)
    assert (answer.status_code, answer.json()["errors"][0]["type"]) == (400, type_)
    assert desk.client.post("/upload-pdf", json={}).status_code == 400


def test_a_pdf_that_cannot_be_read_leaves_nothing_behind(desk: Desk) -> None:
    scanned = send(desk, paper(lambda pdf: pdf.rect(10, 10, 50, 50)))
    assert (scanned.status_code, scanned.json()["code"]) == (422, "document-unreadable")
    assert scanned.json()["errors"][0]["type"] == "no-text"
    empty = send(desk, paper(lambda pdf: pdf.text(20, 30, "Prezados senhores")))
    assert (empty.status_code, empty.json()["errors"][0]["msg"]) == (422, "Prezados senhores")
    assert desk.client.get("/tasks").json()["tasks"] == []


@pytest.mark.parametrize(
    "data",
    [
        "Pedido 12\nPart Number;Descrição;Fabricante;NCM\nbc847b;Transistor;Nexperia;8541.21.20\nLM358;OpAmp;TI;\n"
        ";sem número;;\n".encode(),
        b"code,Pais,MPN,Brand,NCM\n1,MY,bc847b,Nexperia,85412120\n2,,LM358,TI,\n3,,,sem numero,\n",
        book(["Fabricante", "Codigo do fabricante", "NCM"], ["Nexperia", "bc847b", 85412120], ["TI", "LM358", None],
             ["sem número", None, None]),
    ],
)  # fmt: skip
def test_a_list_is_recognised_by_its_titles(desk: Desk, data: bytes) -> None:
    answer = send_list(desk, data)
    accepted = answer.json()
    assert (answer.status_code, accepted.get("partnumbers")) == (202, ["BC847B", "LM358"]), accepted
    assert [known["ncm"] for known in accepted["classifications"]] == ["85412120"]
    assert "row-without-number" in [left["reason"] for left in accepted["document"]["not_understood"]]
    assert desk.work(accepted)["status"] == "done"


def test_a_list_without_titles_is_recognised_by_its_content(desk: Desk) -> None:
    accepted = send_list(desk, b"1,BC847B,85412120\n2,LM358DR,85423300\n3,GRM188R71H,85322410\n").json()
    assert accepted["partnumbers"] == ["BC847B", "LM358DR", "GRM188R71H"]
    assert set(accepted["document"]["columns"]) == {"partnumber", "ncm"}


def test_a_list_without_part_numbers_says_what_it_has(desk: Desk) -> None:
    answer = send_list(desk, b"Nome;Valor\nMaria;10\n")
    assert (answer.status_code, answer.json()["code"]) == (422, "document-unreadable")
    assert send_list(desk, b"\x89PNG\r\n\x1a\n").status_code == 415


def test_a_repeated_upload_with_a_key_makes_one_task(desk: Desk) -> None:
    data = distributor_invoice(LINES)
    answers = [
        desk.client.post(
            "/upload-pdf", files={"pedido": ("a.pdf", data, "application/pdf")}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert answers[0].json()["task_id"] == answers[1].json()["task_id"]
