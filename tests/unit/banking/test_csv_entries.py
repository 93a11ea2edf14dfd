"""CSV as banks write it: directions are told or asked for, never guessed, and nothing is left out without a word."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.entries import Direction, Entry, StatementData
from malha.banking.rules.remarks import MappingNeededError, StatementInvalidError
from malha.banking.rules.statements import parse_statement, read_statement


def read(text: str, mapping: CsvMapping | None = None) -> StatementData:
    (found,) = parse_statement(text.encode(), mapping)
    return found


def signed(found: StatementData) -> list[str]:
    return [str(one.amount if one.direction is Direction.CREDIT else -one.amount) for one in found.entries]


def reasons(found: StatementData) -> list[tuple[int, str]]:
    return [(remark.line, remark.reason.value) for remark in found.remarks]


@dataclass(frozen=True)
class Bank:
    """A file in a bank's manner, and what it says."""

    text: str
    amounts: tuple[str, ...]
    balance: str | None = None
    skipped: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Parts of the entries' descriptions, in order."""


BANKS = {
    "Banco do Brasil": Bank(
        '"Data","Lançamento","Detalhes","N° documento","Valor","Tipo Lançamento"\n'
        '"30/04/2026","Saldo Anterior","","","1.000,00",""\n'
        '"05/05/2026","Pix - Enviado","05/05 10:22 FULANO","50501","-200,00","Saída"\n'
        '"05/05/2026","Saldo do dia","","","800,00",""\n'
        '"06/05/2026","Pix - Recebido","06/05 BELTRANO","50502","50,00","Entrada"\n'
        '"00/00/0000","Saldo do dia","","","850,00",""\n'
        '"31/05/2026","S A L D O","","","850,00",""\n',
        ("-200.00", "50.00"),
        "850.00",
        ("balance",) * 4,
        ("FULANO", "BELTRANO"),
    ),
    "Inter, newest first": Bank(
        " Extrato Conta Corrente \nConta ;123456789\nSaldo ;1.234,56\n\n"
        "Data Lançamento;Histórico;Descrição;Valor;Saldo\n"
        "03/01/2026;Pix enviado;Loja;-100,00;1.234,56\n"
        "02/01/2026;Pix recebido;Total Ltda;100,00;1.334,56\n",
        ("-100.00", "100.00"),
        "1234.56",
        ("preamble",) * 3,
        ("Pix enviado Loja", "Pix recebido Total Ltda"),
    ),
    "C6, two columns filled": Bank(
        "EXTRATO\n\nData Lançamento,Data Contábil,Título,Descrição,Entrada(R$),Saída(R$),Saldo do Dia(R$)\n"
        "05/03/2026,05/03/2026,Pix enviado,FULANO,0.00,5.00,95.00\n"
        "06/03/2026,06/03/2026,Pix recebido,BELTRANO,10.00,0.00,105.00\n",
        ("-5.00", "10.00"),
        "105.00",
        ("preamble",),
        ("FULANO", "BELTRANO"),
    ),
    "Caixa, letters in Deb_Cred": Bank(
        '"Conta";"Data_Mov";"Nr_Doc";"Historico";"Valor";"Deb_Cred"\r\n'
        '"0001";"20260505";"000123";"PAG BOLETO";"350,00";"D"\r\n'
        '"0001";"20260506";"000124";"CRED PIX";"1200,00";"C"\r\n',
        ("-350.00", "1200.00"),
    ),
    "Stone, words in Movimentação": Bank(
        "Movimentação,Tipo,Valor,Saldo antes,Saldo depois,Data,Destino\n"
        'Débito,Pix,"100,00","200,00","100,00",05/05/2026 10:22:33,Fulano\n'
        'Crédito,Pix,"50,00","100,00","150,00",05/05/2026 11:22:33,Eu\n',
        ("-100.00", "50.00"),
        "150.00",
    ),
    "PagBank, a balance in Tipo": Bank(
        "CODIGO DA TRANSACAO;DATA;TIPO;DESCRICAO;VALOR\n;01/10/2025;Saldo do dia;;1.000,00\n"
        "4;02/10/2025;Pix recebido;Juliano;10\n5;03/10/2025;Pix enviado;X;-0,03\n",
        ("10.00", "-0.03"),
        "1000.00",
        ("balance",),
    ),
    "Mercado Pago": Bank(
        "INITIAL_BALANCE;CREDITS;DEBITS;FINAL_BALANCE\n14.456,00;100,00;-50,00;14.506,00\n\n"
        "RELEASE_DATE;TRANSACTION_TYPE;REFERENCE_ID;TRANSACTION_NET_AMOUNT;PARTIAL_BALANCE\n"
        "05-05-2026;Transferência Pix recebida Fulano;123;100,00;14.556,00\n"
        "05-05-2026;Pagamento Loja;124;-50,00;14.506,00\n",
        ("100.00", "-50.00"),
        "14506.00",
        ("preamble", "preamble"),
        ("Fulano", "Loja"),
    ),
    "Sicoob, letters behind and payees below": Bank(
        "DATA;DOCUMENTO;HISTÓRICO;VALOR\n;;SALDO ANTERIOR;1.000,00C\n05/05/2026;Pix;PIX EMIT.OUTRA IF;200,00D\n"
        ";;Pagamento Pix;\n;;FULANO DE TAL;\n05/05/2026;123;CRÉD.COBRANÇA;50,00C\n;;SALDO DO DIA ===== >;850,00C\n",
        ("-200.00", "50.00"),
        "850.00",
        ("balance", "balance"),
        ("FULANO DE TAL", "CRÉD.COBRANÇA"),
    ),
    "Sicredi, a balance at the end": Bank(
        "Associado:;FULANO\nConta: ;12345-6\n\nData;Descrição;Documento;Valor (R$);Saldo (R$)\n"
        "05/05/2026;PIX ENVIADO;PIX_DEB;-200,00;800,00\n06/05/2026;TOTAL SERVICOS;1;-10,00;790,00\n\n"
        "Saldo da conta;;;;790,00\n",
        ("-200.00", "-10.00"),
        "790.00",
        ("preamble", "preamble", "balance"),
    ),
    "Itaú, without titles": Bank(
        "02/01/2026;PIX TRANSF FULANO02/01;-100,00\n03/01/2026;SALDO DO DIA;900,00\n"
        "03/01/2026;RES APLIC AUT MAIS;1,00\n",
        ("-100.00", "1.00"),
        "900.00",
        ("balance",),
    ),
    "Santander, prose at the end": Bank(
        "AGENCIA;1234;CONTA;56789\n\nData;Descrição;Docto;Situação;Crédito (R$);Débito (R$);Saldo (R$)\n"
        "05/05/2026;SALDO ANTERIOR;;;;;1.000,00\n05/05/2026;PIX RECEBIDO;1;;100,00;;1.100,00\n"
        "06/05/2026;PAGAMENTO;2;;;-50,00;1.050,00\nTOTAL;;;;100,00;-50,00;1.050,00\n\nA = Bloqueio Dia / ADM\n",
        ("100.00", "-50.00"),
        "1050.00",
        ("preamble", "balance", "total", "text"),
    ),
    "Bradesco, payees below": Bank(
        "Extrato de: Ag: 1234 | Conta: 56789-0\nData;Histórico;Docto.;Crédito (R$);Débito (R$);Saldo (R$)\n"
        '08/05/2026;SALDO ANTERIOR;;;;1.000,00\n09/05/2026;Transferencia Pix;1;"7.500,00";;"8.500,00"\n'
        ';Rem: Cliente de Exemplo 09/05;;;;\n09/05/2026;Pagto Cobranca;2;;"-1.250,50";"7.249,50"\n'
        ";Fornecedor Ltda;;;;\n"
        'Total;;;"7.500,00";"-1.250,50";"7.249,50"\n',
        ("7500.00", "-1250.50"),
        "7249.50",
        ("preamble", "balance", "total"),
        ("Cliente de Exemplo", "Fornecedor Ltda"),
    ),
    "Nubank's account": Bank(
        "Data,Valor,Identificador,Descrição\n01/05/2026,-37.79,68138eea,Compra no débito\n"
        "02/05/2026,100.00,68138eeb,Pix\n",
        ("-37.79", "100.00"),
    ),
    "what is yet to come": Bank(
        "Data;Histórico;Valor\n05/05/2026;A;-350,00\nLançamentos futuros;;\n10/06/2026;B;-10,00\n",
        ("-350.00",),
        None,
        ("text", "future"),
    ),
    "titles once more": Bank(
        "Data;Histórico;Valor\n05/05/2026;A;-350,00\nData;Histórico;Valor\n06/05/2026;B;-1,00\n",
        ("-350.00", "-1.00"),
        None,
        ("header",),
    ),
}


