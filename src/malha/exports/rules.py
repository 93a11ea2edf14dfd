"""Columns of exported lists, and what their values are in a text file, a spreadsheet and JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from malha.kit.clock import SAO_PAULO
from malha.kit.spreadsheet import neutralize


class Format(StrEnum):
    """Kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"


class Kind(StrEnum):
    """What a column holds, None aside: `str`, `int`, `Decimal`, `date`, an aware `datetime`, `bool`, JSON."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    INSTANT = "instant"
    FLAG = "flag"
    OBJECT = "object"


class Column(NamedTuple):
    """`name` is the API's word for it and the key in JSON, `heading` the title in tables.

    Lists are registered with Portuguese headings; `english` is given where the API's word is no English title.
    """

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    english: str = ""

    def in_language(self, language: str) -> Column:
        """With the heading in Portuguese for `pt`, in English otherwise."""
        if language == "pt":
            return self
        return self._replace(heading=self.english or self.name.replace("_", " ").capitalize())


Row = Sequence[Any]
"""Values in the order of the columns."""


class Cell(NamedTuple):
    """What a spreadsheet stores: a number, a day or wall-clock time without zone, or text."""

    value: Any
    kind: Kind


MOST_CELL_CHARACTERS = 32_767
_EXACT_DIGITS = 15
_FIRST_YEAR = 1900


def as_text(value: Any, kind: Kind, language: str = "pt") -> str | None:
    """The value as tables write it: the wall clock of São Paulo, a decimal comma and `sim` in Portuguese."""
    if value is None:
        return None
    if language != "pt" and kind in _ENGLISH_TEXTS:
        return _ENGLISH_TEXTS[kind](value)
    return _TEXTS[kind](value)


def as_cell(value: Any, kind: Kind, language: str = "pt") -> Cell | None:
    """The value as a cell; what a cell cannot hold as it is (16 digits, the year 1899) becomes text."""
    if value is None:
        return None
    if kind is Kind.MONEY or kind is Kind.NUMBER:
        if _is_exact(value):
            return Cell(float(value), kind)
    elif kind is Kind.DAY:
        if value.year >= _FIRST_YEAR:
            return Cell(value, kind)
    elif kind is Kind.INSTANT and (local := _wall_clock(value)).year >= _FIRST_YEAR:
        return Cell(local, kind)
    text = neutralize(as_text(value, kind, language) or "")
    if len(text) > MOST_CELL_CHARACTERS:
        text = text[: MOST_CELL_CHARACTERS - 1] + "…"
    return Cell(text, Kind.TEXT)


def as_json(columns: Sequence[Column], row: Row) -> bytes:
    """The row as an object in the API's own words: money as text, so that no reader rounds it, instants in UTC."""
    named = {column.name: value for column, value in zip(columns, row, strict=True)}
    return orjson.dumps(named, default=str, option=orjson.OPT_UTC_Z)


def as_document(document: Any) -> bytes:
    """A document of a published standard: amounts are numbers there, written to their last digit."""
    return orjson.dumps(document, default=_exact_number)


def _exact_number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{value!r} is no JSON")


def _is_exact(value: int | Decimal) -> bool:
    """Whether a spreadsheet's number, which has fifteen digits, tells the value as it is."""
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= _EXACT_DIGITS
    return len(str(value)) <= _EXACT_DIGITS


def _wall_clock(instant: datetime) -> datetime:
    try:
        return instant.astimezone(SAO_PAULO).replace(tzinfo=None)
    except OverflowError:  # the first and the last day of all
        return instant.replace(tzinfo=None)


def _with_comma(amount: Decimal) -> str:
    return format(amount, "f").replace(".", ",")


def _to_the_second(instant: datetime) -> str:
    return _wall_clock(instant).isoformat(" ", "seconds")


def _in_portuguese(flag: bool) -> str:  # noqa: FBT001 - the value of a cell
    return "sim" if flag else "não"


def _in_english(flag: bool) -> str:  # noqa: FBT001 - the value of a cell
    return "yes" if flag else "no"


def _packed(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.NUMBER: str,
    Kind.MONEY: _with_comma,
    Kind.DAY: str,
    Kind.INSTANT: _to_the_second,
    Kind.FLAG: _in_portuguese,
    Kind.OBJECT: _packed,
}
_ENGLISH_TEXTS: dict[Kind, Callable[[Any], str]] = {Kind.MONEY: str, Kind.FLAG: _in_english}
