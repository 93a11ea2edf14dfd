"""A statement file of any format."""

from __future__ import annotations

from malha.banking.rules._cnab240 import looks_like_cnab240, parse_cnab240
from malha.banking.rules._csv import CsvMapping, parse_csv
from malha.banking.rules._encoding import decode
from malha.banking.rules._entries import AccountRef, StatementData, StatementInvalidError
from malha.banking.rules._ofx import looks_like_ofx, parse_ofx


def parse_statement(data: bytes, mapping: CsvMapping | None = None) -> list[StatementData]:
    """The statements of a file, its format told by its content; StatementInvalidError when it is none that is known."""
    text = decode(data)
    if not text.strip():
        raise StatementInvalidError("the file is empty")
    if looks_like_ofx(text):
        return parse_ofx(text)
    if looks_like_cnab240(text):
        return parse_cnab240(text)
    return parse_csv(text, mapping)


def choose_statement(statements: list[StatementData], account: AccountRef) -> StatementData:
    """The statement of this account; StatementInvalidError when the file speaks of others only."""
    fitting = [each for each in statements if _agree(each.account.number, account.number)]
    if len(fitting) == 1:
        return fitting[0]
    told = ", ".join(each.account.number or "?" for each in statements)
    if fitting:
        raise StatementInvalidError(f"the file holds several accounts ({told}): give this account its number")
    raise StatementInvalidError(f"the file is of account {told}, not of {account.number}")


def _agree(told: str | None, known: str | None) -> bool:
    """Whether two spellings can mean one account: check digit and branch stand before, behind, or nowhere."""
    left, right = _digits(told), _digits(known)
    if not left or not right:
        return True
    short, long = sorted((left, right), key=len)
    return short == long or (len(short) >= 4 and (long.endswith(short) or long[:-1].endswith(short)))


def _digits(text: str | None) -> str:
    return "".join(filter(str.isalnum, text or "")).upper().lstrip("0")