@pytest.mark.parametrize("name", list(BANKS))
def test_files_in_the_manner_of_each_bank(name: str) -> None:
    bank = BANKS[name]
    found = read(bank.text)
    assert signed(found) == list(bank.amounts)
    assert (None if found.balance is None else str(found.balance.amount)) == bank.balance
    assert [remark.reason.value for remark in found.remarks] == list(bank.skipped)
    assert found.skipped == len(bank.skipped)
    for entry, part in zip(found.entries, bank.names, strict=False):
        assert part in entry.description


def test_every_line_of_a_file_is_its_titles_an_entry_or_a_remark() -> None:
    for bank in BANKS.values():
        found = read(bank.text)
        below = sum(line.startswith((";Rem", ";Forn", ";;Pag", ";;FUL")) for line in bank.text.splitlines())
        titles = 0 if bank.text.startswith("02/01") else 1
        filled = sum(bool(line.strip()) for line in bank.text.splitlines())
        assert titles + below + len(found.entries) + found.skipped == filled


def test_the_payee_below_an_entry_is_its_counterpart() -> None:
    one, other = read(BANKS["Bradesco, payees below"].text).entries
    assert (one.counterpart_name, other.counterpart_name) == ("Cliente de Exemplo", "Fornecedor Ltda")


def test_a_document_below_an_entry_is_found() -> None:
    text = "Data;Histórico;Valor\n05/05/2026;PIX;-1,00\n;LOJA 11.222.333/0001-81;\n"
    assert [one.counterpart_document for one in read(text).entries] == ["11222333000181"]


