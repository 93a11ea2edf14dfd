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
from malha.banking.rules.remarks import LONGEST_REMARK, Reason, Remark, StatementInvalidError

WIDTH = 240
_BLANK = frozenset({"", "00000000"})
_KINDS = frozenset("0123459")
_DIRECTIONS = {"C": Direction.CREDIT, "D": Direction.DEBIT}


@dataclass
class _Batch:
    account: AccountRef
    opening: Balance | None
    lines: int = 1
    broken: int = 0
    sums: dict[Direction, Decimal] = field(default_factory=lambda: dict.fromkeys(Direction, Decimal(0)))
    first: date | None = None
    last: date | None = None

    def leave_out(self, number: int, text: str, reason: Reason, detail: str) -> Remark:
        """What cannot be read is told, and its amount is missing in the sums."""
        self.lines += 1
        self.broken += 1
        return Remark(number, clean(text)[:LONGEST_REMARK], reason, clean(detail)[:40])


def looks_like_cnab240(head: str) -> bool:
    """Whether the first line can be the header of such a file."""
    first = head.lstrip("\n")[:WIDTH].split("\n", 1)[0]
    return len(first) >= 150 and first[:3].isdecimal() and first[3:8] == "00000" and first[142:143] in {"1", "2"}


def read_cnab240(lines: Iterable[str]) -> Iterator[Entry | Remark | StatementEnd]:
    """The entries of every batch, each account's last one ended by a StatementEnd: banks write a batch a day.

    A segment that cannot be read is remarked upon, and the others stand. StatementInvalidError where all of them can
    and counts or sums of a trailer differ: then no record of fixed places can be trusted.
    """
    file = _File()
    for number, line in _records(lines):
        yield from file.take(line, number)
    yield from file.end()


class _UnreadableFieldError(ValueError):
    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, clean(detail)[:40]
        super().__init__(reason)


@dataclass
class _File:
    """Where in the file the reader is; `ends` are the statements by account, a batch's days added to the last's."""

    batch: _Batch | None = None
    ends: dict[AccountRef, StatementEnd] = field(default_factory=dict)
    current: AccountRef | None = None
    count: int = 0
    is_complete: bool = False
    is_foreign: bool = False
    """Inside a batch of another operation than statements: payments, collections."""

    def take(self, line: str, number: int) -> Iterator[Entry | Remark | StatementEnd]:
        self.count += 1
        if self.is_complete:
            raise _invalid(number, "the file goes on after its trailer", "o arquivo continua depois do trailer")
        match line[7]:
            case "0" if self.count == 1:
                pass
            case "1":
                yield from self._open(line, number)
            case "2" | "3" | "4" if self.is_foreign:
                pass
            case "5" if self.is_foreign:
                self.is_foreign = False
            case "3" if self.batch is not None:
                yield from _read_detail(self.batch, line, number)
            case "5" if self.batch is not None:
                yield from self._close(self.batch, line, number)
            case "9" if self.batch is None:
                _check_file(line, number, self.count)
                self.is_complete = True
            case other if self.batch is not None and other not in _KINDS:
                yield self.batch.leave_out(number, line, Reason.RECORD_UNREADABLE, f"{line[:14].strip()}")
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

    def _open(self, line: str, number: int) -> Iterator[Remark | StatementEnd]:
        if line[8] != "E":
            self.is_foreign = True
            yield Remark(number, clean(line)[:LONGEST_REMARK], Reason.OTHER_BATCH, line[8].strip())
            return
        account = AccountRef(line[0:3], _number(line[52:57], line[57]), _number(line[58:70], line[70]))
        self.batch = _Batch(account, None)
        self.batch.opening, unclear = _balance(line, number)
        yield from unclear
        if self.current is not None and self.current != self.batch.account:
            yield self.ends.pop(self.current)
        self.current = self.batch.account

    def _close(self, batch: _Batch, line: str, number: int) -> Iterator[Remark]:
        closing, unclear = _balance(line, number)
        yield from unclear
        _check_batch(batch, line, number)
        end = StatementEnd(
            source=Source.CNAB240,
            account=batch.account,
            period_start=batch.opening.day if batch.opening else batch.first,
            period_end=closing.day if closing else batch.last,
            opening=batch.opening,
            balance=closing,
        )
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
        if plain.strip():
            yield number, plain.ljust(WIDTH)


