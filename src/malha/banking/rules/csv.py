"""A CSV statement row by row: entries, what is no entry, and the balance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from malha.banking.rules.amounts import Written, is_blank, parse_amount, read_written
from malha.banking.rules.balances import Balances
from malha.banking.rules.csv_columns import Columns, find_columns
from malha.banking.rules.csv_dates import DATE_TIME, read_instant
from malha.banking.rules.csv_directions import DirectionRule, choose_rule
from malha.banking.rules.csv_mapping import MONEY, CsvMapping
from malha.banking.rules.csv_running import RunningBalance
from malha.banking.rules.csv_survey import phrase_of, survey_rows
from malha.banking.rules.csv_table import Row, read_table
from malha.banking.rules.entries import (
    AccountRef,
    Balance,
    Direction,
    Entry,
    Source,
    StatementEnd,
    clean,
    clean_or_none,
    find_document,
    normalize_document,
    text_key,
)
from malha.banking.rules.phrases import Phrase
from malha.banking.rules.remarks import Reason, Remark

Item = Entry | Remark | StatementEnd

_PARTY = re.compile(r"^(?:REM|DES|DEST|FAV|REMETENTE|DESTINATARIO|FAVORECIDO|PAGADOR)\s*[.:]\s*", re.IGNORECASE)
_ENTRY_BEGINNING = re.compile(r"[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}\b.*[0-9]")
"""A day and a number behind it in one cell: a row that another delimiter, or none, holds together."""

_DAY_BEHIND = re.compile(r"\s+[0-9]{2}/[0-9]{2}(?:/[0-9]{2,4})?$")
_FUTURE = re.compile(r"(?:LANCAMENTOS? |TRANSACOES )?(?:FUTUROS?|FUTURAS|AGENDADOS|AGENDADAS|PREVISTOS|PROVISIONADOS)")
_PAST = re.compile(r"(?:ULTIMOS )?(?:LANCAMENTOS|EXTRATO|MOVIMENTACOES)(?: REALIZADOS| EFETUADOS| DA CONTA.*)?")


class _UnreadableError(ValueError):
    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason, self.detail = reason, clean(detail)[:40]
        super().__init__(reason)


def read_csv(open_lines: Callable[[], Iterable[str]], mapping: CsvMapping | None = None) -> Iterator[Item]:
    """Entries and remarks in the file's order, then its StatementEnd. The lines are read three times, never kept.

    StatementInvalidError for a file without the columns, MappingNeededError for one whose directions nothing tells.
    """
    mapping = mapping or CsvMapping()
    columns = find_columns(open_lines, mapping)
    survey = survey_rows(read_table(open_lines(), columns.delimiter), columns)
    rule = choose_rule(columns, survey, mapping)
    order = mapping.date_format or survey.orders.order
    form = _Form(columns, rule, mapping.decimal or survey.decimal(), order, survey.plain_debits > 0)
    if rule.is_unconfirmed:
        yield Remark(columns.header_line, columns.title("amount"), Reason.ONE_DIRECTION)
    if order == "mdy" and mapping.date_format is None:
        yield Remark(columns.header_line, columns.title("date"), Reason.MONTH_FIRST)
    yield from _Reading(form).read(read_table(open_lines(), columns.delimiter))


@dataclass(frozen=True, slots=True)
class _Form:
    """How every row of the file is read."""

    columns: Columns
    rule: DirectionRule
    decimal: str
    order: str
    has_plain_debits: bool

    def instant_of(self, row: Row) -> tuple[datetime, date]:
        text = self.columns.get(row, "date")
        try:
            return read_instant(text, self.order)
        except ValueError as error:
            raise _UnreadableError(Reason.DATE_UNREADABLE, text) from error

    def money(self, text: str) -> Decimal:
        written = self._written(text)
        try:
            return written.value(self.decimal)
        except ValueError as error:
            raise _UnreadableError(Reason.AMOUNT_UNREADABLE, text) from error

    def amount_of(self, row: Row) -> tuple[Decimal, Direction]:
        """What went which way; the amount is zero where nothing did."""
        texts = {name: self.columns.get(row, name) for name in MONEY}
        if not is_blank(texts["amount"]):
            amount = self.money(texts["amount"])
            direction = self.rule.read(row, self._written(texts["amount"]))
            if direction is None and amount:
                raise _UnreadableError(Reason.DIRECTION_UNCLEAR)
            return abs(amount), direction or Direction.CREDIT
        inward = Decimal(0) if is_blank(texts["credit"]) else self.money(texts["credit"])
        debit = Decimal(0) if is_blank(texts["debit"]) else self.money(texts["debit"])
        if is_blank(texts["credit"]) and is_blank(texts["debit"]):
            raise _UnreadableError(Reason.AMOUNT_MISSING)
        if inward and debit:
            raise _UnreadableError(Reason.AMOUNT_TWICE)
        # Among debits without a sign, one with a minus is a refund; where all have it, it is what makes them debits.
        signed = inward - debit if self.has_plain_debits else inward + debit
        return abs(signed), Direction.DEBIT if signed < 0 else Direction.CREDIT

    def _written(self, text: str) -> Written:
        written = read_written(text)
        if written is None:
            raise _UnreadableError(Reason.AMOUNT_UNREADABLE, text)
        return written

    def balance_of(self, row: Row) -> Decimal | None:
        """What a row's balance column says, or, at a row of a balance, its only amount."""
        texts = [self.columns.get(row, "balance"), *(self.columns.get(row, name) for name in MONEY)]
        for text in texts:
            written = read_written(text)
            if written is not None:
                try:
                    shown = written.decimal_mark
                    amount = parse_amount(text) if shown not in {"", "?"} else written.value(self.decimal)
                except ValueError:
                    return None
                is_out = not written.is_negative and self.rule.place is not None and text != texts[0]
                is_out = is_out and self.rule.read(row, written) is Direction.DEBIT
                return -amount if is_out else amount
        return None


