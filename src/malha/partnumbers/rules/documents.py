"""A document read: its part numbers with where they stand, and every line that was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from malha.fiscal.tables import ncm as nomenclature
from malha.kit.titles import bare_words
from malha.partnumbers.rules.columns import OWN_CODES, Field
from malha.partnumbers.rules.document_cells import (
    Said,
    code_of,
    is_number,
    read_labelled,
    read_labels,
    read_ordered,
    read_slashed,
)
from malha.partnumbers.rules.document_tables import Row, Table, find_tables
from malha.partnumbers.rules.document_words import Line

LAYOUTS = {"slashes": "mouser-invoice", "labels": "xwork-invoice", "order": "purchase-order", "columns": "table"}
_COUNTRY = re.compile(r"[A-Za-z]{2,3}\b|[A-Za-zÀ-ÿ .]{4,40}")


class Reason(StrEnum):
    """Why a line was not understood."""

    ROW_WITHOUT_NUMBER = "row-without-number"
    """In a table of parts, a row in which no part number was recognised."""
    BESIDE_TABLE = "beside-table"
    """Outside of any table: addresses, terms, totals."""
    CODE_UNKNOWN = "code-unknown"
    """The row was read, but its NCM is none."""
    REPEATED = "repeated"
    """The part number stands in an earlier line with other words."""
    NUMBER_INVALID = "number-invalid"
    """What stands where the part number should is none."""
    TOO_MANY = "too-many"
    """More part numbers than one task takes."""


@dataclass(frozen=True, slots=True)
class Item:
    """A part number as the document has it. `line` is the first that speaks of it."""

    partnumber: str
    page: int
    line: int
    description: str | None = None
    manufacturer: str | None = None
    ncm: str | None = None
    """Eight digits of the nomenclature, or the six or four that are known."""
    country: str | None = None
    is_doubted: bool = False
    """Whether a second reader did not find the number."""


class Leftover(NamedTuple):
    """A line that was not understood."""

    page: int
    line: int
    text: str
    reason: Reason


@dataclass(slots=True)
class Reading:
    """What a document says."""

    layout: str = "unknown"
    items: list[Item] = field(default_factory=list[Item])
    leftovers: list[Leftover] = field(default_factory=list[Leftover])


def read_document(pages: Iterable[Sequence[Line]]) -> Reading:
    """The part numbers of a document whose pages are given as lines."""
    reader = _Reader()
    for lines in pages:
        reader.read_page(lines)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._reading = Reading()
        self._forms: dict[str, int] = {}
        self._table: Table | None = None
        self._by_number: dict[str, Item] = {}

    def read_page(self, lines: Sequence[Line]) -> None:
        """The tables of a page, then the labelled blocks beside them."""
        tables, outside = find_tables(lines, self._table)
        self._table = tables[-1] if tables else None
        for table in tables:
            for row in table.rows:
                self._read_row(table, row)
            outside += table.rest
        for block in _blocks(sorted(outside, key=lambda line: line.number)):
            self._read_block(block)

    def finish(self) -> Reading:
        """The reading, with its layout: the form that most of its part numbers had."""
        if self._forms:
            self._reading.layout = LAYOUTS[max(self._forms, key=lambda form: self._forms[form])]
        self._reading.items = list(self._by_number.values())
        self._reading.leftovers.sort(key=lambda leftover: (leftover.page, leftover.line))
        return self._reading

    def _read_row(self, table: Table, row: Row) -> None:
        said = _read_cells(table, row)
        if said is None:
            self._leave(row.lines, Reason.ROW_WITHOUT_NUMBER)
        else:
            self._add(said, row.lines)

    def _read_block(self, block: Sequence[Line]) -> None:
        text = " ".join(line.text for line in block)
        said = read_slashed(text) or read_labelled(text) or _read_order_line(text)
        if said is None:
            self._leave(block, Reason.BESIDE_TABLE)
        else:
            self._add(said, block)

    def _add(self, said: Said, lines: Sequence[Line]) -> None:
        first = lines[0]
        number = said.values[Field.PARTNUMBER].strip(" ,;").upper()
        ncm = code_of(said)
        if ncm is None and said.get(Field.NCM):
            self._leave(lines[:1], Reason.CODE_UNKNOWN)
        item = Item(
            number,
            first.page,
            first.number,
            said.get(Field.DESCRIPTION),
            said.get(Field.MANUFACTURER),
            ncm,
            _country(said.get(Field.COUNTRY)),
        )
        self._forms[said.form] = self._forms.get(said.form, 0) + 1
        known = self._by_number.setdefault(number, item)
        if known is not item:
            self._by_number[number] = _merged(known, item)
            if _differs(known, item):
                self._leave(lines[:1], Reason.REPEATED)

    def _leave(self, lines: Sequence[Line], reason: Reason) -> None:
        self._reading.leftovers += [Leftover(line.page, line.number, line.text, reason) for line in lines]


def _read_cells(table: Table, row: Row) -> Said | None:
    """By the table's columns; where number and description share one, by how the cell is written."""
    texts = {
        column.field: row.text(place) for place, column in enumerate(table.columns) if column.field and row.text(place)
    }
    shared = texts.get(Field.DESCRIPTION) or texts.get(Field.PARTNUMBER) or ""
    whole = texts.get(Field.PARTNUMBER, "")
    for cell in filter(None, dict.fromkeys((whole, shared))):
        if said := read_slashed(cell) or read_labelled(cell):
            return _with_columns(said, texts)
    if _is_number_of(table, whole):
        values = {item: text for item, text in texts.items() if item is not Field.LINE}
        labelled = read_labels(texts.get(Field.DESCRIPTION, ""))
        return Said("columns", labelled | values)
    said = read_ordered(whole) or read_ordered(shared)
    return _with_columns(said, texts) if said else None


