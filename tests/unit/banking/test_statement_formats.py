"""Statements read: what is written in any format is what comes out, and nothing else is accepted."""

from __future__ import annotations

import io
import string
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.factories import statements as files
from tests.factories.statements import Line

from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.entries import AccountRef, Direction, Entry
from malha.banking.rules.remarks import Reason, StatementInvalidError
from malha.banking.rules.statements import choose_statements, parse_statement, read_statement

WORDS = st.text(string.ascii_letters + "áéíóúçãõÁÉÍÓÚÇ0123456789 &<>'", min_size=1, max_size=20).map(
    lambda text: " ".join(text.split()) or "x"
)
AMOUNTS = st.decimals(Decimal("-999999999.99"), Decimal("999999999.99"), places=2).filter(bool)
DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))
LINES = st.lists(st.builds(Line, DAYS, AMOUNTS, WORDS), min_size=1, max_size=8)
WRITERS = {
    "ofx": files.ofx,
    "ofx-utf8": lambda lines: files.ofx(lines, encoding="utf-8"),
    "ofx-xml": files.ofx_xml,
    "csv": files.csv,
    "csv-comma": lambda lines: files.csv(lines, delimiter=","),
    "csv-tab": lambda lines: files.csv(lines, delimiter="\t"),
    "cnab240": files.cnab240,
}


def read(data: bytes, mapping: CsvMapping | None = None) -> list[Entry]:
    (statement,) = parse_statement(data, mapping)
    return list(statement.entries)


def signed(entry: Entry) -> Decimal:
    return entry.amount if entry.direction is Direction.CREDIT else -entry.amount


@pytest.mark.parametrize("name", list(WRITERS))
@settings(max_examples=40)
@given(lines=LINES)
def test_what_is_written_in_any_format_is_what_is_read(name: str, lines: list[Line]) -> None:
    # Texts of their own could be balances, and a CSV file without a sign would be asked about.
    lines = [Line(line.day, line.amount, "PAGTO " + line.text) for line in [*lines, Line.of("2026-03-01", "-1.00")]]
    entries = read(WRITERS[name](lines))
    told = [(entry.day, signed(entry), entry.description) for entry in entries]
    width = 25 if name == "cnab240" else 100
    assert told == [(line.day, line.amount, line.text[:width].strip()) for line in lines]


@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = parse_statement(data)
    except StatementInvalidError:
        return
    assert all(entry.amount > 0 for statement in found for entry in statement.entries)


@pytest.mark.parametrize("name", ["ofx", "ofx-xml", "cnab240"])  # a CSV file does not say where it ends
@settings(max_examples=40)
@given(cut=st.floats(0.05, 0.88))
def test_a_file_that_was_cut_off_is_never_taken_for_a_whole_one(name: str, cut: float) -> None:
    lines = [Line.of("2026-03-01", f"-{number}.00", f"PAGAMENTO {number}") for number in range(1, 6)]
    data = WRITERS[name](lines)
    with pytest.raises(StatementInvalidError):
        parse_statement(data[: int(len(data) * cut)])


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE OFX SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE OFX [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE OFX [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_document_types_and_entities_are_refused(prologue: str) -> None:
    with pytest.raises(StatementInvalidError, match="entities"):
        parse_statement(files.ofx_xml([Line.of("2026-03-01", "1.00")], prologue=prologue))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"   \r\n", "empty"),
        (b"<OFX><BANKMSGSRSV1></BANKMSGSRSV1></OFX>", "no bank or card statement"),
        (b"hello;world\n1;2\n", "give a mapping"),
        (files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"<CURDEF>BRL", b"<CURDEF>USD"), "USD"),
        (
            files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"TRNAMT>1.00", b"TRNAMT>1.005"),
            "line 15: no amount that can be read: '1.005'",
        ),
        (
            files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"TRNAMT>1.00", b"TRNAMT>um"),
            "line 15: no amount that can be read: 'um'",
        ),
        (files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"<TRNAMT>1.00", b""), "line 15: no amount"),
        (
            files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"20260301", b"20260231"),
            "line 15: no date that can be read",
        ),
        (b"Data;Valor\n31/02/2026;-1,00\n", "line 2"),
        (b"Data;Valor\n01/02/2026;abc\n", "line 2"),
        (b"Data;Valor\n01/02/2026;-1.234\n", "two ways"),
        (b"Data;Valor\n01/02/2026;-1,50\n02/02/2026;1.50\n", "decimal comma"),
        (b"Data;Credito;Debito\n01/02/2026;1,50;2,50\n", "both a credit and a debit"),
        (b'Data;Valor\n01/02/2026;"' + b"1" * 200_000 + b'"\n', "field larger"),
    ],
)
def test_a_broken_statement_says_what_is_wrong(data: bytes, problem: str) -> None:
    with pytest.raises(StatementInvalidError, match=problem):
        parse_statement(data)


