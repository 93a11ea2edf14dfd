"""Purchase orders and invoices, from the bytes of a PDF to the part numbers in them."""

from __future__ import annotations

from typing import Any

import pytest
from fpdf import FPDF
from tests.factories.orders import any_table, broker_invoice, distributor_invoice, paper, purchase_order

from malha.guarded import GuardedError
from malha.partnumbers.rules.documents import Reading
from malha.partnumbers.service import read_pdf

DISTRIBUTOR = [
    ("1", "595-LM358DR / LM358DR Texas Instruments\nOperational Amplifiers Dual / US HTS:8542330001\nECCN:EAR99 COO:CN",
     "10", "10", "0", "0,35", "3,50"),
    ("2", "81-GRM188R71H104KA93 / GRM188R71H104KA93D Murata\nCapacitor 100nF 50V / NCM:85322410 COO:JP",
     "100", "100", "0", "0,01", "1,00"),
    ("3", "frete e seguro", "1", "1", "0", "9,00", "9,00"),
]  # fmt: skip


def shown(reading: Reading) -> list[tuple[Any, ...]]:
    return [(item.partnumber, item.manufacturer, item.ncm, item.country) for item in reading.items]


def test_an_invoice_with_number_maker_and_codes_in_one_cell() -> None:
    reading = read_pdf(distributor_invoice(DISTRIBUTOR))
    assert reading.layout == "mouser-invoice"
    assert shown(reading) == [
        ("LM358DR", "Texas Instruments", "854233", "CN"),
        ("GRM188R71H104KA93D", "Murata", "85322410", "JP"),
    ]
    assert reading.items[0].description == "Operational Amplifiers Dual"
    assert [
        (left.text[:16], left.reason.value) for left in reading.leftovers if left.reason == "row-without-number"
    ] == [("3 frete e seguro", "row-without-number")]
    assert "INVOICE 000123" in [left.text for left in reading.leftovers]


def test_a_table_goes_on_without_titles_on_the_next_page() -> None:
    rows = [(str(no), f"9-X / BC{no}47B Nexperia\nTransistor / NCM:85412120 COO:MY", *"55500") for no in range(1, 9)]
    reading = read_pdf(distributor_invoice(rows, pages=3))
    assert [item.partnumber for item in reading.items] == [f"BC{no}47B" for no in range(1, 9)]
    assert [item.page for item in reading.items] == [1, 1, 1, 2, 2, 2, 3, 3]


def test_an_invoice_of_labelled_blocks() -> None:
    reading = read_pdf(
        broker_invoice([
            "PN: TPS54331DR\nDESC: Buck regulator\n3.5-28V\nMFR: Texas Instruments\nECCN: EAR99\nCOO: Malaysia",
            "PN: MAX232CPE+\nDESC: Transceiver\nMFR: Maxim\nCOO: PH",
        ])
    )  # fmt: skip
    assert reading.layout == "xwork-invoice"
    assert shown(reading) == [
        ("TPS54331DR", "Texas Instruments", None, "Malaysia"),
        ("MAX232CPE+", "Maxim", None, "PH"),
    ]
    assert reading.items[0].description == "Buck regulator 3.5-28V"


def test_a_purchase_order_names_its_numbers_anywhere_in_the_description() -> None:
    reading = read_pdf(
        purchase_order([
            ("100001", "CAP CER 100NF 50V 0603 PN: GRM188R71H104KA93D"),
            ("100002", "BC847B,215 TRANSISTOR NPN SMD SOT-23"),
            ("100003", "RES SMD 10K 1% RC0603FR-0710KL"),
            ("100004", "CAP CER 10UF SMD"),
        ])
    )  # fmt: skip
    assert reading.layout == "purchase-order"
    assert [item.partnumber for item in reading.items] == ["GRM188R71H104KA93D", "BC847B,215", "RC0603FR-0710KL"]
    assert reading.items[0].description == "CAP CER 100NF 50V 0603"
    assert reading.items[1].description == "TRANSISTOR NPN SMD SOT-23"
    [left] = [left for left in reading.leftovers if left.reason == "row-without-number"]
    assert (left.page, "CAP CER 10UF SMD" in left.text) == (1, True)


@pytest.mark.parametrize(
    "titles",
    [
        ("Pos", "Manufacturer Part Number", "Fabricante", "Descrição", "NCM", "Origem"),
        ("Item no", "MPN", "Brand", "Goods description", "HS code", "COO"),
    ],
)
def test_a_layout_that_nobody_has_shown(titles: tuple[str, ...]) -> None:
    rows = [("1", "IRF540N", "Infineon", "MOSFET N 100V", "8541.29.20", "CN"),
            ("2", "1N4148W-7-F", "Diodes Inc", "Diode", "8541.10.00", "TW"),
            ("3", "NE555P", "TI", "Timer", "9999.99.99", "PH")]  # fmt: skip
    reading = read_pdf(any_table(titles, rows, lefts=[20, 60, 190, 270, 400, 480]))
    assert reading.layout == "table"
    assert shown(reading)[:2] == [
        ("IRF540N", "Infineon", "85412920", "CN"),
        ("1N4148W-7-F", "Diodes Inc", "854110", "TW"),
    ]
    assert [(left.text[:8], left.reason.value) for left in reading.leftovers if left.reason == "code-unknown"] == [
        ("3 NE555P", "code-unknown")
    ]


def test_a_document_without_any_part_shows_all_of_its_lines() -> None:
    reading = read_pdf(paper(lambda pdf: [pdf.text(20, 30 + 12 * no, f"Clause {no} of terms") for no in range(3)]))
    assert (reading.layout, reading.items, len(reading.leftovers)) == ("unknown", [], 3)


def locked() -> bytes:
    pdf = FPDF()
    pdf.set_encryption(owner_password="dono", user_password="abre")
    pdf.add_page()
    return bytes(pdf.output())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (locked(), "encrypted"),
        (paper(lambda pdf: pdf.rect(10, 10, 50, 50)), "no-text"),
        (b"%PDF-1.7 and no more", "damaged"),
        (distributor_invoice(DISTRIBUTOR)[:600], "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(GuardedError) as caught:
        read_pdf(data)
    assert caught.value.code == code
