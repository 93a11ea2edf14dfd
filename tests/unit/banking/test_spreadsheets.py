"""Statements that banks give as spreadsheets: read as the CSV file that they could have been."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.factories.spreadsheets import sheet, workbook

from malha.banking.rules.entries import Direction, StatementData
from malha.banking.rules.remarks import MappingNeededError, Reason, StatementInvalidError
from malha.banking.rules.statements import collect
from malha.banking.service._reading import read_items
from malha.guarded import GuardedError

TITLES = ["Data", "Histórico", "Documento", "Valor", "Saldo"]


def read(data: bytes, mapping: dict[str, Any] | None = None) -> StatementData:
    (statement,) = collect(read_items(data, mapping))
    return statement


def signed(statement: StatementData) -> list[Decimal]:
    return [one.amount if one.direction is Direction.CREDIT else -one.amount for one in statement.entries]


@pytest.mark.parametrize(
    "amounts",
    [
        [-10.5, 1234.56, -1000],
        ["-10,50", "1.234,56", "-1.000,00"],
        [-10.5, "1.234,56", -1000],
        ["-10.50", "1,234.56", "-1000"],
    ],
)
def test_a_sheet_says_what_its_csv_would(amounts: list[Any]) -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
    rows = [
        [day, f"PIX {no}", 123456, amount, None] for no, (day, amount) in enumerate(zip(days, amounts, strict=True))
    ]
    statement = read(sheet(["Extrato da conta 1234-5"], [], TITLES, *rows))
    assert signed(statement) == [Decimal("-10.50"), Decimal("1234.56"), Decimal(-1000)]
    assert [entry.day for entry in statement.entries] == days
    assert {entry.nsu for entry in statement.entries} == {"123456"}


def test_sums_of_cents_are_cents_and_a_thousand_is_no_fraction() -> None:
    statement = read(sheet(TITLES, [date(2026, 3, 1), "A", 1, -(0.1 + 0.2), 1], [date(2026, 3, 2), "B", 2, 1234.0, 1]))
    assert signed(statement) == [Decimal("-0.30"), Decimal(1234)]


def test_a_cell_that_nobody_can_read_is_named_with_its_row() -> None:
    rows = [[date(2026, 3, 1), "A", 1, -1.5, 10], [date(2026, 3, 2), "B", 2, 33.333, 10], ["ontem", "C", 3, -2.5, 10]]
    statement = read(sheet(TITLES, *rows))
    assert signed(statement) == [Decimal("-1.50")]
    assert [(remark.line, remark.reason) for remark in statement.remarks] == [
        (3, Reason.AMOUNT_UNREADABLE),
        (4, Reason.DATE_UNREADABLE),
    ]


def test_a_formula_without_its_result_is_no_amount() -> None:
    def fill(_: Any, target: Any) -> None:
        target.write_row(0, 0, TITLES)
        target.write_row(1, 0, ["01/03/2026", "A", "1", -1.5, 1])
        target.write_row(2, 0, ["02/03/2026", "B", "2"])
        target.write_formula(2, 3, "=1+1", None, "")

    statement = read(workbook(fill))
    assert signed(statement) == [Decimal("-1.50")]
    assert statement.unreadable == 1


def test_balances_and_a_file_without_directions_are_as_in_csv() -> None:
    rows = [["01/03/2026", "SALDO ANTERIOR", "", "", 100], ["02/03/2026", "A", "1", -1.5, 98.5]]
    assert read(sheet(TITLES, *rows)).opening is not None
    with pytest.raises(MappingNeededError):
        read(sheet(["Data", "Valor"], ["01/03/2026", 10], ["02/03/2026", 5]))
    turned = read(sheet(["Data", "Valor"], ["01/03/2026", 10], ["02/03/2026", 5]), {"positive_is": "DEBIT"})
    assert signed(turned) == [Decimal(-10), Decimal(-5)]


def test_another_sheet_with_values_is_named() -> None:
    def fill(book: Any, target: Any) -> None:
        target.write_row(0, 0, ["Data", "Histórico", "Valor"])
        target.write_row(1, 0, ["01/03/2026", "A", -1.5])
        book.add_worksheet("Fevereiro").write(0, 0, "x")

    statement = read(workbook(fill))
    assert [(remark.text, remark.reason) for remark in statement.remarks] == [("Fevereiro", Reason.OTHER_SHEET)]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04 no archive", sheet(), sheet(["a", "b"], ["c", "d"])])
def test_what_holds_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises((GuardedError, StatementInvalidError)):
        read(data)