LINES_OF_TWO = [Line.of("2026-03-01", "-10.00", "TARIFA"), Line.of("2026-03-02", "25.50", "DEPOSITO")]


@pytest.mark.parametrize(
    ("found", "put", "problem"),
    [
        (b"000000000000001000D", b"000000000000001001D", "debits come to"),
        (b"CF000004", b"CF000007", "trailer says"),
        (b"000001000006000001", b"000001000009000001", "trailer says"),
        (b"00100011E", b"00100011C", "no batch of account statements"),
    ],
)
def test_a_cnab_file_that_contradicts_itself_is_refused(found: bytes, put: bytes, problem: str) -> None:
    data = files.cnab240(LINES_OF_TWO)
    assert found in data
    with pytest.raises(StatementInvalidError, match=problem):
        parse_statement(data.replace(found, put, 1))


@pytest.mark.parametrize(
    ("found", "put", "reason"),
    [
        (b"000000000000002550C", b"000000000000002550X", Reason.DIRECTION_UNCLEAR),
        (b"000000000000002550C", b"000000000000002550 ", Reason.DIRECTION_UNCLEAR),
        (b"02032026000000000000002550", b"31022026000000000000002550", Reason.DATE_UNREADABLE),
        (b"02032026000000000000002550", b"        000000000000002550", Reason.DATE_UNREADABLE),
        (b"02032026000000000000002550", b"02032026     R$      25.50", Reason.AMOUNT_UNREADABLE),
        (b"0010001300002E", b"0010001300002\x83", Reason.RECORD_UNREADABLE),
        (b"0010001300002E", b"00100013000000000002E", Reason.RECORD_UNREADABLE),
        (b"0010001300002E", b"0010001?00002E", Reason.RECORD_UNREADABLE),
    ],
)
def test_a_broken_segment_is_its_own_problem_and_the_others_are_imported(
    found: bytes, put: bytes, reason: Reason
) -> None:
    data = files.cnab240(LINES_OF_TWO)
    assert data.count(found) == 1
    (statement,) = parse_statement(data.replace(found, put))
    assert [entry.amount for entry in statement.entries] == [LINES_OF_TWO[0].amount.copy_abs()]
    (remark,) = statement.remarks
    assert (remark.reason, remark.line, statement.unreadable) == (reason, 4, 1)


def test_payments_beside_statements_are_named_and_left_out() -> None:
    head, *rest = files.cnab240(LINES_OF_TWO).replace(b"000001000006", b"000002000009").splitlines()
    payments = [b"00100021C", b"0010002300001A", b"00100025"]
    (statement,) = parse_statement(b"\r\n".join([head, *(line.ljust(240) for line in payments), *rest]))
    assert len(statement.entries) == 2
    assert [(remark.line, remark.reason) for remark in statement.remarks] == [(2, Reason.OTHER_BATCH)]