@dataclass
class _Reading:
    form: _Form
    balances: Balances = field(default_factory=Balances)
    running: RunningBalance = field(default_factory=RunningBalance)
    first: date | None = None
    last: date | None = None
    pending: Entry | None = None
    undated: list[tuple[Phrase, Decimal]] = field(default_factory=list)
    is_continued: bool = False
    is_future: bool = False

    def read(self, rows: Iterable[Row]) -> Iterator[Item]:
        for row in rows:
            if row.is_blank or (row.line == self.form.columns.header_line):
                continue
            if self.pending is not None and self._is_continued(row):
                self.pending = _continue(self.pending, row, is_first=not self.is_continued)
                self.is_continued = True
                continue
            yield from self._flush()
            found = self._read_row(row)
            if isinstance(found, Entry):
                self.pending, self.is_continued = found, False
            else:
                yield found
        yield from self._flush()
        yield self._end()

    def _flush(self) -> Iterator[Entry]:
        if self.pending is not None:
            yield self.pending
        self.pending = None

    def _is_continued(self, row: Row) -> bool:
        """Text without a day and money below an entry, where the bank writes the payee (Bradesco, Sicoob)."""
        columns = self.form.columns
        is_text = bool(columns.get(row, "description")) and not columns.get(row, "date")
        return is_text and phrase_of(row, columns) is None and not self._has_money(row)

    def _has_money(self, row: Row) -> bool:
        return any(not is_blank(self.form.columns.get(row, name)) for name in (*MONEY, "balance"))

    def _read_row(self, row: Row) -> Entry | Remark:
        reason = self._find_reason(row)
        if reason is not None:
            return Remark(row.line, row.text, reason)
        try:
            entry = self._read_entry(row)
        except _UnreadableError as error:
            return Remark(row.line, row.text, error.reason, error.detail)
        if self.is_future:
            return Remark(row.line, row.text, Reason.FUTURE)
        if entry.amount == 0:
            return Remark(row.line, row.text, Reason.ZERO)
        self._note_entry(entry, row)
        return entry

    def _find_reason(self, row: Row) -> Reason | None:
        """Why a row is not even read as an entry; what it tells of balances and sections is noted."""
        columns = self.form.columns
        if row.line < columns.header_line:
            return Reason.PREAMBLE
        if row.cells == columns.titles:
            return Reason.HEADER
        phrase = phrase_of(row, columns)
        if phrase is not None:
            self._note(phrase, row)
            return Reason.BALANCE if phrase.is_balance else Reason[phrase.name]
        has_day = DATE_TIME.fullmatch(columns.get(row, "date")) is not None
        if has_day or self._has_money(row) or _ENTRY_BEGINNING.match(row.text):
            return None
        self._note_section(text_key(row.text))
        return Reason.TEXT

    def _note_section(self, text: str) -> None:
        if _FUTURE.fullmatch(text):
            self.is_future = True
        elif _PAST.fullmatch(text):
            self.is_future = False

    def _read_entry(self, row: Row) -> Entry:
        get = self.form.columns.get
        occurred_at, day = self.form.instant_of(row)
        amount, direction = self.form.amount_of(row)
        description, name, kind = (get(row, field) for field in ("description", "counterpart_name", "direction"))
        document = normalize_document(get(row, "counterpart_document"))
        is_told = self.form.rule.place in self.form.columns.places.get("direction", ())
        return Entry(
            day=day,
            amount=amount,
            direction=direction,
            occurred_at=occurred_at,
            description=clean(description or name or kind),
            kind=None if is_told else clean_or_none(kind),
            counterpart_document=document or find_document(f"{description} {name}"),
            counterpart_name=name or None,
            fitid=clean_or_none(get(row, "fitid")),
            nsu=clean_or_none(get(row, "nsu")),
        )

    def _note_entry(self, entry: Entry, row: Row) -> None:
        self.first, self.last = min(self.first or entry.day, entry.day), max(self.last or entry.day, entry.day)
        signed = entry.amount if entry.direction is Direction.CREDIT else -entry.amount
        balance = None if is_blank(self.form.columns.get(row, "balance")) else self.form.balance_of(row)
        self.running.note(entry.day, signed, balance)
        self.balances.is_newest_first = self.running.is_newest_first

    def _note(self, phrase: Phrase, row: Row) -> None:
        amount = self.form.balance_of(row) if phrase.is_balance else None
        if amount is None:
            return
        try:
            day = read_instant(self.form.columns.get(row, "date"), self.form.order)[1]
        except ValueError:
            if phrase is Phrase.CLOSING and self.last is not None:
                self.undated.append((phrase, amount))
            return
        self.balances.note(phrase, Balance(amount, day))

    def _end(self) -> StatementEnd:
        told, running = self.balances.closing(), self.running.closing()
        candidates = [balance for balance in (told, running) if balance is not None]
        balance = max(candidates, key=lambda balance: balance.day, default=None)
        if balance is None and len(self.undated) == 1 and self.last is not None:
            balance = Balance(self.undated[0][1], self.last)
        return StatementEnd(
            source=Source.CSV,
            account=AccountRef(),
            period_start=self.first,
            period_end=self.last,
            opening=self.balances.opening,
            balance=balance,
        )


def _continue(entry: Entry, row: Row, *, is_first: bool) -> Entry:
    """The entry with the text below it: a line that is alone, or says so, names the counterpart."""
    text = clean(" ".join(filter(None, row.cells)))
    name = clean(_DAY_BEHIND.sub("", _PARTY.sub("", text)))
    description = clean(f"{entry.description} {text}")
    is_named = _PARTY.match(text) is not None or (is_first and entry.counterpart_name is None)
    return replace(
        entry,
        description=description,
        counterpart_name=name if is_named else entry.counterpart_name if is_first else None,
        counterpart_document=entry.counterpart_document or find_document(description),
    )