def _is_number_of(table: Table, cell: str) -> bool:
    """Whether a cell of the column of part numbers holds one: where the buyer's own codes may stand, if it looks so."""
    place = table.place(Field.PARTNUMBER)
    if place is None or " " in cell or len(cell) < 3 or not any(map(str.isalnum, cell)):
        return False
    return is_number(cell) or bare_words(table.columns[place].title) not in OWN_CODES


def _with_columns(said: Said, texts: dict[Field, str]) -> Said:
    """What the other columns say, where the cell does not."""
    others = (Field.NCM, Field.MANUFACTURER, Field.COUNTRY)
    beside = {item: texts[item] for item in others if item in texts and item not in said.values}
    return Said(said.form, said.values | beside)


_ORDER_LINE = re.compile(r"^[0-9]{1,4}\s+(?P<body>.+?)\s+(?:[0-9]{4}\s+)?[0-9]{2}/[0-9]{2}/[0-9]{2,4}\b")
"""A purchase order without titles: a number, the item, a day."""


def _read_order_line(text: str) -> Said | None:
    found = _ORDER_LINE.match(text)
    if found is None:
        return None
    code, _, described = found["body"].partition(" ")
    return read_ordered(described or code)


def _blocks(lines: Sequence[Line]) -> Iterable[list[Line]]:
    """Lines outside of tables; those that follow one with a label of a part number go with it."""
    block: list[Line] = []
    for line in lines:
        labels = read_labels(line.text)
        is_beginning = Field.PARTNUMBER in labels or _ORDER_LINE.match(line.text) is not None
        is_next = bool(block) and line.page == block[-1].page and line.number == block[-1].number + 1
        if block and not is_beginning and is_next and labels and _has_number(block):
            block.append(line)
            continue
        if block:
            yield block
        block = [line]
    if block:
        yield block


def _has_number(block: Sequence[Line]) -> bool:
    return Field.PARTNUMBER in read_labels(" ".join(line.text for line in block))


def _country(text: str | None) -> str | None:
    found = _COUNTRY.match(text.strip()) if text else None
    return found[0].strip() if found else None


def _merged(known: Item, item: Item) -> Item:
    names = ("description", "manufacturer", "ncm", "country")
    return replace(known, **{name: getattr(known, name) or getattr(item, name) for name in names})


def _differs(known: Item, item: Item) -> bool:
    names = ("manufacturer", "ncm", "country")
    return any(
        getattr(known, name) and getattr(item, name) and getattr(known, name) != getattr(item, name) for name in names
    )


def doubt(reading: Reading, words: Iterable[str]) -> Reading:
    """The reading with doubts about the numbers that a second reader's words do not have."""
    seen = {word.upper().strip(",;:") for word in words}
    joined = " ".join(sorted(seen))
    items = [
        item if item.partnumber in seen or item.partnumber in joined else replace(item, is_doubted=True)
        for item in reading.items
    ]
    return Reading(reading.layout, items, reading.leftovers)


def is_full_code(ncm: str | None, on: date) -> bool:
    """Whether it is a whole NCM code, in force on a day."""
    return ncm is not None and len(ncm) == 8 and nomenclature.is_known(ncm, on)