def test_a_cnab_balance_that_cannot_be_read_is_none_and_is_told() -> None:
    data = files.cnab240(LINES_OF_TWO).replace(b"000000000000009990CF", b"0000000000000099,9CF")
    (statement,) = parse_statement(data)
    assert (len(statement.entries), statement.balance, statement.skipped) == (2, None, 0)
    assert [remark.reason for remark in statement.remarks] == [Reason.BALANCE_UNREADABLE]


def test_cnab_lines_may_lack_their_ends_or_their_trailing_blanks() -> None:
    data = files.cnab240(LINES_OF_TWO)
    assert read(data.replace(b"\r\n", b"")) == read(data)
    assert read(b"\n".join(line.rstrip() for line in data.splitlines())) == read(data)


@pytest.mark.parametrize("name", ["ofx", "ofx-xml", "csv", "cnab240"])
def test_memory_does_not_grow_with_the_file(name: str) -> None:
    def peak_of(count: int) -> int:
        lines = [Line.of("2026-03-01", f"-{number}.25", f"{number} {'PIX ' * 60}") for number in range(1, count + 1)]
        file = io.BytesIO(WRITERS[name](lines))
        tracemalloc.start()
        try:
            assert sum(isinstance(item, Entry) for item in read_statement(file)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_of(10)  # what is loaded once
    assert peak_of(1_600) < 1.5 * peak_of(800)


def test_the_account_and_the_balance_are_read() -> None:
    (from_ofx,) = parse_statement(files.ofx(LINES_OF_TWO))
    (from_cnab,) = parse_statement(files.cnab240(LINES_OF_TWO))
    assert from_ofx.account == AccountRef("0341", "0001", "12345-6")
    assert from_cnab.account == AccountRef("001", "1-9", "12345-6")
    assert from_ofx.balance is not None
    assert (from_ofx.balance.amount, from_ofx.balance.day) == (Decimal("1234.56"), date(2026, 12, 31))
    assert from_cnab.balance is not None
    assert from_cnab.balance.amount == Decimal("99.90")


@pytest.mark.parametrize(
    ("known", "is_same"),
    [
        (None, True),
        ("12345-6", True),
        ("12345", True),
        ("0012345-6", True),
        ("0001 12345-6", True),
        ("54321-6", False),
        ("1234", False),
    ],
)
def test_a_statement_of_another_account_is_not_taken(known: str | None, is_same: bool) -> None:
    found = parse_statement(files.ofx(LINES_OF_TWO))
    if is_same:
        assert choose_statements(found, AccountRef(number=known)) == found
    else:
        with pytest.raises(StatementInvalidError, match="12345-6"):
            choose_statements(found, AccountRef(number=known))


@pytest.mark.parametrize(
    ("stamp", "instant", "day"),
    [
        ("20260301", "2026-03-01T03:00", "2026-03-01"),
        ("20260301000000[-3:BRT]", "2026-03-01T03:00", "2026-03-01"),
        ("20260301000000[0:GMT]", "2026-03-01T03:00", "2026-03-01"),
        ("20260301233000[-3:BRT]", "2026-03-02T02:30", "2026-03-01"),
        ("20260302013000.000[0:GMT]", "2026-03-02T01:30", "2026-03-01"),
        ("20260301100000", "2026-03-01T13:00", "2026-03-01"),
        ("20180115120000[-2:BRST]", "2018-01-15T14:00", "2018-01-15"),
    ],
)
def test_the_day_is_sao_paulos_whatever_zone_the_file_uses(stamp: str, instant: str, day: str) -> None:
    data = files.ofx([Line.of("2026-03-01", "1.00")]).replace(b"20260301000000[-3:BRT]", stamp.encode())
    (entry,) = read(data)
    assert entry.day == date.fromisoformat(day)
    assert entry.occurred_at == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_debits_without_a_sign_are_told_by_their_type() -> None:
    data = files.ofx(LINES_OF_TWO).replace(b"<TRNAMT>-10.00", b"<TRNAMT>10.00")
    assert [signed(entry) for entry in read(data)] == [Decimal("-10.00"), Decimal("25.50")]


@pytest.mark.parametrize("written", ["-1.234,56", "-1,234.56", "-1234.56", "-1234,56"])
def test_ofx_amounts_may_use_point_or_comma(written: str) -> None:
    data = files.ofx([Line.of("2026-03-01", "-1.00")]).replace(b"TRNAMT>-1.00", f"TRNAMT>{written}".encode())
    assert [signed(entry) for entry in read(data)] == [Decimal("-1234.56")]


def test_the_counterpart_is_found_in_the_memo_when_its_check_digits_fit() -> None:
    texts = ["PIX 11.222.333/0001-81 FULANO", "TED 11222333000182", "CHAVE 529.982.247-25", "DOC 12ABC34501DE35"]
    texts.append("BOLETO 12.ABC.345/01DE-35")
    entries = read(files.ofx([Line.of("2026-03-01", "-1.00", text) for text in texts]))
    found = [entry.counterpart_document for entry in entries]
    assert found == ["11222333000181", None, "52998224725", None, "12ABC34501DE35"]


CSV_FILES = {
    "preamble and balances": (
        "Extrato de conta;;;\nConta;0001/12345-6;;\n\nData;Lançamento;Valor (R$);Saldo (R$)\n"
        "01/03/2026;SALDO ANTERIOR;;100,00\n02/03/2026;TED RECEBIDA;R$ 1.500,00;1.600,00\n"
        "02/03/2026;SALDO DO DIA;;1.600,00\nTotal;;1.500,00;\n",
        ["1500.00"],
    ),
    "credit and debit columns": (
        "Data,Descrição,Crédito,Débito\n2026-03-02,A,10.00,\n2026-03-03,B,,5.25\n",
        ["10.00", "-5.25"],
    ),
    "a column of directions": ("data;valor;tipo\n02/03/26;10,00;D\n03/03/26;7,00;C\n", ["-10.00", "7.00"]),
    "a type that is no direction": ("data;valor;tipo\n02/03/26;-10,00;PIX\n", ["-10.00"]),
    "letters behind": ("Data;Historico;Valor\n02/03/2026;X;1.000,00 D\n03/03/2026;Y;2,00C\n", ["-1000.00", "2.00"]),
    "brackets": ("Data;Historico;Valor\n02/03/2026;X;(1.000,00)\n", ["-1000.00"]),
    "points and times": ('Date,Amount,Description\n2026-03-02 10:15:00,"-1,234.50",X\n', ["-1234.50"]),
    "american dates": ("Date,Amount,Title\n03/14/2026,1.50,X\n03/02/2026,-2.50,Y\n", ["1.50", "-2.50"]),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CSV_FILES))