TITLES = (
    "Deb_Cred",
    "D/C",
    "C/D",
    "Tipo",
    "Natureza",
    "Sinal",
    "Débito/Crédito",
    "Tipo Lançamento",
    "Coluna 7",
    "",
    "Flag",
)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize(
    ("out", "into"), [("D", "C"), ("Débito", "Crédito"), ("SAÍDA", "ENTRADA"), ("-", "+"), ("DB", "CR")]
)
def test_a_column_of_directions_is_known_by_what_it_holds(title: str, out: str, into: str) -> None:
    found = read(f"Data;Histórico;Valor;{title}\n05/05/2026;A;350,00;{out}\n06/05/2026;B;1.200,00;{into}\n")
    assert signed(found) == ["-350.00", "1200.00"]


UNTOLD = {
    "no column, no sign": ("Data;Histórico;Valor\n05/05/2026;A;10,00\n06/05/2026;B;20,00\n", "Valor"),
    "a column of other words": (
        "Data;Histórico;Valor;Operação\n05/05/2026;A;10,00;PIX\n06/05/2026;B;20,00;DOC\n",
        "Operação",
    ),
    "one word among directions": ("Data;Valor;Tipo\n05/05/2026;10,00;D\n06/05/2026;20,00;X\n", "Tipo"),
    "letters that may mean anything": ("Data;Histórico;Valor;Conciliado\n05/05/2026;A;10,00;S\n", "Valor"),
    "a card's purchases": (
        "date,title,amount\n2026-01-02,Loja,106.66\n2026-01-05,Pagamento recebido,-458.53\n",
        "amount",
    ),
    "a card without payments": (
        'Data,Lançamento,Categoria,Tipo,Valor\n01/10/2025,LOJA,X,Compra à vista,"R$ 29,90"\n',
        "Tipo",
    ),
    "a credit with a minus": ("Data;Valor;D/C\n05/05/2026;100,00;C\n06/05/2026;-20,00;C\n", "D/C"),
    "debits with and without a minus": ("Data;Valor;D/C\n05/05/2026;100,00;D\n06/05/2026;-20,00;D\n", "D/C"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(UNTOLD))
def test_where_nothing_tells_the_direction_a_mapping_is_asked_for(name: str) -> None:
    text, column = UNTOLD[name]
    with pytest.raises(MappingNeededError) as caught:
        read(text)
    assert caught.value.column == column
    assert repr(column) in caught.value.message("pt")
    assert repr(column) in caught.value.message("en")


@pytest.mark.parametrize("name", [name for name in UNTOLD if "debits" not in name and "credit" not in name])
def test_a_mapping_answers_by_saying_what_an_amount_without_a_minus_is(name: str) -> None:
    text, _ = UNTOLD[name]
    inward = signed(read(text, CsvMapping(positive_is=Direction.CREDIT)))
    outward = signed(read(text, CsvMapping(positive_is=Direction.DEBIT)))
    assert [Decimal(amount) for amount in inward] == [-Decimal(amount) for amount in outward]
    assert outward[0].startswith("-")


def test_a_mapping_answers_by_saying_what_the_words_mean() -> None:
    text, _ = UNTOLD["a column of other words"]
    mapping = CsvMapping(directions={"pix": Direction.DEBIT, "Doc": Direction.CREDIT})
    assert signed(read(text, mapping)) == ["-10.00", "20.00"]
    named = CsvMapping(columns={"direction": "operação"}, directions={"PIX": Direction.DEBIT})
    with pytest.raises(MappingNeededError, match="DOC"):
        read(text, named)


def test_a_mapping_that_names_the_column_lists_the_rows_that_contradict_it() -> None:
    for name in ("a credit with a minus", "debits with and without a minus"):
        found = read(UNTOLD[name][0], CsvMapping(columns={"direction": "D/C"}))
        assert len(found.entries) == 1
        assert reasons(found) == [(3, "direction-unclear")]


def test_a_mapping_that_names_the_amounts_says_that_their_sign_counts_and_is_told_what_that_means() -> None:
    found = read(UNTOLD["no column, no sign"][0], CsvMapping(columns={"amount": "Valor"}))
    assert signed(found) == ["10.00", "20.00"]
    assert [(remark.reason.value, remark.is_warning) for remark in found.remarks] == [("one-direction", True)]
    assert found.skipped == 0


@pytest.mark.parametrize(
    "text",
    [
        "Data;Histórico;Valor\n05/05/2026;PIX RECEBIDO A;10,00\n06/05/2026;TED RECEBIDA B;20,00\n",
        "Data;Histórico;Valor;Saldo\n01/05/2026;SALDO ANTERIOR;;5,00\n05/05/2026;A;10,00;15,00\n"
        "06/05/2026;B;20,00;35,00\n",
        "Data;Histórico;Valor;Saldo\n06/05/2026;B;20,00;35,00\n05/05/2026;A;10,00;15,00\n"
        "01/05/2026;SALDO ANTERIOR;;5,00\n",
    ],
)
def test_balances_or_words_may_prove_that_all_is_money_in(text: str) -> None:
    assert sorted(signed(read(text))) == ["10.00", "20.00"]


@pytest.mark.parametrize(
    "text",
    [
        "Data;Histórico;Valor;Saldo\n01/05/2026;SALDO ANTERIOR;;50,00\n05/05/2026;A;10,00;40,00\n"
        "06/05/2026;B;20,00;60,00\n",
        "Data;Histórico;Valor;Saldo\n05/05/2026;A;10,00;15,00\n06/05/2026;B;20,00;35,00\n",  # nothing proves the first
        "Data;Histórico;Valor\n05/05/2026;PIX RECEBIDO A;10,00\n06/05/2026;LOJA;20,00\n",
        "Data;Histórico;Valor\n05/05/2026;DEVOLUCAO DE PIX RECEBIDO;10,00\n",
    ],
)
def test_one_entry_without_proof_is_enough_to_ask(text: str) -> None:
    with pytest.raises(MappingNeededError):
        read(text)


REFUNDS = {
    "a refund among debits without signs": ("05/05/2026;A;;100,00\n06/05/2026;Estorno;;-20,00\n", ["-100.00", "20.00"]),
    "debits that all have a minus": ("05/05/2026;A;;-100,00\n06/05/2026;B;;-20,00\n", ["-100.00", "-20.00"]),
    "debits in brackets": ("05/05/2026;A;;(100,00)\n06/05/2026;B;;(20,00)\n", ["-100.00", "-20.00"]),
    "a minus behind each debit": ("05/05/2026;A;;100,00-\n06/05/2026;B;5,00;\n", ["-100.00", "5.00"]),
    "one debit alone, with its minus": ("05/05/2026;A;;-100,00\n", ["-100.00"]),
    "a refund first": ("05/05/2026;Estorno;;-20,00\n06/05/2026;A;;100,00\n", ["20.00", "-100.00"]),
    "a zero says nothing of the others": ("05/05/2026;A;;-100,00\n06/05/2026;B;;0,00\n", ["-100.00"]),
    "a balance line says nothing of them": ("05/05/2026;SALDO DO DIA;;50,00\n06/05/2026;A;;-100,00\n", ["-100.00"]),
    "a credit that was taken back": ("05/05/2026;A;100,00;\n06/05/2026;B;-20,00;\n", ["100.00", "-20.00"]),
    "zeros in the other column": ("05/05/2026;A;0,00;100,00\n06/05/2026;B;20,00;0,00\n", ["-100.00", "20.00"]),
    "dashes in the other column": ("05/05/2026;A;-;100,00\n06/05/2026;B;20,00;R$ -\n", ["-100.00", "20.00"]),
}


@pytest.mark.parametrize("name", list(REFUNDS))
def test_signs_inside_debit_and_credit_columns_are_kept(name: str) -> None:
    rows, amounts = REFUNDS[name]
    assert signed(read(f"Data;Histórico;Crédito;Débito\n{rows}")) == amounts


def test_payees_that_begin_like_totals_are_paid() -> None:
    rows = (
        "TOTAL EXPRESS LOGISTICA LTDA",
        "LIMITE ENGENHARIA LTDA",
        "TOTAL PASS BENEFICIOS",
        "Saldo Comércio de Calçados",
    )
    text = "Data;Histórico;Valor\n" + "".join(f"05/05/2026;{row};-1,00\n" for row in rows)
    found = read(text)
    assert [one.description for one in found.entries] == list(rows)
    assert found.skipped == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("06/05/2026;RUIM;.", "amount-unreadable"),
        ("06/05/2026;RUIM;", "amount-missing"),
        ("06/05/2026;RUIM;abc", "amount-unreadable"),
        ("06/05/2026;RUIM;R$ -", "amount-missing"),
        ("06/05/2026;RUIM;1.50", "amount-unreadable"),
        ("31/02/2026;RUIM;1,00", "date-unreadable"),
        (";RUIM;1,00", "date-unreadable"),
        ("ontem;RUIM;1,00", "date-unreadable"),
        ("05/05/2026,RUIM,-1.00;RUIM", "date-unreadable"),
        ("06/05/2026;RUIM;0,00", "zero"),
        ("06/05/2026;LIMITE DE CRÉDITO;500,00", "limit"),
        ("06/05/2026;TOTAL DO DIA;500,00", "total"),
        ("06/05/2026;SALDO DO DIA;500,00", "balance"),
        ("Os dados acima são provisórios;;", "text"),
    ],
)
def test_a_row_that_is_left_out_is_named_and_the_others_are_read(row: str, reason: str) -> None:
    found = read(f"Data;Histórico;Valor\n05/05/2026;A;-2,00\n{row}\n07/05/2026;C;-3,00\n", CsvMapping(decimal=","))
    assert signed(found) == ["-2.00", "-3.00"]
    assert reasons(found) == [(3, reason)]
    assert row.split(";")[1] in found.remarks[0].text
    assert found.remarks[0].is_unreadable == (reason.split("-", maxsplit=1)[0] in {"amount", "date"})


