"""Expenses from CSV files as people export them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.service import read_csv


def test_a_brazilian_spreadsheet_is_understood() -> None:
    text = "CNPJ;Serviço;Valor;Data;id\r\n11.222.333/0001-81;Limpeza;R$ 1.234,56;05/10/2026;7\r\n"
    [item] = read_csv(text.encode("cp1252"))
    assert (item.amount, item.spent_on, item.transaction_id) == (Decimal("1234.56"), date(2026, 10, 5), "7")
    assert item.cnpj == "11.222.333/0001-81"


def test_a_plain_csv_is_understood() -> None:
    text = "cnpj,service_type,amount,spent_on\n11222333000181,limpeza,1234.56,2026-10-05\n"
    [item] = read_csv(text.encode("utf-8-sig"))
    assert (item.amount, item.spent_on) == (Decimal("1234.56"), date(2026, 10, 5))


def test_every_bad_row_is_named_by_its_line() -> None:
    text = "cnpj;service_type;amount;spent_on\n1;limpeza;10,00;\n2;limpeza;dez;\n3;limpeza;1,00;31/02/2026\n"
    with pytest.raises(ExpenseFileInvalidError) as raised:
        read_csv(text.encode())
    assert [error["loc"] for error in raised.value.errors or []] == [["file", 3], ["file", 4]]


@pytest.mark.parametrize("data", [b"", b"cnpj;service_type\n", b"a;b\n1;2\n"])
def test_a_file_without_expenses_is_refused(data: bytes) -> None:
    with pytest.raises(ExpenseFileInvalidError):
        read_csv(data)
