"""Tables of others, read or refused with the line that is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from malha.procurement.rules.tables import (
    TableBrokenError,
    read_month,
    read_rates,
    read_sanctions,
    read_series,
    split_lines,
)

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
HEADING = (
    "CADASTRO;CÓDIGO DA SANÇÃO;TIPO DE PESSOA;CPF OU CNPJ DO SANCIONADO;NOME DO SANCIONADO;CATEGORIA DA SANÇÃO;"
    "DATA INÍCIO SANÇÃO;DATA FINAL SANÇÃO;ÓRGÃO SANCIONADOR"
)


@pytest.mark.parametrize(
    "text",
    [
        "month;rate\n2026-04;0.50\n2026-05;-0.10\n",
        '"data";"valor"\r\n"01/04/2026";"0,50"\r\n"01/05/2026";"-0,10"\r\n',
        "\ufeffMês;IPCA\n04/2026;0,50 %\n\n05/2026;-0,10%\n",
        "2026-04-01,0.50\n2026-05-01,-0.10",
    ],
)
def test_rates_are_read_as_they_are_published(text: str) -> None:
    assert read_rates(split_lines(text)) == {APRIL: Decimal("0.50"), MAY: Decimal("-0.10")}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no rates"),
        ("month;rate\n", "no rates"),
        ("month;rate\n2026-13;1\n", "line 2"),
        ("month;rate\n2026-04;much\n", "line 2"),
        ("2026-04;1\n2026-04;2\n", "line 2: 04/2026 comes twice"),
        ("2026-04;1\n2026-05\n", "line 2 has no rate"),
        ("2026-04;7321.45\n", "line 1"),
        ("2026-04;NaN\n", "line 1"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(text: str, wrong: str) -> None:
    with pytest.raises(TableBrokenError, match=wrong):
        read_rates(split_lines(text))


def test_a_series_of_the_central_bank_is_read() -> None:
    body = [{"data": "01/04/2026", "valor": "0.50"}, {"data": "01/05/2026", "valor": "-0.10"}]
    assert read_series(body) == {APRIL: Decimal("0.50"), MAY: Decimal("-0.10")}


@pytest.mark.parametrize("body", [None, {}, {"error": "x"}, [], [1], [{"data": "01/04/2026"}], "<html>"])
def test_anything_else_is_no_series(body: Any) -> None:
    with pytest.raises(TableBrokenError):
        read_series(body)


@pytest.mark.parametrize("text", ["2026-00", "13/2026", "april", "2026", "2026-4", ""])
def test_what_is_no_month_is_none(text: str) -> None:
    assert read_month(text) is None


def test_companies_are_taken_from_the_lists_and_persons_are_not() -> None:
    lines = [
        HEADING,
        '"CEIS";"1";"J";"49.324.221/0001-04";"INVENTADA LTDA";"Impedimento";"01/02/2026";"01/02/2028";"PREFEITURA"',
        '"CEIS";"2";"F";"***.982.247-**";"PESSOA";"Suspensão";"01/02/2026";"";"TCU"',
        '"CEIS";"3";"J";"12ABC34501DE35";"OUTRA";"Inidoneidade";"01/02/2026";"Sem Informação";"CGU"',
    ]
    rows = list(read_sanctions("CEIS", split_lines("\n".join(lines)), APRIL))
    assert [(row["cnpj"], row["line"], row["ends_on"]) for row in rows] == [
        ("49324221000104", 2, date(2028, 2, 1)),
        ("12ABC34501DE35", 4, None),
    ]
    assert rows[0]["starts_on"] == date(2026, 2, 1)
    assert rows[0]["authority"] == "PREFEITURA"
    assert rows[0]["as_of"] == APRIL


@pytest.mark.parametrize("heading", ["", "CNPJ;NOME", "CPF OU CNPJ DO SANCIONADO;NOME"])
def test_another_file_is_no_list_of_sanctions(heading: str) -> None:
    with pytest.raises(TableBrokenError, match="no column"):
        list(read_sanctions("CEIS", split_lines(heading), APRIL))