def _invalid(number: int, english: str, portuguese: str) -> StatementInvalidError:
    return StatementInvalidError(f"line {number}: {english}", f"linha {number}: {portuguese}")


def _number(digits: str, check: str) -> str | None:
    plain = digits.strip().lstrip("0")
    return f"{plain}-{check}" if plain and check.strip() else plain or None


def _balance(line: str, number: int) -> tuple[Balance | None, list[Remark]]:
    """A balance that cannot be read is none, and is remarked upon."""
    if line[142:150].strip() in _BLANK:
        return None, []
    try:
        amount, day = _amount(line[150:168]), _day(line[142:150])
    except _UnreadableFieldError as error:
        return None, [Remark(number, clean(line[142:169]), Reason.BALANCE_UNREADABLE, error.detail)]
    return Balance(-amount if line[168] == "D" else amount, day), []


def _read_detail(batch: _Batch, line: str, number: int) -> Iterator[Entry | Remark]:
    if line[13] != "E" and line[13].isascii() and line[13].isalpha() and len(line) == WIDTH:
        batch.lines += 1
        return  # segments of the bank's own
    if line[13] != "E" or len(line) > WIDTH:
        yield batch.leave_out(number, line, Reason.RECORD_UNREADABLE, line[:14].strip())
        return
    description, document = clean(line[176:201]), clean_or_none(line[201:240])
    try:
        amount = _amount(line[150:168])
        if amount == 0:
            batch.lines += 1
            yield Remark(number, f"{line[142:150]} {description}", Reason.ZERO)
            return
        day = _day(line[142:150])
        direction = _direction(line[168])
    except _UnreadableFieldError as error:
        yield batch.leave_out(number, line[142:201], error.reason, error.detail)
        return
    batch.lines += 1
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


def _check_batch(batch: _Batch, line: str, number: int) -> None:
    """Counts and sums, where every segment could be read: one that could not is the difference, and is told."""
    batch.lines += 1
    if batch.broken:
        return
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
        try:
            told = _amount(field_) if field_.strip() else Decimal(0)
        except _UnreadableFieldError as error:
            raise _invalid(number, f"{error.detail!r} is no sum", f"{error.detail!r} não é uma soma") from error
        found = batch.sums[direction]
        if told not in {found, Decimal(0)}:
            raise _invalid(
                number,
                f"the {direction.lower()}s come to {found}, the trailer says {told}",
                f"os {name} somam {found}, o trailer diz {told}",
            )


def _check_file(line: str, number: int, count: int) -> None:
    told = line[23:29]
    if told.isdecimal() and int(told) not in {count, 0}:
        raise _invalid(
            number,
            f"the file has {count} records, its trailer says {told}",
            f"o arquivo tem {count} registros, o trailer diz {told}",
        )


def _amount(field_: str) -> Decimal:
    if not (field_.isascii() and field_.isdecimal()) or int(field_) > 999_999_999_999_999:
        raise _UnreadableFieldError(Reason.AMOUNT_UNREADABLE, field_)
    return Decimal(int(field_)).scaleb(-2)


def _direction(field_: str) -> Direction:
    direction = _DIRECTIONS.get(field_)
    if direction is None:
        raise _UnreadableFieldError(Reason.DIRECTION_UNCLEAR, field_)
    return direction


def _day(field_: str) -> date:
    if field_.isascii() and field_.isdecimal():
        try:
            return checked_day(int(field_[4:8]), int(field_[2:4]), int(field_[0:2]))
        except ValueError:
            pass  # the same complaint as below
    raise _UnreadableFieldError(Reason.DATE_UNREADABLE, field_)
