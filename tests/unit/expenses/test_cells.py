"""One value has one reading, whatever cell or file it came in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.expenses.rules.cells import (
    DAY_ZERO_1904,
    are_american_amounts,
    are_american_days,
    read_amount,
    read_day,
)
from malha.kit.refusals import ValueRefusedError

FIFTH_OF_MAY = date(2026, 5, 5)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.234,56", "1234.56"),
        ("R$ 1.234,56", "1234.56"),
        ("R$1234,56", "1234.56"),
        ("R$\u00a01.234,56\u00a0", "1234.56"),
        ("1.234,56 R$", "1234.56"),
        ("BRL 10", "10"),
        ("1 234,56", "1234.56"),
        ("1.234", "1234"),
        ("1.234.567,8", "1234567.8"),
        ("1,234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("1234.56", "1234.56"),
        ("12.5", "12.5"),
        ("0.123", "0.123"),
        (",50", "0.50"),
        ('="1.234,56"', "1234.56"),
        ("'12,00", "12.00"),
        ("R$ -", "0"),
        (" R$ -   ", "0"),
        ("-", "0"),
        ("\u2013", "0"),
        ("(1.234,56)", "-1234.56"),
        ("(R$ 1.234,56)", "-1234.56"),
        ("1.234,56-", "-1234.56"),
        ("-1.234,56", "-1234.56"),
        ("\u22121.234,56", "-1234.56"),
        ("R$ -1,00", "-1.00"),
        ("-R$ 1,00", "-1.00"),
        ("+5,00", "5.00"),
        (10, "10"),
        (10.5, "10.5"),
    ],
)
def test_amounts_as_people_write_them(cell: Any, expected: str) -> None:
    assert read_amount(cell) == Decimal(expected)


@pytest.mark.parametrize(
    "cell",
    ["", "R$", "dez", "1e3", "1,5E+03", "US$ 10", "$ 10", "\u20ac 10", "1.23.456", "1,2,3", "--1", "(1,00-)", "(1,00",
     "1,00)", "(-)", "10%", "1.234,56 D", True, "12/05"],
)  # fmt: skip
def test_what_is_no_amount_of_reais_is_said_so(cell: Any) -> None:
    with pytest.raises(ValueRefusedError):
        read_amount(cell)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_comes_back_from_either_way_to_write_it(amount: Decimal) -> None:
    american = f"{amount:,.2f}"
    brazilian = american.translate(str.maketrans(",.", ".,"))
    assert read_amount(brazilian) == amount
    assert read_amount(f"R$ {brazilian}") == amount
    assert read_amount(american, is_american=True) == amount
    assert read_amount(f"({brazilian})") == -amount


def test_the_way_of_a_column_decides_only_what_leaves_no_doubt() -> None:
    assert are_american_amounts(["1,234.56", "1,234", "10"])
    assert not are_american_amounts(["1,234", "1.234"])
    assert not are_american_amounts(["1,234.56", "1.234,56"])
    assert read_amount("1,234", is_american=True) == 1234
    assert are_american_days(["05/13/2026", "01/02/2026"])
    assert not are_american_days(["01/02/2026"])
    assert not are_american_days(["05/13/2026", "13/05/2026"])


@pytest.mark.parametrize(
    "cell",
    [
        "05/05/2026", "05/05/2026 00:00:00", "05/05/2026 10:30", "5/5/2026", "05/05/26", "05-05-2026", "05.05.2026",
        "05.05.26", "2026-05-05", "2026-05-05 13:30:00", "2026-05-05T13:30:00", "2026-05-05T13:30:00.000Z",
        "2026-05-05T00:00:00Z", "2026-05-06T02:00:00Z", "2026/05/05", "20260505", 20260505, "5 de maio de 2026",
        "05-mai-2026", "05/mai/26", "ter\u00e7a-feira, 5 de maio de 2026", "May 5, 2026", "46147", "46147,5", 46147,
        46147.99, "'05/05/2026", "\u200b05/05/2026", '="05/05/2026"', "05/05/2026 \u00e0s 10h30",
    ],
)  # fmt: skip
def test_days_as_people_and_programs_write_them(cell: Any) -> None:
    assert read_day(cell) == FIFTH_OF_MAY


@pytest.mark.parametrize(
    "cell",
    ["", "dez", "31/02/2026", "05/13/2026", "05/2026", "2026", 2026, 5_000_000, 0, -1, True, "99/99/9999", "05052026",
     "05/05/1826", "10:30", "5 de foo de 2026", "2026-13-05"],
)  # fmt: skip
def test_what_is_no_day_is_said_so(cell: Any) -> None:
    with pytest.raises(ValueRefusedError):
        read_day(cell)


def test_workbooks_that_count_from_1904_are_believed() -> None:
    assert read_day(44684, day_zero=DAY_ZERO_1904) == date(2026, 5, 4)
    assert read_day("44684", day_zero=DAY_ZERO_1904) == date(2026, 5, 4)


def test_the_month_comes_first_where_the_column_says_so() -> None:
    assert read_day("05/06/2026", is_american=True) == date(2026, 5, 6)
    assert read_day("05/06/2026") == date(2026, 6, 5)