def test_lines_are_counted_as_in_the_file() -> None:
    text = 'Extrato\n\n\u2028x\x0cy\nData;Histórico;Valor\n05/05/2026;"A\nB";-2,00\n06/05/2026;C;.\n'
    assert reasons(read(text)) == [(1, "preamble"), (3, "preamble"), (7, "amount-unreadable")]


def test_a_quotation_mark_without_end_does_not_swallow_rows() -> None:
    text = 'Data;Histórico;Valor\n05/05/2026;"LOJA;-350,00\n05/05/2026;B;-1,00\n06/05/2026;C";-2,00\n'
    with pytest.raises(StatementInvalidError, match="line 2: a quotation mark"):
        read(text)


@pytest.mark.parametrize("column", ["Quantia", 9])
def test_a_mapping_whose_column_is_not_in_the_file_is_refused(column: str | int) -> None:
    with pytest.raises(StatementInvalidError):
        read("Data;Histórico;Valor\n05/05/2026;A;-2,00\n", CsvMapping(columns={"amount": column}))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("05/06/2026", "2026-06-05"),
        ("5/6/26", "2026-06-05"),
        ("05-06-2026", "2026-06-05"),
        ("05.06.2026", "2026-06-05"),
        ("2026-06-05", "2026-06-05"),
        ("20260605", "2026-06-05"),
        ("05062026", "2026-06-05"),
        ("05/jun/2026", "2026-06-05"),
        ("05/06/2026 00:00:00", "2026-06-05"),
        ("05/06/2026 às 23:30", "2026-06-05"),
        ("2026-06-05T23:30:00-03:00", "2026-06-05"),
        ("2026-06-06T01:30:00Z", "2026-06-05"),
        ("2026-06-05T00:00:00Z", "2026-06-05"),
    ],
)
def test_days_as_banks_write_them(written: str, day: str) -> None:
    assert [one.day for one in read(f"Data;Valor\n{written};-2,00\n").entries] == [date.fromisoformat(day)]


