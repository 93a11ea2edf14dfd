"""Statement files of every format, written from the same entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `amount` is signed."""

    day: date
    amount: Decimal
    text: str = "PIX ENVIADO"
    fitid: str | None = None
    nsu: str | None = None

    @classmethod
    def of(cls, day: str, amount: str, text: str = "PIX ENVIADO", **fields: Any) -> Line:
        return cls(date.fromisoformat(day), Decimal(amount), text, **fields)


def ofx(lines: Sequence[Line], *, number: str = "12345-6", encoding: str = "cp1252", charset: str = "1252") -> bytes:
    """OFX 1.02, with closing tags on aggregates only."""
    header = f"OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:{charset}\r\n\r\n"
    return (header + _ofx_body(lines, number, close=False)).encode(encoding)


def ofx_xml(lines: Sequence[Line], *, number: str = "12345-6", prologue: str = "") -> bytes:
    """OFX 2.11; `prologue` stands between the declaration and the root."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n{prologue}'
    return (head + _ofx_body(lines, number, close=True)).encode()


def _ofx_body(lines: Sequence[Line], number: str, *, close: bool) -> str:
    def leaf(name: str, value: str) -> str:
        return f"<{name}>{escape(value)}" + (f"</{name}>" if close else "") + "\r\n"

    entries = "".join(
        "<STMTTRN>\r\n"
        + leaf("TRNTYPE", "DEBIT" if line.amount < 0 else "CREDIT")
        + leaf("DTPOSTED", f"{line.day:%Y%m%d}000000[-3:BRT]")
        + leaf("TRNAMT", str(line.amount))
        + (leaf("FITID", line.fitid) if line.fitid else "")
        + (leaf("CHECKNUM", line.nsu) if line.nsu else "")
        + leaf("MEMO", line.text)
        + "</STMTTRN>\r\n"
        for line in lines
    )
    return (
        "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>\r\n"
        + leaf("CURDEF", "BRL")
        + "<BANKACCTFROM>"
        + leaf("BANKID", "0341")
        + leaf("BRANCHID", "0001")
        + leaf("ACCTID", number)
        + leaf("ACCTTYPE", "CHECKING")
        + "</BANKACCTFROM><BANKTRANLIST>"
        + leaf("DTSTART", "20260101")
        + leaf("DTEND", "20261231")
        + entries
        + "</BANKTRANLIST><LEDGERBAL>"
        + leaf("BALAMT", "1234.56")
        + leaf("DTASOF", "20261231")
        + "</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n"
    )


def cnab240(lines: Sequence[Line], *, number: int = 12345, digit: str = "6") -> bytes:
    """An account statement of Banco do Brasil."""
    holder = "2" + "11222333000181" + "CONVENIO".ljust(20) + "00001" + "9" + f"{number:012}" + digit + " "
    company = "CONDOMINIO DAS FLORES".ljust(30)
    first, last = min(line.day for line in lines), max(line.day for line in lines)

    def amount(value: Decimal) -> str:
        return f"{int(abs(value) * 100):018}"

    header = "00100000".ljust(17) + holder + company + "BANCO DO BRASIL".ljust(40)
    header += "2" + f"{last:%d%m%Y}" + "120000" + "000001" + "089" + "00000"
    opening = "00100011E0440033 " + holder + company + " " * 40 + f"{first:%d%m%Y}" + amount(Decimal(0)) + "CFBRL00001"
    details = [
        f"00100013{no:05}E   "
        + holder
        + company
        + " " * 6
        + "DPV00"
        + " " * 20
        + "S"
        + f"{line.day:%d%m%Y}" * 2
        + amount(line.amount)
        + ("D" if line.amount < 0 else "C")
        + "1170038"
        + line.text[:25].ljust(25)
        + (line.nsu or "").ljust(39)
        for no, line in enumerate(lines, 1)
    ]
    debits = sum((-line.amount for line in lines if line.amount < 0), Decimal(0))
    credits_ = sum((line.amount for line in lines if line.amount > 0), Decimal(0))
    closing = "00100015".ljust(17) + holder + " " * 16 + "0" * 54 + f"{last:%d%m%Y}" + amount(Decimal("99.90")) + "CF"
    closing += f"{len(lines) + 2:06}" + amount(debits) + amount(credits_)
    trailer = "00199999".ljust(17) + "000001" + f"{len(lines) + 4:06}" + "000001"
    return "".join(f"{line:<240}\r\n" for line in [header, opening, *details, closing, trailer]).encode("cp1252")


def csv(lines: Sequence[Line], *, delimiter: str = ";", header: str = "Data;Histórico;Documento;Valor") -> bytes:
    """As Brazilian banks write it."""
    rows = [header.replace(";", delimiter)]
    for line in lines:
        whole, cents = f"{abs(line.amount):.2f}".split(".")
        grouped = f"{int(whole):,}".replace(",", ".")
        value = f"{'-' if line.amount < 0 else ''}{grouped},{cents}"
        rows.append(delimiter.join([f"{line.day:%d/%m/%Y}", f'"{line.text}"', line.nsu or "", f'"{value}"']))
    return "\r\n".join(rows).encode("cp1252")
