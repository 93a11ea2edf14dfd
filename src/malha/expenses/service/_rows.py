"""Rows of a table become expenses, or are named: why they cannot be read, or why they are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

from pydantic import ValidationError

from malha.expenses.rules.cells import (
    are_american_amounts,
    are_american_days,
    read_amount,
    read_cnpj,
    read_day,
    read_text,
)
from malha.expenses.rules.columns import Field, is_filled
from malha.expenses.schemas import ExpenseItem
from malha.guarded import UNSAVED_FORMULA
from malha.kit.refusals import ValueRefusedError
from malha.kit.text import visible
from malha.wording import explain_validation

SHOWN_TEXT = 120
_TOTAL = re.compile(
    r"(?:sub|grand|soma)?[ -]?tota(?:l|is)\b|soma(?:t[óo]ri[oa])?\b|acumulado\b|saldo\b|sum\b", re.IGNORECASE
)
_UNSTORABLE = re.compile("[\0\ufffd]")


class SkipReason(StrEnum):
    """Why a row that says something is no expense."""

    ABOVE_TITLES = "above-titles"
    TITLES_AGAIN = "titles-again"
    TOTAL = "total"
    NOTE = "note"
    OTHER_COLUMNS = "other-columns"


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is no expense: where, what stands in it, and why it was passed over."""

    line: int
    text: str
    reason: SkipReason


class RowUnreadableError(Exception):
    """A row that cannot be read: what is wrong, by the cells' places from 0."""

    def __init__(self, problems: Mapping[int, ValueRefusedError]) -> None:
        super().__init__(str(problems))
        self.problems = problems


class RowReader:
    """Reads the rows of one table, by its columns and by how its first rows write amounts and days."""

    def __init__(
        self, titles: Sequence[Any], columns: Mapping[Field, int], rows: Sequence[Sequence[Any]], *, day_zero: date
    ) -> None:
        self._titles = titles
        self._columns = columns
        self._fields = {place: field for field, place in columns.items()}
        self._sum = Decimal(0)
        amounts, days = (self._column(rows, field) for field in (Field.AMOUNT, Field.DAY))
        self._readers: Mapping[Field, Callable[[Any], Any]] = {
            Field.CNPJ: read_cnpj,
            Field.AMOUNT: partial(read_amount, is_american=are_american_amounts(amounts)),
            Field.DAY: partial(read_day, is_american=are_american_days(days), day_zero=day_zero),
        }

    def read(self, line: int, cells: Sequence[Any]) -> ExpenseItem | SkippedRow | None:
        """The expense of a row, or why it is none; None for an empty row. Raises RowUnreadableError."""
        filled = {place: cell for place, cell in enumerate(cells) if is_filled(cell)}
        if not filled:
            return None
        reason = self._reason_to_skip(filled)
        if reason is not None:
            return SkippedRow(line, show_row(cells), reason)
        item = self._item(filled)
        self._sum += item.amount or 0
        return item

    def _column(self, rows: Sequence[Sequence[Any]], field: Field) -> list[Any]:
        place = self._columns.get(field)
        return [] if place is None else [row[place] for row in rows if place < len(row)]

    def _item(self, filled: Mapping[int, Any]) -> ExpenseItem:
        values: dict[str, Any] = {}
        problems: dict[int, ValueRefusedError] = {}
        for place, field in self._fields.items():
            if place in filled:
                try:
                    values[field] = self._readers.get(field, read_text)(_readable(filled[place]))
                except ValueRefusedError as error:
                    problems[place] = error
        if problems:
            raise RowUnreadableError(problems)
        try:
            return ExpenseItem.model_validate(values)
        except ValidationError as error:
            raise RowUnreadableError(
                {self._columns[Field(str(found["loc"][0]))]: _explain(found) for found in error.errors()}
            ) from error

    def _reason_to_skip(self, filled: Mapping[int, Any]) -> SkipReason | None:
        used = filled.keys() & self._fields.keys()
        if not used:
            return SkipReason.OTHER_COLUMNS
        if self._is_titles(filled):
            return SkipReason.TITLES_AGAIN
        if self._names_supplier(filled):
            return None
        if self._is_total(filled):
            return SkipReason.TOTAL
        return SkipReason.NOTE if len(filled) == 1 and _is_sentence(next(iter(filled.values()))) else None

    def _is_titles(self, filled: Mapping[int, Any]) -> bool:
        return len(filled) > 1 and all(
            place < len(self._titles) and self._titles[place] == cell for place, cell in filled.items()
        )

    def _names_supplier(self, filled: Mapping[int, Any]) -> bool:
        try:
            read_cnpj(_readable(filled.get(self._columns[Field.CNPJ], "")))
        except ValueRefusedError:
            return False
        return True

    def _is_total(self, filled: Mapping[int, Any]) -> bool:
        """A row without a supplier that says so, or that is nothing but the sum of those above it."""
        labels = [place for place, cell in filled.items() if isinstance(cell, str) and _TOTAL.match(visible(cell))]
        service = self._columns[Field.SERVICE]
        if labels:
            return service not in filled or service in labels
        if set(filled) != {self._columns.get(Field.AMOUNT)} or not self._sum:
            return False
        try:
            return self._readers[Field.AMOUNT](_readable(*filled.values())) == self._sum
        except ValueRefusedError:
            return False


def show_row(cells: Sequence[Any]) -> str:
    """The beginning of a row for people."""
    return " | ".join(visible(_seen(cell)) for cell in cells if is_filled(cell))[:SHOWN_TEXT]


def _seen(cell: Any) -> str:
    return str(cell["error"] if isinstance(cell, dict) else cell)


def _is_sentence(cell: Any) -> bool:
    return isinstance(cell, str) and any(mark in visible(cell) for mark in " :") and any(map(str.isalpha, cell))


def _readable(cell: Any) -> Any:
    """A cell that has a value; ValueRefusedError for one whose value nobody can tell."""
    if isinstance(cell, dict):
        if cell["error"] == UNSAVED_FORMULA:
            raise ValueRefusedError(pt="a fórmula não tem resultado salvo", en="the formula has no saved result")
        raise ValueRefusedError(
            pt=f"a célula tem o erro {cell['error']}", en=f"the cell holds the error {cell['error']}"
        )
    if isinstance(cell, str) and _UNSTORABLE.search(cell):
        raise ValueRefusedError(pt="a célula tem caracteres ilegíveis", en="the cell holds unreadable characters")
    return cell


def _explain(found: Any) -> ValueRefusedError:
    """What a value that was read is not allowed to be."""
    return ValueRefusedError(pt=explain_validation(found, "pt"), en=explain_validation(found, "en"))
