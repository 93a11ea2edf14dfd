"""Expenses from files as people export them."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import pytest
import xlsxwriter
from tests.factories.spreadsheets import edit, sheet, workbook

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.schemas import MOST_ITEMS
from malha.expenses.service import ExpenseFile, read_expenses
from malha.storage.errors import UploadTypeRefusedError

HEAD = ["CNPJ", "Serviço", "Valor", "Data"]
CNPJ = "11222333000181"
BANK = "00000000000191"
CPF_OR_CNPJ = 100000037
"""With zeros before it, its check digits are those of a CPF and of a CNPJ."""


@contextmanager
def file_of(data: bytes) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        yield file


def read(data: bytes, name: str = "despesas", language: str = "pt") -> ExpenseFile:
    with file_of(data) as file:
        return read_expenses(file, name, language=language)


def errors_of(data: bytes) -> dict[int, str]:
    """The bad rows by line."""
    with pytest.raises(ExpenseFileInvalidError) as raised:
        read(data)
    return {error["loc"][1]: error["msg"] for error in raised.value.errors or []}


def problem_of(data: bytes) -> str:
    with pytest.raises(ExpenseFileInvalidError) as raised:
        read(data)
    return raised.value.fields["pt"]


def test_a_brazilian_csv_is_understood() -> None:
    text = "CNPJ;Serviço;Valor;Data;id\r\n11.222.333/0001-81;Limpeza;R$ 1.234,56;05/10/2026;7\r\n"
    for encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16"):
        [item] = read(text.encode(encoding))
        assert (item.amount, item.spent_on, item.transaction_id) == (Decimal("1234.56"), date(2026, 10, 5), "7")
        assert (item.cnpj, item.service_type) == (CNPJ, "Limpeza")


def test_a_plain_csv_is_understood() -> None:
    text = "cnpj,service_type,amount,spent_on\n11222333000181,limpeza,1234.56,2026-10-05\n"
    [item] = read(text.encode())
    assert (item.amount, item.spent_on) == (Decimal("1234.56"), date(2026, 10, 5))


def test_the_delimiter_is_the_one_that_finds_the_titles() -> None:
    text = "Despesas de outubro, novembro, dezembro\nCNPJ;Serviço;Descrição\n1;limpeza;vidros, pisos, tetos, muros\n"
    assert [item.description for item in read(text.encode())] == ["vidros, pisos, tetos, muros"]


def test_every_bad_row_of_a_csv_is_named_by_its_line() -> None:
    text = (
        'cnpj;service_type;amount;spent_on\n1;limpeza;10,00;\n2;"lim\npeza";dez;\n;;;\n\n3;limpeza;1,00;31/02/2026\n'
        "4;;1,00;\n"
    )
    errors = errors_of(text.encode())
    assert list(errors) == [3, 7, 8]
    assert errors[3] == "linha 3, coluna C (amount): “dez” não é um valor em reais"
    assert errors[7] == "linha 7, coluna D (spent_on): “31/02/2026” não é uma data"
    assert errors[8] == "linha 8, coluna B (service_type): Campo obrigatório."


@pytest.mark.parametrize("cell", ["a\0b", "x" * 200_000])
def test_a_cell_that_cannot_be_stored_is_an_error_and_no_crash(cell: str) -> None:
    lines = "1;limpeza\n" * 200
    with pytest.raises(ExpenseFileInvalidError):
        read(f"cnpj;service_type\n{lines}1;{cell}\n".encode())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "vazio"),
        (b"cnpj;service_type\n", "nenhuma linha"),
        (b"a;b\n1;2\n", "CNPJ, serviço; o arquivo tem a, b"),
        (b"cnpj;b\n1;2\n", "colunas serviço"),
        (sheet(HEAD), "nenhuma linha"),
        (sheet(["a", "b"], [1, 2]), "CNPJ, serviço"),
        (sheet(), "vazia"),
    ],
)
def test_a_file_without_expenses_is_refused(data: bytes, problem: str) -> None:
    assert problem in problem_of(data)


def test_more_rows_than_a_batch_takes_are_refused_and_none_is_dropped_silently() -> None:
    lines = "1;limpeza\n" * (MOST_ITEMS + 1)
    assert str(MOST_ITEMS) in problem_of(f"cnpj;service_type\n{lines}".encode())


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", b"\x89PNG\r\n\x1a\n", b"MZ\0\0"]
)
def test_what_is_no_table_is_refused_whatever_its_name(data: bytes) -> None:
    with pytest.raises(UploadTypeRefusedError):
        read(data, "despesas.xlsx")


def test_a_spreadsheet_is_understood() -> None:
    [first, second] = read(
        sheet(
            [*HEAD, "Transação", "Descrição"],
            [float(CNPJ), "Limpeza", 1234.56, date(2026, 10, 5), 7, "vidros"],
            ["11.222.333/0001-81", "Limpeza", "1.234,50", "05/10/2026", "t-8", 12.5],
        ),
        "despesas.csv",
    )
    assert (first.cnpj, first.amount, first.spent_on) == (CNPJ, Decimal("1234.56"), date(2026, 10, 5))
    assert (first.transaction_id, first.description) == ("7", "vidros")
    assert (second.amount, second.spent_on, second.transaction_id) == (Decimal("1234.50"), date(2026, 10, 5), "t-8")
    assert (second.cnpj, second.description) == (CNPJ, "12.5")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (12345678000195.0, "12345678000195"),
        (191, BANK),
        (11222333000181, CNPJ),
        (190, "190"),
        (10000000091, "00010000000091"),
        ("191", BANK),
        ("1759898000149", "01759898000149"),
        ("12ABC34501DE35", "12ABC34501DE35"),
    ],
)
def test_a_cnpj_gets_its_zeros_back_only_where_they_can_have_been(cell: Any, expected: str) -> None:
    assert [item.cnpj for item in read(sheet(HEAD[:2], [cell, "limpeza"]))] == [expected]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (46300, date(2026, 10, 5)),
        (46300.75, date(2026, 10, 5)),
        (datetime(2026, 10, 5, 13, 30), date(2026, 10, 5)),  # noqa: DTZ001 - spreadsheets know no zones
        ("2026-10-05", date(2026, 10, 5)),
        ("2026-10-05 13:30", date(2026, 10, 5)),
        ("05/10/26", date(2026, 10, 5)),
    ],
)
def test_days_are_days_serial_numbers_or_texts(cell: Any, expected: date) -> None:
    assert [item.spent_on for item in read(sheet(HEAD, [CNPJ, "limpeza", 1, cell]))] == [expected]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0.1 + 0.2, "0.3"),
        (10, "10"),
        ("R$ 1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1234,5", "1234.5"),
        (1e9, "1000000000"),
    ],
)
def test_amounts_are_what_the_spreadsheet_shows(cell: Any, expected: str) -> None:
    assert [item.amount for item in read(sheet(HEAD, [CNPJ, "limpeza", cell]))] == [Decimal(expected)]


def test_every_bad_row_of_a_spreadsheet_is_named_by_its_line() -> None:
    errors = errors_of(
        sheet(
            ["Despesas de outubro"],
            [],
            HEAD,
            [CNPJ, "limpeza", 1.0, date(2026, 10, 5)],
            [CNPJ, None, 1.0],
            [CNPJ, "limpeza", "dez"],
            ["", " ", None],
            [CNPJ, "limpeza", 1, "31/02/2026"],
            [CNPJ, "limpeza", True],
            [CNPJ, "limpeza", 1, 5_000_000],
            [CNPJ, "limpeza", 33.333333],
            [CNPJ, "limpeza", -1],
        )
    )
    assert list(errors) == [5, 6, 8, 9, 10, 11, 12]
    assert [message.split(":")[0] for message in errors.values()] == [
        "Despesas!B5 (Serviço)", "Despesas!C6 (Valor)", "Despesas!D8 (Data)", "Despesas!C9 (Valor)",
        "Despesas!D10 (Data)", "Despesas!C11 (Valor)", "Despesas!C12 (Valor)",
    ]  # fmt: skip


def test_titles_may_be_merged_and_stand_below_others() -> None:
    def fill(book: Any, target: Any) -> None:
        target.merge_range("A1:D1", "Despesas de outubro")
        target.merge_range("A3:A4", "CNPJ")
        target.merge_range("B3:B4", "Serviço")
        target.merge_range("C3:D3", "Pagamento")
        target.write_row("C4", ["Valor", "Data"])
        target.write_row("A5", [CNPJ, "limpeza", 10, "05/10/2026"])

    [item] = read(workbook(fill))
    assert (item.cnpj, item.amount, item.spent_on) == (CNPJ, Decimal(10), date(2026, 10, 5))


def test_columns_may_begin_anywhere_and_the_first_of_two_with_one_title_counts() -> None:
    [item] = read(sheet([], [None, None, "Tipo de serviço", "C.N.P.J.", "CNPJ"], [None, None, "limpeza", "x", CNPJ]))
    assert (item.cnpj, item.service_type) == (CNPJ, "limpeza")


def test_a_formula_counts_with_its_saved_result() -> None:
    def fill(book: Any, target: Any) -> None:
        target.write_row(0, 0, HEAD)
        target.write_row(1, 0, [CNPJ, "limpeza"])
        target.write_formula(1, 2, "=10*2", None, 20)
        target.write_formula(1, 3, '=IF(1=1,"","x")', None, "empty")

    [item] = read(edit(workbook(fill), lambda xml: xml.replace(b"<v>empty</v>", b"<v></v>")))
    assert (item.amount, item.spent_on) == (Decimal(20), None)


def test_a_formula_without_a_result_and_an_error_are_no_empty_cells() -> None:
    def fill(book: Any, target: Any) -> None:
        target.write_row(0, 0, HEAD)
        for line in range(1, 5):
            target.write_row(line, 0, [CNPJ, "limpeza", 1])
        target.write_formula(1, 2, "=1+1", None, 4711)
        target.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        target.write_formula(4, 9, "=1/0", None, "#DIV/0!")
        target.write_formula(6, 2, "=1/0", None, "#N/A")

    data = edit(workbook(fill), lambda xml: xml.replace(b"<v>4711</v>", b""))
    errors = errors_of(data)
    assert list(errors) == [2, 3, 7]
    assert "fórmula" in errors[2]
    assert "#DIV/0!" in errors[3]
    assert "#N/A" in errors[7]


def test_the_first_sheet_that_people_see_and_that_is_not_empty_counts() -> None:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        for name in ("Oculta", "Vazia", "Despesas", "Outra"):
            target = book.add_worksheet(name)
            if name != "Vazia":
                target.write_row(0, 0, HEAD)
                target.write_row(1, 0, [CNPJ, name])
        book.get_worksheet_by_name("Oculta").hide()  # type: ignore[union-attr]
        book.get_worksheet_by_name("Vazia").activate()  # type: ignore[union-attr]
    assert [item.service_type for item in read(packed.getvalue())] == ["Despesas"]


@pytest.mark.parametrize("prefix", [b"x:", b""])
def test_the_parts_of_a_sheet_may_be_written_in_other_ways(prefix: bytes) -> None:
    def rewrite(xml: bytes) -> bytes:
        for name in (b"c", b"f", b"v", b"row", b"sheetData", b"worksheet"):
            xml = xml.replace(b"<" + name + b" ", b"<" + prefix + name + b" ")
            xml = xml.replace(b"<" + name + b">", b"<" + prefix + name + b">")
            xml = xml.replace(b"</" + name + b">", b"</" + prefix + name + b">")
        namespace = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        return xml.replace(namespace, namespace + b" " + namespace.replace(b"xmlns", b"xmlns:x"))

    def fill(book: Any, target: Any) -> None:
        target.write_row(0, 0, HEAD)
        target.write_row(1, 0, [CNPJ, "limpeza"])
        target.write_formula(1, 2, "=1/0", None, "#DIV/0!")

    assert "#DIV/0!" in errors_of(edit(workbook(fill), rewrite))[2]


def csv_file(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def test_what_is_not_used_is_named() -> None:
    file = read(
        csv_file(
            "sep=;",
            "Condomínio Exemplo;;;;",
            "Despesas de maio;;;;",
            "Fornecedor;CNPJ/CPF;Tipo de Serviço;Valor (R$);",
            f"Oficina;{CNPJ};limpeza;1.000,00;",
            ";;;;",
            f"Outra;{CNPJ};limpeza;234,56;conferir",
            "Subtotal;;;1.234,56;",
            "Fornecedor;CNPJ/CPF;Tipo de Serviço;Valor (R$);",
            f"Oficina;{CNPJ};limpeza;10,00;",
            "TOTAL GERAL;;;1.244,56;",
            "Contato: síndico;;;;",
            ";Emitido em 05/05/2026 pelo sistema;;;",
        )
    )
    assert [item.amount for item in file] == [Decimal("1000.00"), Decimal("234.56"), Decimal("10.00")]
    assert file.columns == {"cnpj": "CNPJ/CPF", "service_type": "Tipo de Serviço", "amount": "Valor (R$)"}
    assert file.unused_columns == ["Fornecedor", "E"]
    assert [(row.line, row.reason.value) for row in file.skipped] == [
        (2, "above-titles"),
        (3, "above-titles"),
        (8, "total"),
        (9, "titles-again"),
        (11, "total"),
        (12, "other-columns"),
        (13, "note"),
    ]
    assert file.skipped[4].text == "TOTAL GERAL | 1.244,56"


def test_a_sum_without_a_word_is_no_expense_and_any_other_amount_alone_is_a_bad_row() -> None:
    rows = [HEAD, [CNPJ, "limpeza", 10], [CNPJ, "limpeza", 2.5]]
    file = read(sheet(*rows, [None, None, 12.5]))
    assert (len(file), [row.reason.value for row in file.skipped]) == (2, ["total"])
    assert list(errors_of(sheet(*rows, [None, None, 12.4]))) == [4]


def test_a_supplier_whose_name_begins_with_total_is_a_supplier() -> None:
    file = read(csv_file("Fornecedor;CNPJ;Serviço;Valor", f"TOTAL LIMPEZA LTDA;{CNPJ};limpeza;1,00"))
    assert (len(file), file.skipped) == (1, [])
    assert list(errors_of(csv_file("Fornecedor;CNPJ;Serviço;Valor", "TOTAL LIMPEZA LTDA;;limpeza;1,00"))) == [2]


@pytest.mark.parametrize("cell", ["1,23457E+13", "Oficina", "11222333000000", str(CPF_OR_CNPJ), "1" * 15])
def test_what_is_no_cnpj_is_a_bad_row_that_names_the_cell(cell: str) -> None:
    for data, place in (
        (csv_file("Serviço;CNPJ", f"limpeza;{CNPJ}", f"limpeza;{cell}"), "linha 3, coluna B (CNPJ): "),
        (sheet(["Serviço", "CNPJ"], ["limpeza", CNPJ], ["limpeza", cell]), "Despesas!B3 (CNPJ): "),
    ):
        with pytest.raises(ExpenseFileInvalidError) as raised:
            read(data)
        [error] = raised.value.errors or []
        assert error["msg"].startswith(place)
        assert (error["loc"], error["column"]) == (["file", 3], "CNPJ")


def test_a_number_that_lost_its_digits_is_a_bad_row() -> None:
    assert "notação científica" in errors_of(sheet(HEAD[:2], [1.23457e13, "limpeza"]))[2]


@pytest.mark.parametrize("cell", ["1759898000149", "01759898000149", '="01759898000149"', "1759898000149.0"])
def test_lost_zeros_come_back_in_every_kind_of_file(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    for data in (
        csv_file("CNPJ;Serviço", f"{quoted};limpeza"),
        csv_file("CNPJ,Serviço", f"{quoted},limpeza"),
        sheet(["CNPJ", "Serviço"], [cell, "limpeza"]),
    ):
        assert [item.cnpj for item in read(data)] == ["01759898000149"]
    assert [item.cnpj for item in read(sheet(["CNPJ", "Serviço"], [1759898000149, "limpeza"]))] == ["01759898000149"]


def test_complaints_are_in_one_language() -> None:
    data = sheet(HEAD, [CNPJ, "limpeza", "ten", "x"], [CNPJ, None, -1], [CNPJ, "x" * 101])
    for language, word in (("pt", "não"), ("en", "is no")):
        with pytest.raises(ExpenseFileInvalidError) as raised:
            read(data, language=language)
        messages = [error["msg"] for error in raised.value.errors or []]
        assert len(messages) == 5
        assert word in messages[0]
        assert ("Campo obrigatório." in messages[2]) == (language == "pt")
        assert not any(" / " in message for message in messages)


def test_a_delimiter_inside_a_value_moves_nothing_into_another_column() -> None:
    errors = errors_of(csv_file("CNPJ,Serviço,Valor,Data", f"{CNPJ},limpeza,1.234,56,05/05/2026"))
    assert "aspas" in errors[2]


def test_a_column_of_american_amounts_and_days_is_read_as_that() -> None:
    lines = ["CNPJ;Service;Amount;Date", f'{CNPJ};limpeza;"1,234.56";05/13/2026', f'{CNPJ};limpeza;"1,234";05/06/2026']
    first, second = read(csv_file(*lines))
    assert (first.amount, first.spent_on) == (Decimal("1234.56"), date(2026, 5, 13))
    assert (second.amount, second.spent_on) == (Decimal(1234), date(2026, 5, 6))
    contradicted = [*lines, f"{CNPJ};limpeza;1,00;13/05/2026"]
    assert "05/13/2026" in errors_of(csv_file(*contradicted))[2]


def test_unreadable_characters_are_no_text() -> None:
    data = "CNPJ;Serviço;Descrição\n".encode("cp1252") + f"{CNPJ};limpeza;a".encode() + b"\x81b\n"
    assert "ilegíveis" in errors_of(data)[2]


def inline(cell: bytes) -> bytes:
    """A sheet whose second row has this as its first cell."""
    row = b'<row r="2">' + cell + b'<c r="B2" t="inlineStr"><is><t>limpeza</t></is></c></row>'
    return edit(sheet(HEAD[:2]), lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>"))


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="A2" t="inlineStr"><v>11222333000181</v></c>',
        b"<c r='A2' t='inlineStr'><v>11222333000181</v></c>",
        b'<c r="A2" s="0" t="inlineStr"><is></is><v>11222333000181</v></c>',
        b'<c r="A2" t="inlineStr"><is><t>11222333000181</t></is><v>9</v></c>',
        b'<c r="A2" t="inlineStr"><is><r><t>11222333</t></r><r><t>000181</t></r></is></c>',
        b'<c r="A2" t="str"><v>11222333000181</v></c>',
        b'<c r="A2"><v>11222333000181</v></c>',
        b'<c r="A2"><v>1.1222333000181E13</v></c>',
    ],
)
def test_a_text_counts_however_the_sheet_keeps_it(cell: bytes) -> None:
    assert [item.cnpj for item in read(inline(cell))] == [CNPJ]


def test_an_empty_inline_text_is_an_empty_cell() -> None:
    assert "Campo obrigatório" in errors_of(inline(b'<c r="A2" t="inlineStr"><is><t></t></is></c>'))[2]


def test_days_of_a_workbook_from_1904_are_what_it_shows() -> None:
    rows = [HEAD, [CNPJ, "limpeza", 1, date(2026, 5, 4)], [CNPJ, "limpeza", 1, 44684]]
    dates = [item.spent_on for item in read(sheet(*rows, date_1904=True))]
    assert dates == [date(2026, 5, 4)] * 2


def test_sheets_that_are_not_read_are_named() -> None:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        for name, has_rows in (("Maio", True), ("Plan2", False), ("Junho", True)):
            target = book.add_worksheet(name)
            if has_rows:
                target.write_row(0, 0, HEAD)
                target.write_row(1, 0, [CNPJ, name])
    file = read(packed.getvalue())
    assert ([item.service_type for item in file], file.unused_sheets) == (["Maio"], ["Junho"])
