"""A statement file of any format."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from malha.banking.rules.cnab240 import WIDTH, looks_like_cnab240, read_cnab240
from malha.banking.rules.csv import read_csv
from malha.banking.rules.csv_mapping import CsvMapping
from malha.banking.rules.encoding import read_blocks, read_lines
from malha.banking.rules.entries import AccountRef, Entry, StatementData, StatementEnd, StatementTold
from malha.banking.rules.ofx import looks_like_ofx, read_ofx
from malha.banking.rules.remarks import Remark, StatementInvalidError

MOST_REMARKS = 1000
MOST_PROBLEMS = 20
_HEAD = 4096

Item = Entry | Remark | StatementEnd
Told = TypeVar("Told", bound=StatementTold)


def read_statement(file: BinaryIO, mapping: CsvMapping | None = None) -> Iterator[Item]:
    """What a seekable file tells, its format told by its content, in memory that does not grow with the file.

    Entries and remarks in the file's order; a StatementEnd ends each account's part. Raises StatementInvalidError,
    perhaps behind entries, for a file of which nothing may be taken, and MappingNeededError, before any entry.
    """
    head = next(filter(str.strip, read_blocks(file)), "")[:_HEAD]
    if not head.strip():
        raise StatementInvalidError("the file is empty", "o arquivo está vazio")
    if looks_like_ofx(head):
        return read_ofx(read_blocks(file), mapping.positive_is if mapping else None)
    if looks_like_cnab240(head):
        return read_cnab240(read_lines(file, width=WIDTH))
    return read_csv(lambda: read_lines(file), mapping)


def parse_statement(data: bytes, mapping: CsvMapping | None = None) -> list[StatementData]:
    """The statements of a file that fits into memory; StatementInvalidError also where no entry of it can be read."""
    return list(collect(read_statement(io.BytesIO(data), mapping)))


def collect(items: Iterable[Item]) -> Iterator[StatementData]:
    """Each statement with its entries; StatementInvalidError for one that has entries of which none can be read."""
    entries: list[Entry] = []
    tally = Tally()
    for item in items:
        told = tally.note(item)
        if isinstance(item, Entry):
            entries.append(item)
        elif told is not None:
            yield StatementData(**{name: getattr(told, name) for name in StatementTold.__slots__}, entries=entries)
            entries = []


@dataclass(slots=True)
class Tally:
    """Counts and remarks of the statement whose items are noted, in memory that does not grow with them."""

    _entries: int = 0
    _remarks: list[Remark] = field(default_factory=list[Remark])
    _skipped: int = 0
    _unreadable: int = 0

    def note(self, item: Item) -> StatementTold | None:
        """The whole statement at its end; StatementInvalidError where none of its entries can be read."""
        if isinstance(item, Entry):
            self._entries += 1
        elif isinstance(item, Remark):
            self._note_remark(item)
        else:
            return self._end(item)
        return None

    def _note_remark(self, remark: Remark) -> None:
        self._skipped += not remark.is_warning
        self._unreadable += remark.is_unreadable
        if len(self._remarks) < MOST_REMARKS or (remark.is_unreadable and self._unreadable <= MOST_PROBLEMS):
            self._remarks.append(remark)

    def _end(self, end: StatementEnd) -> StatementTold:
        if self._unreadable and not self._entries:
            raise _nothing_readable(self._remarks, self._unreadable)
        told = StatementTold(
            source=end.source,
            account=end.account,
            period_start=end.period_start,
            period_end=end.period_end,
            opening=end.opening,
            balance=end.balance,
            remarks=self._remarks,
            skipped=self._skipped,
            unreadable=self._unreadable,
            entry_count=self._entries,
        )
        self._entries, self._remarks, self._skipped, self._unreadable = 0, [], 0, 0
        return told


def _nothing_readable(remarks: Sequence[Remark], count: int) -> StatementInvalidError:
    problems = [remark for remark in remarks if remark.is_unreadable][:MOST_PROBLEMS]
    more = count - len(problems)
    english = [f"line {remark.line}: {remark.describe('en')}" for remark in problems]
    portuguese = [f"linha {remark.line}: {remark.describe('pt')}" for remark in problems]
    if more:
        english.append(f"... and {more} more")
        portuguese.append(f"... e mais {more}")
    return StatementInvalidError("; ".join(english), "; ".join(portuguese))


def choose_statements(statements: Sequence[Told], account: AccountRef) -> list[Told]:
    """The statements of this account, in the file's order; StatementInvalidError when the file speaks of others only.

    Where the account has no number yet, all of the file must be of one.
    """
    fitting = [statement for statement in statements if _agree(statement.account.number, account.number)]
    told = ", ".join(dict.fromkeys(statement.account.number or "?" for statement in statements))
    if len({_digits(statement.account.number) for statement in fitting}) > 1:
        raise StatementInvalidError(
            f"the file holds several accounts ({told}): give this account its number",
            f"o arquivo traz várias contas ({told}): informe o número desta conta",
        )
    if not fitting:
        raise StatementInvalidError(
            f"the file is of account {told}, not of {account.number}",
            f"o arquivo é da conta {told}, não da conta {account.number}",
        )
    return fitting


def _agree(told: str | None, known: str | None) -> bool:
    """Whether two spellings can mean one account: check digit and branch stand before, behind, or nowhere."""
    left, right = _digits(told), _digits(known)
    if not left or not right:
        return True
    short, long = sorted((left, right), key=len)
    return short == long or (len(short) >= 4 and (long.endswith(short) or long[:-1].endswith(short)))


def _digits(text: str | None) -> str:
    return "".join(filter(str.isalnum, text or "")).upper().lstrip("0")
