"""CNAB 240 account statements (FEBRABAN's "extrato de conta corrente para conciliação bancária", segment E).

Positions are FEBRABAN's, counted from 1: batches of operation E, details of type 3 segment E, sums in the batch's
trailer. Banks leave fields of their own in the gaps, which are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from malha.banking.rules.entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementEnd,
    checked_day,
    clean,
    clean_or_none,
    find_document,
    start_of_day,
)
from malha.banking.rules.remarks import Reason, Remark, StatementInvalidError

WIDTH = 240
_BLANK = frozenset({"", "00000000"})


@dataclass
class _Batch:
    account: AccountRef
    opening: Balance | None
    lines: int = 1
    sums: dict[Direction, Decimal] = field(default_factory=lambda: dict.fromkeys(Direction, Decimal(0)))
    first: date | None = None
    last: date | None = None


def looks_like_cnab240(head: str) -> bool:
    """Whether the first line can be the header of such a file."""
    first = head.lstrip("\n")[:WIDTH].split("\n", 1)[0]
    return len(first) >= 150 and first[:3].isdecimal() and first[3:8] == "00000" and first[142:143] in {"1", "2"}


def read_cnab240(lines: Iterable[str]) -> Iterator[Entry | Remark | StatementEnd]:
    """The entries of every batch, each account's last one ended by a StatementEnd: banks write a batch a day.

    StatementInvalidError where counts or sums of a trailer differ: then no record of fixed places can be trusted.
    """
    file = _File()
    for number, line in _records(lines):
        yield from file.take(line, number)
    yield from file.end()


@dataclass
class _File:
    """Where in the file the reader is; `ends` are the statements by account, a batch's days added to the last's."""

    batch: _Batch | None = None
    ends: dict[AccountRef, StatementEnd] = field(default_factory=dict)
    current: AccountRef | None = None
    count: int = 0
    is_complete: bool = False

    def take(self, line: str, number: int) -> Iterator[Entry | Remark | StatementEnd]:
        self.count += 1
        if self.is_complete:
            raise _invalid(number, "the file goes on after its trailer", "o arquivo continua depois do trailer")
        match line[7]:
            case "0" if self.count == 1:
                pass
            case "1":
                yield from self._open(line, number)
            case "3" if self.batch is not None:
                yield from _read_detail(self.batch, line, number)
            case "5" if self.batch is not None:
                self._close(self.batch, line, number)
            case "9" if self.batch is None:
                _check_file(line, number, self.count)
                self.is_complete = True
            case other:
                raise _invalid(
                    number, f"a record of type {other!r} is out of place", f"registro de tipo {other!r} fora de lugar"
                )

    def end(self) -> Iterator[StatementEnd]:
        if not self.is_complete:
            raise StatementInvalidError("the file stops before its trailer", "o arquivo termina antes do trailer")
        if self.current is None:
            raise StatementInvalidError(
                "no batch of account statements in the file", "não há lote de extrato de conta no arquivo"
            )
        yield self.ends[self.current]

    def _open(self, line: str, number: int) -> Iterator[StatementEnd]:
        self.batch = _open_batch(line, number)
        if self.current is not None and self.current != self.batch.account:
            yield self.ends.pop(self.current)
        self.current = self.batch.account

    def _close(self, batch: _Batch, line: str, number: int) -> None:
        end = _close_batch(batch, line, number)
        known = self.ends.get(batch.account)
        self.ends[batch.account] = end if known is None else _join(known, end)
        self.batch = None


def _join(one: StatementEnd, other: StatementEnd) -> StatementEnd:
    """Two batches of one account: from the first opening to the last closing."""
    days = [day for end in (one, other) for day in (end.period_start, end.period_end) if day is not None]
    openings = [end.opening for end in (one, other) if end.opening is not None]
    closings = [end.balance for end in (one, other) if end.balance is not None]
    return replace(
        one,
        period_start=min(days, default=None),
        period_end=max(days, default=None),
        opening=min(openings, key=lambda balance: balance.day, default=None),
        balance=max(reversed(closings), key=lambda balance: balance.day, default=None),
    )


def _records(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Records, padded, with the lines on which they stand; some tools cut trailing blanks."""
    for number, line in enumerate(lines, 1):
        plain = line.rstrip("\n").rstrip("\x1a")
        if not plain.strip():
            continue
        if not 14 <= len(plain) <= WIDTH:
            raise _invalid(
                number, f"{len(plain)} characters instead of {WIDTH}", f"{len(plain)} caracteres em vez de {WIDTH}"
            )
        yield number, plain.ljust(WIDTH)