def test_one_slip_does_not_turn_days_into_months() -> None:
    rows = "".join(f"0{number}/05/2026;-{number},00\n" for number in range(1, 9))
    found = read(f"Data;Valor\n{rows}05/13/2026;-9,00\n")
    assert {one.day.month for one in found.entries} == {5}
    assert reasons(found) == [(10, "date-unreadable")]


def test_months_in_front_are_said() -> None:
    found = read("Date,Amount\n05/13/2026,-1.50\n05/02/2026,-2.50\n")
    assert [one.day.day for one in found.entries] == [13, 2]
    assert reasons(found) == [(1, "month-first")]


def test_a_balance_of_one_day_is_known_when_its_entries_show_their_order() -> None:
    head = "Data;Valor;Saldo\n"
    for rows in ("05/05/2026;-1,00;9,00\n05/05/2026;-2,00;7,00\n", "05/05/2026;-2,00;7,00\n05/05/2026;-1,00;9,00\n"):
        balance = read(head + rows).balance
        assert balance is not None
        assert balance.amount == 7
    assert read(head + "05/05/2026;-1,00;9,00\n05/05/2026;-2,00;3,00\n").balance is None


def test_entries_come_before_the_file_has_been_read_to_its_end() -> None:
    text = "Data;Valor\n" + "05/05/2026;-1,00\n" * 20_000
    file = io.BytesIO(text.encode())
    items = read_statement(file)
    first = [next(items) for _ in range(10)]
    assert all(isinstance(item, Entry) for item in first)
    assert file.tell() < len(text)
