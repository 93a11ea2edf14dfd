"""CNAB 240 account statements (FEBRABAN's "extrato de conta corrente para conciliação bancária", segment E).

Positions are FEBRABAN's, counted from 1: batches of operation E, details of type 3 segment E, sums in the batch's
trailer. Banks leave fields of their own in the gaps, which are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from malha.banking.rules._entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementData,
    StatementInvalidError,
    checked_day,
    clean,
    clean_or_none,
    find_document,
    start_of_day,
)

WIDTH = 240
_BLANK = frozenset({"", "00000000"})


@dataclass
class _Batch:
    account: AccountRef
    opening: Balance | None
    lines: int = 1
    entries: list[Entry] = field(default_factory=list)
    skipped: int = 0


def looks_like_cnab240(text: str) -> bool:
    """Whether the first line can be the header of such a file."""
    first = text.lstrip("\ufeff")[:WIDTH].split("\n", 1)[0].rstrip("\r")
    return len(first) >= 150 and first[:3].isdecimal() and first[3:8] == "00000" and first[142:143] in {"1", "2"}


def parse_cnab240(text: str) -> list[StatementData]:
    """Every batch of the file as a statement; StatementInvalidError where counts or sums of its trailers differ."""
    lines = _lines(text)
    statements: list[StatementData] = []
    batch: _Batch | None = None
    for number, line in enumerate(lines, 1):
        match line[7]:
            case "0" if number == 1:
                continue
            case "1":
                batch = _open_batch(line, number)
            case "3" if batch is not None:
                _take_detail(batch, line, number)
            case "5" if batch is not None:
                statements.append(_close_batch(batch, line, number))
                batch = None
            case "9" if batch is None:
                _check_file(line, number, len(lines))
            case other:
                raise StatementInvalidError(f"line {number}: a record of type {other!r} is out of place")
    if lines[-1][7] != "9":
        raise StatementInvalidError("the file stops before its trailer")
    if not statements:
        raise StatementInvalidError("no batch of account statements in the file")
    return statements


def _lines(text: str) -> list[str]:
    plain = text.lstrip("\ufeff").rstrip("\x1a\r\n \0")
    if "\n" in plain or "\r" in plain:
        lines = [line for line in plain.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip("\x1a ")]
    else:
        lines = [plain[start : start + WIDTH] for start in range(0, len(plain), WIDTH)]
    for number, line in enumerate(lines, 1):
        if not 14 <= len(line) <= WIDTH:
            raise StatementInvalidError(f"line {number} has {len(line)} characters instead of {WIDTH}")
    if not lines:
        raise StatementInvalidError("the file is empty")
    return [line.ljust(WIDTH) for line in lines]  # some tools cut trailing blanks


def _open_batch(line: str, number: int) -> _Batch:
    if line[8] != "E":
        raise StatementInvalidError(f"line {number}: a batch of operation {line[8]!r} is no statement")
    account = AccountRef(line[0:3], _number(line[52:57], line[57]), _number(line[58:70], line[70]))
    return _Batch(account, _balance(line, number))


def _number(digits: str, check: str) -> str | None:
    plain = digits.strip().lstrip("0")
    return f"{plain}-{check}" if plain and check.strip() else plain or None


def _balance(line: str, number: int) -> Balance | None:
    if line[142:150].strip() in _BLANK:
        return None
    amount = _amount(line[150:168], number)
    return Balance(-amount if line[168] == "D" else amount, _day(line[142:150], number))


def _take_detail(batch: _Batch, line: str, number: int) -> None:
    batch.lines += 1
    if line[13] != "E":
        return  # segments of the bank's own
    amount = _amount(line[150:168], number)
    if amount == 0:
        batch.skipped += 1
        return
    if line[168] not in {"C", "D"}:
        raise StatementInvalidError(f"line {number}: {line[168]!r} is neither C nor D")
    day = _day(line[142:150], number)
    description, document = clean(line[176:201]), clean_or_none(line[201:240])
    batch.entries.append(
        Entry(
            day=day,
            amount=amount,
            direction=Direction.CREDIT if line[168] == "C" else Direction.DEBIT,
            occurred_at=start_of_day(day),
            description=description,
            kind=clean_or_none(line[169:172]),
            counterpart_document=find_document(f"{description} {document or ''}"),
            nsu=document,
        )
    )


def _close_batch(batch: _Batch, line: str, number: int) -> StatementData:
    batch.lines += 1
    counted = line[170:176]
    if counted.isdecimal() and int(counted) not in {batch.lines, batch.lines - 2}:
        raise StatementInvalidError(f"line {number}: the batch has {batch.lines} records, its trailer says {counted}")
    for direction, field_ in ((Direction.DEBIT, line[176:194]), (Direction.CREDIT, line[194:212])):
        told = _amount(field_, number) if field_.strip() else Decimal(0)
        found = sum((entry.amount for entry in batch.entries if entry.direction is direction), Decimal(0))
        if told not in {found, Decimal(0)}:
            raise StatementInvalidError(
                f"line {number}: the {direction.lower()}s come to {found}, the trailer says {told}"
            )
    closing = _balance(line, number)
    days = [entry.day for entry in batch.entries]
    return StatementData(
        source=Source.CNAB240,
        account=batch.account,
        entries=batch.entries,
        period_start=batch.opening.day if batch.opening else min(days, default=None),
        period_end=closing.day if closing else max(days, default=None),
        balance=closing,
        skipped=batch.skipped,
    )


def _check_file(line: str, number: int, count: int) -> None:
    if number != count:
        raise StatementInvalidError(f"line {number}: the file goes on after its trailer")
    told = line[23:29]
    if told.isdecimal() and int(told) not in {count, 0}:
        raise StatementInvalidError(f"line {number}: the file has {count} records, its trailer says {told}")


def _amount(field_: str, number: int) -> Decimal:
    if not (field_.isascii() and field_.isdecimal()):
        raise StatementInvalidError(f"line {number}: {field_.strip()!r} is no amount")
    if int(field_) > 999_999_999_999_999:
        raise StatementInvalidError(f"line {number}: {field_} is more than any account holds")
    return Decimal(int(field_)).scaleb(-2)


def _day(field_: str, number: int) -> date:
    if field_.isascii() and field_.isdecimal():
        try:
            return checked_day(int(field_[4:8]), int(field_[2:4]), int(field_[0:2]))
        except ValueError:
            pass  # the same complaint as below
    raise StatementInvalidError(f"line {number}: {field_.strip()!r} is no date")