def test_csv_files_of_many_banks_are_understood(name: str) -> None:
    text, amounts = CSV_FILES[name]
    assert [str(signed(entry)) for entry in read(text.encode())] == amounts


def test_dates_that_fit_two_orders_are_brazilian() -> None:
    assert [entry.day for entry in read(b"Data;Valor\n02/03/2026;-1,00\n")] == [date(2026, 3, 2)]
    given_order = CsvMapping(date_format="mdy")
    assert [entry.day for entry in read(b"Data;Valor\n02/03/2026;-1,00\n", given_order)] == [date(2026, 2, 3)]


def test_a_mapping_names_columns_by_title_or_by_number() -> None:
    text = b"quando|quanto|o que\n02/03/2026|1.234|X\n"
    titled = CsvMapping(
        delimiter="|", decimal=",", columns={"date": "Quando", "amount": "QUANTO", "description": "o que"}
    )
    (entry,) = read(text, titled)
    assert (entry.day, entry.amount, entry.description) == (date(2026, 3, 2), Decimal("1234.00"), "X")
    numbered = CsvMapping(delimiter="|", decimal=".", has_header=False, columns={"date": 1, "amount": 2})
    (entry,) = read(b"02/03/2026|1.23\n", numbered)
    assert entry.amount == Decimal("1.23")