def _invalid(number: int, english: str, portuguese: str) -> StatementInvalidError:
    return StatementInvalidError(f"line {number}: {english}", f"linha {number}: {portuguese}")


def _open_batch(line: str, number: int) -> _Batch:
    if line[8] != "E":
        raise _invalid(
            number, f"a batch of operation {line[8]!r} is no statement", f"lote de operação {line[8]!r} não é extrato"
        )
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


def _read_detail(batch: _Batch, line: str, number: int) -> Iterator[Entry | Remark]:
    batch.lines += 1
    if line[13] != "E":
        return  # segments of the bank's own
    amount = _amount(line[150:168], number)
    description, document = clean(line[176:201]), clean_or_none(line[201:240])
    if amount == 0:
        yield Remark(number, f"{line[142:150]} {description}", Reason.ZERO)
        return
    if line[168] not in {"C", "D"}:
        raise _invalid(number, f"{line[168]!r} is neither C nor D", f"{line[168]!r} não é C nem D")
    direction = Direction.CREDIT if line[168] == "C" else Direction.DEBIT
    day = _day(line[142:150], number)
    batch.sums[direction] += amount
    batch.first, batch.last = min(batch.first or day, day), max(batch.last or day, day)
    yield Entry(
        day=day,
        amount=amount,
        direction=direction,
        occurred_at=start_of_day(day),
        description=description,
        kind=clean_or_none(line[169:172]),
        counterpart_document=find_document(f"{description} {document or ''}"),
        nsu=document,
    )


def _close_batch(batch: _Batch, line: str, number: int) -> StatementEnd:
    batch.lines += 1
    counted = line[170:176]
    if counted.isdecimal() and int(counted) not in {batch.lines, batch.lines - 2}:
        raise _invalid(
            number,
            f"the batch has {batch.lines} records, its trailer says {counted}",
            f"o lote tem {batch.lines} registros, o trailer diz {counted}",
        )
    for direction, field_, name in (
        (Direction.DEBIT, line[176:194], "débitos"),
        (Direction.CREDIT, line[194:212], "créditos"),
    ):
        told = _amount(field_, number) if field_.strip() else Decimal(0)
        found = batch.sums[direction]
        if told not in {found, Decimal(0)}:
            raise _invalid(
                number,
                f"the {direction.lower()}s come to {found}, the trailer says {told}",
                f"os {name} somam {found}, o trailer diz {told}",
            )
    closing = _balance(line, number)
    return StatementEnd(
        source=Source.CNAB240,
        account=batch.account,
        period_start=batch.opening.day if batch.opening else batch.first,
        period_end=closing.day if closing else batch.last,
        opening=batch.opening,
        balance=closing,
    )


def _check_file(line: str, number: int, count: int) -> None:
    told = line[23:29]
    if told.isdecimal() and int(told) not in {count, 0}:
        raise _invalid(
            number,
            f"the file has {count} records, its trailer says {told}",
            f"o arquivo tem {count} registros, o trailer diz {told}",
        )


def _amount(field_: str, number: int) -> Decimal:
    if not (field_.isascii() and field_.isdecimal()):
        raise _invalid(number, f"{field_.strip()!r} is no amount", f"{field_.strip()!r} não é um valor")
    if int(field_) > 999_999_999_999_999:
        raise _invalid(number, f"{field_} is more than any account holds", f"{field_} é mais do que uma conta pode ter")
    return Decimal(int(field_)).scaleb(-2)


def _day(field_: str, number: int) -> date:
    if field_.isascii() and field_.isdecimal():
        try:
            return checked_day(int(field_[4:8]), int(field_[2:4]), int(field_[0:2]))
        except ValueError:
            pass  # the same complaint as below
    raise _invalid(number, f"{field_.strip()!r} is no date", f"{field_.strip()!r} não é uma data")
