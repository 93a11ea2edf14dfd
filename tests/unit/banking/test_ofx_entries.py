"""OFX as banks write it: every entry judged by itself, every line that is left out named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.entries import Direction, StatementData
from malha.banking.rules.remarks import Reason, StatementInvalidError, describe_reason
from malha.banking.rules.statements import parse_statement

SGML = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n\n\n\n\n'


def entry(
    amount: str = "-1.00", memo: str = "PIX", *, kind: str = "OTHER", day: str = "20260505", more: str = ""
) -> str:
    values = f"<TRNTYPE>{kind}<DTPOSTED>{day}<TRNAMT>{amount}{more}<MEMO>{memo}"
    return f"<STMTTRN>{values}</STMTTRN>\r\n"


def closed(amount: str = "-1.00", memo: str = "PIX", *, kind: str = "OTHER", day: str = "20260505") -> str:
    leaves = (("TRNTYPE", kind), ("DTPOSTED", day), ("TRNAMT", amount), ("MEMO", memo))
    return "<STMTTRN>" + "".join(f"<{name}>{value}</{name}>" for name, value in leaves) + "</STMTTRN>\n"


def statement(entries: str, *, behind: str = "", number: str = "12345-6") -> str:
    account = f"<BANKACCTFROM><BANKID>001</BANKID><ACCTID>{number}</ACCTID></BANKACCTFROM>"
    listed = f"<BANKTRANLIST>\n{entries}</BANKTRANLIST>"
    return f"<STMTTRNRS><STMTRS><CURDEF>BRL</CURDEF>{account}{listed}{behind}</STMTRS></STMTTRNRS>"


def file(*entries: str, head: str = SGML, behind: str = "") -> bytes:
    return f"{head}<OFX><BANKMSGSRSV1>{statement(''.join(entries), behind=behind)}</BANKMSGSRSV1></OFX>".encode()


def read(data: bytes, mapping: CsvMapping | None = None) -> StatementData:
    (found,) = parse_statement(data, mapping)
    return found


def signed(found: StatementData) -> list[str]:
    return [str(one.amount if one.direction is Direction.CREDIT else -one.amount) for one in found.entries]


def reasons(found: StatementData) -> list[tuple[int, str]]:
    return [(remark.line, remark.reason.value) for remark in found.remarks]


KINDS = (
    "ATM",
    "POS",
    "PAYMENT",
    "CHECK",
    "FEE",
    "SRVCHG",
    "CASH",
    "XFER",
    "DIRECTDEBIT",
    "REPEATPMT",
    "DEP",
    "OTHER",
    "",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_positive_amount_is_money_in_whatever_the_way_it_took_and_whoever_its_neighbours(kind: str) -> None:
    alone = read(file(entry("80.00", kind=kind)))
    beside = read(file(entry("80.00", kind=kind), entry("-5.00", kind="DEBIT")))
    assert signed(alone) == ["80.00"]
    assert signed(beside) == ["80.00", "-5.00"]


def test_no_entry_changes_its_direction_with_what_stands_beside_it() -> None:
    entries = [
        entry(amount, kind=kind) for amount in ("7.00", "-7.00", "+7.00") for kind in ("DEBIT", "CREDIT", "ATM", "OUT")
    ]
    alone = {text: signed(read(file(text))) for text in entries}
    for one, other in combinations(entries, 2):
        assert signed(read(file(one, other))) == alone[one] + alone[other]


def test_a_sign_that_contradicts_the_type_is_said() -> None:
    found = read(file(entry("10.00", kind="DEBIT"), entry("-3.00", kind="CREDIT"), entry("+3.00", kind="OUT")))
    assert signed(found) == ["-10.00", "-3.00", "3.00"]
    assert [reason for _, reason in reasons(found)] == ["sign-against-type"] * 3
    assert found.skipped == 0


def test_a_mapping_turns_a_card_whose_purchases_are_positive() -> None:
    data = file(entry("10.00", kind="DEBIT"), entry("-3.00", kind="CREDIT")).replace(b"STMTRS", b"CCSTMTRS")
    turned = read(data, CsvMapping(positive_is=Direction.DEBIT))
    assert (signed(turned), turned.remarks) == (["-10.00", "3.00"], [])


BALANCES = (
    "Saldo Anterior", "SALDO", "S A L D O", "Saldo do dia", "SALDO DO DIA 05/05", "SDO CTA/APL AUTOMATICAS",
    "SALDO FINAL", "SALDO INICIAL", "SALDO TOTAL DISPONÍVEL DIA", "000000 SALDO DIA", "(-) SALDO A LIBERAR",
    "SALDO BLOQUEADO",
    "Saldo em conta corrente", "SALDO EM 31/05/2026", "Saldo do dia ===== >", "SALDO PARCIAL", "SALDO INVEST FÁCIL",
    "Saldo de abertura", "Opening balance", "BALANCE FORWARD",
)  # fmt: skip
PAYEES = (
    "Saldo Comércio de Calçados LTDA", "SALDO DEVEDOR CHEQUE ESPECIAL JUROS", "TOTAL EXPRESS LOGISTICA LTDA",
    "LIMITE ENGENHARIA LTDA", "TOTAL PASS BENEFICIOS", "Totalizadora S.A.", "SALDOS E RETALHOS ME",
    "SALDO POSITIVO LTDA", "PAGTO SALDO DEVEDOR", "LIMITE AZUL VIAGENS", "BALANCE ACADEMIA", "REND PAGO APLIC AUT MAIS",
)  # fmt: skip


@pytest.mark.parametrize("text", BALANCES)
def test_a_balance_is_no_transaction_and_is_listed(text: str) -> None:
    found = read(file(entry("1300.00", text), entry("-1.00")))
    assert signed(found) == ["-1.00"]
    assert reasons(found) == [(8, "balance")]
    assert found.skipped == 1
    assert text[:5] in found.remarks[0].text


@pytest.mark.parametrize("text", PAYEES)
def test_a_payee_that_begins_like_a_balance_is_paid(text: str) -> None:
    assert signed(read(file(entry("-350.00", text)))) == ["-350.00"]


def test_the_last_balance_line_is_the_statements_balance() -> None:
    lines = (
        entry("1500.00", "Saldo Anterior", day="20260430"),
        entry("-200.00", "Pix enviado"),
        entry("1300.00", "Saldo do dia"),
        entry("50.00", "Pix recebido", day="20260506"),
        entry("1350.00", "S A L D O", day="20260506"),
        entry("9999.00", "SALDO BLOQUEADO", day="20260507"),
    )
    found = read(file(*lines))
    assert found.opening is not None
    assert found.balance is not None
    assert (found.opening.amount, found.balance.amount, found.balance.day) == (1500, 1350, date(2026, 5, 6))


def ledger(amount: str, day: str = "20260531") -> str:
    return f"<LEDGERBAL><BALAMT>{amount}<DTASOF>{day}</LEDGERBAL>"


@pytest.mark.parametrize(
    ("amount", "balance"),
    [
        ("123.45", "123.45"),
        ("-1.234,56", "-1234.56"),
        ("0", "0"),
        ("12345", None),
        ("-12345", None),
        ("abc", None),
        ("", None),
    ],
)
def test_a_balance_without_a_decimal_mark_is_unknown_and_said(amount: str, balance: str | None) -> None:
    found = read(file(entry(), behind=ledger(amount)))
    assert (None if found.balance is None else found.balance.amount) == (None if balance is None else Decimal(balance))
    assert [reason for _, reason in reasons(found)] == (["balance-unclear"] if balance is None and amount else [])


def test_a_balance_line_without_a_decimal_mark_is_none_either() -> None:
    found = read(file(entry("135000", "SALDO DO DIA"), entry()))
    assert found.balance is None
    assert {reason for _, reason in reasons(found)} == {"balance", "balance-unclear"}


@pytest.mark.parametrize("head", [SGML, XML])
@pytest.mark.parametrize("write", [entry, closed])
@pytest.mark.parametrize(
    ("memo", "text"),
    [
        ("LIMA&LTDA", "LIMA&LTDA"),
        ("M&GTRANSPORTES", "M&GTRANSPORTES"),
        ("M&gtransportes & CIA", "M&gtransportes & CIA"),
        ("P&D; A&amp;B", "P&D; A&B"),
        ("RECIBO 17395<BR/>CNPJ 11.222.333/0001-81", "RECIBO 17395 CNPJ 11.222.333/0001-81"),
        ("RECIBO<br>UM<BR />DOIS</br>", "RECIBO UM DOIS"),
        ("A < B > C", "A < B > C"),
        ("PIX <fulano> 1", "PIX <fulano> 1"),
        ("x &lt;b&gt; y", "x <b> y"),
        ("<![CDATA[A & B <C>]]>", "A & B <C>"),
        ("ca&#231;a", "caça"),
    ],
)
def test_both_kinds_of_ofx_take_what_banks_write_inside_values(
    head: str, write: Callable[..., str], memo: str, text: str
) -> None:
    found = read(file(write(memo=memo), write("-2.00", "DEPOIS"), head=head))
    assert [one.description for one in found.entries] == [text, "DEPOIS"]
    assert signed(found) == ["-1.00", "-2.00"]


def test_the_period_may_stand_behind_the_entries_and_a_fitid_may_hold_brackets() -> None:
    text = file(entry(more="<FITID>20260113<<CARD>>0013</FITID>"), "<DTSTART>20260501</DTSTART><DTEND>20260531</DTEND>")
    found = read(text)
    assert (found.period_start, found.period_end) == (date(2026, 5, 1), date(2026, 5, 31))
    assert [one.fitid for one in found.entries] == ["20260113<<CARD>>0013"]


def test_an_unknown_element_on_a_line_of_its_own_is_no_part_of_the_value_above() -> None:
    text = "<STMTTRN>\n<TRNTYPE>DEBIT\n<DTPOSTED>20260505\n<TRNAMT>-1\n"
    text += "<MEMO>abc\n<CATEGORIA>Casa\n<CHECKNUM>7\n</STMTTRN>\n"
    (one,) = read(file(text)).entries
    assert (one.description, one.nsu) == ("abc", "7")


@pytest.mark.parametrize("change", [("<STMTRS>", "<CCSTMTRS>"), ("</STMTTRN>", ""), ("</BANKTRANLIST>", "")])
def test_closing_tags_that_are_missing_or_others_do_no_harm(change: tuple[str, str]) -> None:
    data = file(entry("-1.00", "A"), entry("2.00", "B"), behind=ledger("5.00")).decode().replace(*change).encode()
    found = read(data)
    assert signed(found) == ["-1.00", "2.00"]
    assert found.balance is not None
    assert found.balance.amount == 5


@pytest.mark.parametrize("head", [SGML, XML])
@pytest.mark.parametrize("amount", [".", "", "-", "um", "1.234", "1.005", "1,2,3", "9" * 40])
def test_an_amount_that_cannot_be_read_is_that_entrys_problem(head: str, amount: str) -> None:
    found = read(file(closed("-1.00", "A"), closed(amount, "RUIM"), closed("3.00", "C"), head=head))
    assert signed(found) == ["-1.00", "3.00"]
    assert (found.skipped, found.unreadable) == (1, 1)
    assert found.remarks[0].line == 9
    assert "RUIM" in found.remarks[0].text
    assert found.remarks[0].is_unreadable


@pytest.mark.parametrize(
    "amount", ["-12,80", "  -12.80", "R$ -12,80", "-R$12,80", "12,80-", "(12,80)", "\u221212,80", "12,80 D"]
)
def test_amounts_of_many_banks_are_read(amount: str) -> None:
    assert signed(read(file(entry(amount)))) == ["-12.80"]


def test_statements_of_one_account_in_one_file_are_all_read() -> None:
    both = statement(entry("-1.00", "MAIO")) + statement(entry("-2.00", "JUNHO", day="20260601"))
    found = parse_statement(f"{SGML}<OFX><BANKMSGSRSV1>{both}</BANKMSGSRSV1></OFX>".encode())
    assert [signed(one) for one in found] == [["-1.00"], ["-2.00"]]
    assert {one.account.number for one in found} == {"12345-6"}


@pytest.mark.parametrize(
    ("stamp", "day", "hour"),
    [
        ("20260505233000[BRT]", "2026-05-05", 2),
        ("20260505233000[-3:BRT]", "2026-05-05", 2),
        ("20260505233000[-03:EST]", "2026-05-05", 2),
        ("20260505233000[-0300]", "2026-05-05", 2),
        ("20260505233000[America/Sao_Paulo]", "2026-05-05", 2),
        ("20260505233000[XYZ]", "2026-05-05", 2),
        ("20260505233000.000[-3]", "2026-05-05", 2),
        ("20260506013000[GMT]", "2026-05-05", 1),
        ("20260506013000[UTC]", "2026-05-05", 1),
        ("20260505233000[AMT]", "2026-05-06", 3),
        ("2026-05-05T23:30:00-03:00", "2026-05-05", 2),
        ("20260505", "2026-05-05", 3),
        ("20260505[BRT]", "2026-05-05", 3),
        ("20260505240000[BRT]", "2026-05-05", 3),
    ],
)
def test_zones_by_number_or_by_name(stamp: str, day: str, hour: int) -> None:
    (one,) = read(file(entry(day=stamp))).entries
    assert (one.day, one.occurred_at.hour) == (date.fromisoformat(day), hour)


def encodings() -> Sequence[tuple[str, bytes]]:
    text = file(entry(memo="AÇÃO JOSÉ")).decode()
    declared = text.replace("CHARSET:1252", "CHARSET:UTF-8")
    mixed = file(entry(memo="AÇÃO JOSÉ"), entry(memo="@")).replace(b"@", "AÇÃO JOSÉ".encode("cp1252"))
    return [
        ("UTF-8 that says 1252", text.encode()),
        ("1252 that says UTF-8", declared.encode("cp1252")),
        ("both in one file", mixed),
        ("UTF-8 with a mark", text.encode("utf-8-sig")),
        ("UTF-16 with a mark", text.encode("utf-16")),
        ("UTF-16 without", text.encode("utf-16-le")),
        ("UTF-16 of the other order", text.encode("utf-16-be")),
        ("lines that end in CR", text.replace("\r\n", "\r").encode("cp1252")),
        ("one line", text.replace("\r\n", " ").encode()),
    ]


@pytest.mark.parametrize(("name", "data"), encodings())
def test_bytes_decide_the_encoding_whatever_the_header_says(name: str, data: bytes) -> None:
    assert {one.description for one in read(data).entries} == {"AÇÃO JOSÉ"}, name


def test_a_longer_character_across_two_blocks_is_read() -> None:
    for shift in range(4):
        data = file(entry(memo="x" * shift + "É" * 40_000), entry(memo="FIM"))
        assert [one.description[-1] for one in read(data).entries] == ["É", "M"]


def test_an_entry_in_another_currency_is_left_out_and_one_that_was_converted_is_not() -> None:
    foreign = "<CURRENCY><CURRATE>5.0<CURSYM>USD</CURRENCY>"
    found = read(file(entry("-1.00", more=foreign), entry("-5.00", more=foreign.replace("CURRENCY", "ORIGCURRENCY"))))
    assert signed(found) == ["-5.00"]
    assert [reason for _, reason in reasons(found)] == ["foreign-currency"]


def test_a_file_of_which_no_entry_can_be_read_is_refused_in_both_languages() -> None:
    with pytest.raises(StatementInvalidError) as caught:
        parse_statement(file(entry("um"), entry("dois")))
    assert "line 8: no amount that can be read: 'um'; line 9" in caught.value.message("en")
    assert "linha 8: valor ilegível: 'um'; linha 9" in caught.value.message("pt")


def test_every_reason_has_words_in_both_languages() -> None:
    for reason in Reason:
        assert describe_reason(reason, "pt") != describe_reason(reason, "en")
