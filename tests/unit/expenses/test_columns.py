"""Columns are told by what people write above them and by what stands in them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories.cnpjs import make_cnpj

from malha.expenses.rules.columns import Field, count_titles, find_columns

CNPJS = [make_cnpj(number) for number in range(5)]
VALUES: dict[Field, list[Any]] = {
    Field.CNPJ: CNPJS,
    Field.SERVICE: ["limpeza"] * 5,
    Field.AMOUNT: ["1.234,56"] * 5,
    Field.DAY: ["05/05/2026"] * 5,
    Field.TRANSACTION: ["t-1"] * 5,
    Field.DESCRIPTION: ["vidros"] * 5,
}


def layout_of(**columns: list[Any]) -> dict[Field, str]:
    """Which of the columns, by title, was taken for which field."""
    titles = list(columns)
    found = find_columns(titles, [list(row) for row in zip(*columns.values(), strict=True)])
    return {field: titles[place] for field, place in found.columns.items()}


@pytest.mark.parametrize(
    ("field", "title"),
    [(field, title) for field, titles in {
        Field.CNPJ: ["CNPJ", "C.N.P.J.", "CNPJ/CPF", "CPF/CNPJ", "CNPJ do Fornecedor", "CNPJ Prestador", "Nº CNPJ",
                     "Fornecedor", "Documento", "Supplier Tax ID", "cnpj_fornecedor", "CNPJ/CPF Favorecido"],
        Field.SERVICE: ["Serviço", "Tipo de Serviço", "Tipo Serv.", "Serviços", "Service", "service_type", "Categoria",
                        "Tipo de Despesa", "Natureza"],
        Field.AMOUNT: ["Valor", "Valor (R$)", "VALOR R$", "Vlr.", "Vl. Pago", "Valor Total", "Valor Líquido", "Amount",
                       "Total", "Valor do Pagamento", "Preço"],
        Field.DAY: ["Data", "Dt. Pgto", "Data Pgto", "Data do Pagamento", "Data Pagamento", "Pago em", "Vencimento",
                    "Dt Vcto", "Data de Vencimento", "Date", "Payment Date", "Due date", "Emissão", "spent_on"],
        Field.TRANSACTION: ["Transação", "transaction_id", "ID", "Id. da transação"],
        Field.DESCRIPTION: ["Descrição", "Histórico", "Hist.", "Observações", "Description", "Memo", "Obs."],
    }.items() for title in titles],
)  # fmt: skip
def test_titles_as_people_write_them(field: Field, title: str) -> None:
    columns = {"CNPJ": CNPJS, "Serviço": VALUES[Field.SERVICE]}
    if field is Field.CNPJ:
        del columns["CNPJ"]
    if field is Field.SERVICE:
        del columns["Serviço"]
    assert layout_of(**columns, **{title: VALUES[field]})[field] == title


def test_what_stands_below_decides_between_titles() -> None:
    names = ["Oficina de Exemplo"] * 5
    assert layout_of(Fornecedor=names, Documento=CNPJS)[Field.CNPJ] == "Documento"
    assert layout_of(CNPJ=names, Fornecedor=CNPJS)[Field.CNPJ] == "Fornecedor"
    assert layout_of(Pagamento=["PIX"] * 5, Vencimento=VALUES[Field.DAY])[Field.DAY] == "Vencimento"


def test_a_column_says_by_itself_what_it_is() -> None:
    found = layout_of(
        **{
            "Para quem": CNPJS,
            "O quê": VALUES[Field.SERVICE],
            "Quanto": VALUES[Field.AMOUNT],
            "Quando": VALUES[Field.DAY],
        }
    )
    assert found == {
        Field.CNPJ: "Para quem",
        Field.SERVICE: "O quê",
        Field.AMOUNT: "Quanto",
        Field.DAY: "Quando",
    }


def test_the_payers_cnpj_is_not_the_suppliers() -> None:
    payer = [make_cnpj(99)] * 5
    assert layout_of(**{"CNPJ do Condomínio": payer, "CNPJ Fornecedor": CNPJS})[Field.CNPJ] == "CNPJ Fornecedor"
    assert layout_of(**{"CNPJ do Tomador": payer, "Quem": CNPJS})[Field.CNPJ] == "Quem"
    assert Field.CNPJ not in layout_of(**{"CNPJ do Tomador": payer})


def test_two_columns_that_may_both_be_it_are_asked_about() -> None:
    found = find_columns(["Quem", "Outro"], [[cnpj, cnpj] for cnpj in CNPJS])
    assert (Field.CNPJ in found.columns, found.rivals) == (False, [0, 1])


def test_the_payments_day_comes_before_the_others() -> None:
    days = VALUES[Field.DAY]
    assert layout_of(Vencimento=days, Data=days, **{"Data Pgto": days})[Field.DAY] == "Data Pgto"


def test_a_title_that_leaves_no_doubt_counts_although_its_column_is_bad() -> None:
    assert layout_of(CNPJ=["?"] * 5, Valor=["dez"] * 5) == {Field.CNPJ: "CNPJ", Field.AMOUNT: "Valor"}


def test_what_is_not_used_is_known() -> None:
    found = find_columns(["CNPJ", "Contato", None, "", "Ramal"], [[CNPJS[0], "Ana", 7, "", ""]])
    assert found.unused == [1, 2, 4]


def test_numbers_alone_are_no_amounts_and_no_days() -> None:
    assert layout_of(Sala=[12, 46147, 7, 8, 9]) == {}


def test_a_line_of_values_has_no_titles() -> None:
    assert count_titles([CNPJS[0], "limpeza", "1.234,56", 46147, None]) == 0
    assert count_titles(["CNPJ", "Serviço", "Valor (R$)", "Data"]) == 4
