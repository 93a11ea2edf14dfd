"""Part numbers from a CSV or XLSX list: its titles found, its rows read, and what is not used named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from malha.guarded.tables import Line, Table, read_tables
from malha.kit.text import plain, visible
from malha.kit.titles import column_letters
from malha.partnumbers.errors import DocumentUnreadableError
from malha.partnumbers.rules.columns import Field, count_titles, find_columns, read_ncm
from malha.partnumbers.rules.documents import Item, Leftover, Reading, Reason
from malha.partnumbers.schemas.requests import MOST_IN_BATCH
from malha.partnumbers.service._reading import Taken, take_reading

TITLE_LINES = 20
"""How far down the titles of the columns may be."""

LOOKED_AT = 500
MOST_LEFT_OVER = 10_000
_TEXTS = (Field.DESCRIPTION, Field.MANUFACTURER, Field.COUNTRY)


def read_list(file: BinaryIO, name: str, *, supplier: str | None) -> Taken:
    """The part numbers of a list. Raises GuardedError, DocumentUnreadableError, UploadTypeRefusedError. Blocks."""
    seen = [_look_at(table) for table in read_tables(file, name)]
    best = max(range(len(seen)), key=lambda place: len(seen[place].columns) if seen[place].has_numbers else -1)
    if not seen[best].has_numbers:
        titles = max((view.titles for view in seen), key=len)
        shown = ", ".join(visible(str(title)) for title in titles if title)
        raise DocumentUnreadableError(
            pt="falta a coluna dos part numbers" + (f"; o arquivo tem {shown}" if shown else ""),
            en="there is no column of part numbers" + (f"; the file has {shown}" if shown else ""),
        )
    with closing(next(islice(read_tables(file, name), best, None)).lines) as lines:
        return _read(lines, seen[best], name, supplier)


@dataclass(frozen=True, slots=True)
class _View:
    """The top of a table, in one of the ways to read the file."""

    layout: str
    titles: Sequence[Any]
    above: int
    """How many lines stand above the titles."""
    columns: dict[Field, int]

    @property
    def has_numbers(self) -> bool:
        return Field.PARTNUMBER in self.columns


def _look_at(table: Table) -> _View:
    layout = "xlsx" if table.sheet is not None else "csv"
    with closing(table.lines) as lines:
        top = list(islice(lines, TITLE_LINES + LOOKED_AT))
    place = _find_titles(top) if top else None
    if place is None:
        return _View(layout, (), 0, find_columns((), [cells for _, cells in top]))
    titles = top[place][1]
    return _View(layout, titles, place, find_columns(titles, [cells for _, cells in top[place + 1 :]]))


def _find_titles(top: Sequence[Line]) -> int | None:
    """The first line that names the most fields; None in a list without titles."""
    counts = [count_titles(cells) for _, cells in top[:TITLE_LINES]]
    most = max(counts)
    return counts.index(most) if most else None


def _read(lines: Iterator[Line], view: _View, name: str, supplier: str | None) -> Taken:
    reading, columns, titles = Reading(view.layout), view.columns, view.titles
    _leave(reading, list(islice(lines, view.above)), Reason.BESIDE_TABLE)
    rows = islice(lines, 1 if titles else 0, None)
    found: dict[str, Item] = {}
    for line, cells in rows:
        item = _item(line, cells, columns)
        if item is None:
            _leave(reading, [(line, cells)], Reason.ROW_WITHOUT_NUMBER)
            continue
        place = columns.get(Field.NCM)
        if place is not None and item.ncm is None and _text(cells, place):
            _leave(reading, [(line, cells)], Reason.CODE_UNKNOWN)
        if found.setdefault(item.partnumber, item) is not item and not _is_same(found[item.partnumber], item):
            _leave(reading, [(line, cells)], Reason.REPEATED)
        if len(found) > MOST_IN_BATCH:
            raise DocumentUnreadableError(
                pt=f"mais de {MOST_IN_BATCH} part numbers", en=f"more than {MOST_IN_BATCH} part numbers"
            )
    reading.items = list(found.values())
    used = set(columns.values())
    named = [_title(titles, place) for place in range(len(titles)) if place not in used and titles[place]]
    return take_reading(
        reading,
        name,
        supplier=supplier,
        has_pages=False,
        columns={field.value: _title(titles, place) for field, place in columns.items()},
        unused_columns=named,
    )


def _leave(reading: Reading, rows: Sequence[Line], reason: Reason) -> None:
    for line, cells in rows:
        if len(reading.leftovers) >= MOST_LEFT_OVER:
            return
        text = " | ".join(visible(str(cell)) for cell in cells if cell is not None and str(cell).strip())
        reading.leftovers.append(Leftover(0, line, text, reason))


def _item(line: int, cells: Sequence[Any], columns: dict[Field, int]) -> Item | None:
    number = plain(_text(cells, columns[Field.PARTNUMBER])).upper()
    if len(number) < 3 or not any(map(str.isalnum, number)):
        return None
    texts = {field: _text(cells, columns[field]) or None for field in _TEXTS if field in columns}
    code = _text(cells, columns[Field.NCM]) if Field.NCM in columns else ""
    return Item(
        number,
        0,
        line,
        texts.get(Field.DESCRIPTION),
        texts.get(Field.MANUFACTURER),
        read_ncm(code) if code else None,
        texts.get(Field.COUNTRY),
    )


def _is_same(known: Item, item: Item) -> bool:
    return (known.description, known.manufacturer, known.ncm, known.country) == (
        item.description, item.manufacturer, item.ncm, item.country,
    )  # fmt: skip


def _text(cells: Sequence[Any], place: int) -> str:
    cell = cells[place] if place < len(cells) else None
    if cell is None or isinstance(cell, dict):  # an error, or a formula without a result
        return ""
    return visible(str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)).replace("\0", "")


def _title(titles: Sequence[Any], place: int) -> str:
    title = titles[place] if place < len(titles) else None
    return visible(str(title)) if title else column_letters(place)
