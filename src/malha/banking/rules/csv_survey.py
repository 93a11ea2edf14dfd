"""What all rows of a CSV file say together about how to read each of them, in counts that do not grow with the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from malha.banking.rules.amounts import Written, read_written
from malha.banking.rules.csv_columns import Columns
from malha.banking.rules.csv_dates import DATE_TIME, DateOrders
from malha.banking.rules.csv_inward import InwardProof
from malha.banking.rules.csv_mapping import MONEY, read_told
from malha.banking.rules.csv_table import Row
from malha.banking.rules.entries import Direction, text_key
from malha.banking.rules.phrases import Phrase, read_phrase
from malha.banking.rules.remarks import StatementInvalidError

MOST_WORDS = 60
"""Different texts by which a column may still be one of directions."""


def phrase_of(row: Row, columns: Columns) -> Phrase | None:
    """What a row tells instead of a transaction, by its text, or by the cell where a day should be."""
    text = " ".join(filter(None, (columns.get(row, name) for name in ("description", "counterpart_name"))))
    day = columns.get(row, "date")
    if not text and DATE_TIME.fullmatch(day):
        text = columns.get(row, "direction")
    return read_phrase(text) or (None if DATE_TIME.fullmatch(day) else read_phrase(day))


@dataclass
class Survey:
    """Counts over the rows that have a day and money, and are no balance."""

    rows: int = 0
    is_ambiguous: bool = False
    orders: DateOrders = field(default_factory=DateOrders)
    marked: int = 0
    """Amounts with a sign, brackets, C or D."""

    plain_debits: int = 0
    told: int = 0
    contradicted: int = 0
    proof: InwardProof = field(default_factory=InwardProof)
    words: dict[int, dict[str, set[bool]] | None] = field(default_factory=dict)
    """By column, its texts, each with whether its amounts are negative; None where there are too many."""

    _decimals: dict[str, int] = field(default_factory=dict)
    _balance_decimals: dict[str, int] = field(default_factory=dict)

    def note(self, row: Row, columns: Columns) -> None:
        """Take in one row."""
        match = DATE_TIME.fullmatch(columns.get(row, "date"))
        amounts = {name: read_written(columns.get(row, name)) for name in MONEY}
        written = next((amount for amount in amounts.values() if amount), None)
        balance = read_written(columns.get(row, "balance"))
        if phrase_of(row, columns) is not None:
            self.proof.note_balance(_exact(balance or written))
        elif match is not None and written is not None:
            self._note_entry(row, columns, match["date"], amounts)

    def _note_entry(self, row: Row, columns: Columns, day: str, amounts: dict[str, Written | None]) -> None:
        balance = read_written(columns.get(row, "balance"))
        self.rows += 1
        self.orders.note(day)
        for amount in amounts.values():
            self._note_decimal(self._decimals, amount, row.line)
        self._note_decimal(self._balance_decimals, balance, row.line)
        if amounts["amount"] is not None:
            told = read_told(text_key(columns.get(row, "description")))
            self._note_direction(row, columns, amounts["amount"], told)
            is_told = told is Direction.CREDIT or not amounts["amount"].digits.strip("0.,")
            self.proof.note_entry(_exact(amounts["amount"]), _exact(balance), is_told=is_told)
        elif amounts["debit"] is not None and amounts["debit"].digits.strip("0.,"):
            self.plain_debits += not amounts["debit"].is_negative

    @property
    def is_all_inward(self) -> bool:
        """Whether each entry is proved to be money in."""
        return self.rows in {self.proof.forwards, self.proof.backwards}

    def decimal(self) -> str:
        """Point or comma, whichever all amounts agree with; StatementInvalidError where they do not, or show either."""
        if len(self._decimals) > 1:
            comma, point = self._decimals[","], self._decimals["."]
            raise StatementInvalidError(
                f"line {comma} has a decimal comma and line {point} a decimal point: give `decimal` in a mapping",
                f"a linha {comma} tem vírgula decimal e a linha {point} ponto decimal: informe `decimal` no mapping",
            )
        votes = self._decimals or self._balance_decimals
        if len(votes) == 1:
            return next(iter(votes))
        if self.is_ambiguous:
            raise StatementInvalidError(
                "amounts such as 1.234 can be read in two ways: give `decimal` in a mapping",
                "valores como 1.234 podem ser lidos de duas maneiras: informe `decimal` no mapping",
            )
        return ","

    def _note_decimal(self, votes: dict[str, int], written: Written | None, line: int) -> None:
        mark = written.decimal_mark if written else ""
        if mark == "?":
            self.is_ambiguous = True
        elif mark:
            votes.setdefault(mark, line)

    def _note_direction(self, row: Row, columns: Columns, written: Written, told: Direction | None) -> None:
        if not written.digits.strip("0.,"):
            return
        self.marked += bool(written.mark)
        if told is not None and written.mark:
            is_same = written.is_negative == (told is Direction.DEBIT)
            self.told += is_same
            self.contradicted += not is_same
        for place in (*columns.places.get("direction", ()), *columns.unplaced):
            self._note_word(place, row.get(place), is_negative=written.is_negative)

    def _note_word(self, place: int, text: str, *, is_negative: bool) -> None:
        words = self.words.setdefault(place, {})
        word = word_key(text)
        if words is None or not word:
            return
        words.setdefault(word, set()).add(is_negative)
        if len(words) > MOST_WORDS:
            self.words[place] = None


def _exact(written: Written | None) -> Decimal | None:
    """An amount that can be read in one way only."""
    if written is None or written.decimal_mark == "?":
        return None
    try:
        return written.value(written.decimal_mark or ",")
    except ValueError:
        return None


def word_key(text: str) -> str:
    """A cell of a column of directions as it is compared: `+` and `-` stay."""
    return text_key(text) or text.strip()


def survey_rows(rows: Iterable[Row], columns: Columns) -> Survey:
    """The survey of all rows below the titles."""
    survey = Survey()
    for row in rows:
        if row.line > columns.header_line:
            survey.note(row, columns)
    return survey
