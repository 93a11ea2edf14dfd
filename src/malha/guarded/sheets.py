"""Rows of an XLSX file's first sheet. Runs in the child."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from malha.guarded._overlooked import Overlooked, find_overlooked, has_values
from malha.guarded.errors import RefusedError
from malha.guarded.limits import MEBIBYTE
from malha.kit.markup import MarkupExcessError, MarkupLimits, check_markup

HEADER_LINES = 20
"""Lines in which cells that are merged downwards count for each of their lines: titles are merged, data is not."""

MOST_ENTRIES = 10_000
MOST_UNPACKED_BYTES = 1024 * 1024 * 1024
MOST_PART_BYTES = 16 * MEBIBYTE
BOOK_LIMITS = MarkupLimits(elements=100_000)
_BOOK_PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_EXACT = 10**15

_COUNTS_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\b[^>]*\bdate1904=["'](?:1|true)["']""")

Row = list[Any]


def read_rows(source: BinaryIO) -> Iterator[Row | dict[str, Any]]:
    """What sheet it is, then its rows that are not empty: their line numbers, then their cells from column A on.

    The sheet is `{"sheet": its name, "is_1904": whether days count from 1904, "others": sheets that are not read}`.

    Texts, numbers without what a spreadsheet does not show (15 digits, no `.0`), days and times as ISO 8601 has them,
    null for an empty cell. A cell that holds an error, or a formula whose result was not saved, is `{"error": ...}`.
    """
    archive = _open(source)
    try:
        source.seek(0)
        book = CalamineWorkbook.from_filelike(source)
        sheet, others = _first_sheet(book)
        is_1904 = _COUNTS_FROM_1904.search(archive.read("xl/workbook.xml")) is not None
        yield {
            "sheet": sheet.name,
            "is_1904": is_1904,
            "others": [name for name in others if has_values(archive, name)],
        }
        yield from _rows(sheet, find_overlooked(archive, sheet.name))
    except PasswordError as error:
        raise RefusedError(
            "encrypted", "a planilha está protegida por senha", "the spreadsheet is protected by a password"
        ) from error
    except (CalamineError, zipfile.BadZipFile, KeyError, SyntaxError) as error:
        raise RefusedError("damaged", "a planilha está danificada", "the spreadsheet is damaged") from error


def _open(source: BinaryIO) -> zipfile.ZipFile:
    """The archive, unless its own directory says that it is none of ours. What it conceals meets the limits."""
    try:
        archive = zipfile.ZipFile(source)
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise RefusedError("damaged", "a planilha está danificada", "the spreadsheet is damaged") from error
    if "xl/workbook.xml" not in archive.NameToInfo:
        raise RefusedError("not-xlsx", "o arquivo não é uma planilha XLSX", "the file is not an XLSX spreadsheet")
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
        raise _too_large()
    for name in _BOOK_PARTS:
        _check_part(archive, name)
    return archive


def _check_part(archive: zipfile.ZipFile, name: str) -> None:
    """The small parts that every reader makes a tree of; those with the cells are read as a stream."""
    try:
        if archive.getinfo(name).file_size > MOST_PART_BYTES:
            raise _too_large()
        check_markup(archive.read(name), BOOK_LIMITS)
    except MarkupExcessError as error:
        raise _too_large() from error
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedError("damaged", "a planilha está danificada", "the spreadsheet is damaged") from error


def _too_large() -> RefusedError:
    return RefusedError(
        "too-large", "a planilha é grande demais depois de descompactada", "the spreadsheet unpacks to too much"
    )


def _first_sheet(book: CalamineWorkbook) -> tuple[CalamineSheet, list[str]]:
    """The first one that people see and that is not empty, and the names of those that they see after it."""
    seen = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    ]
    for place, name in enumerate(seen, 1):
        found = book.get_sheet_by_name(name)
        if found.start is not None:
            return found, seen[place:]
    raise RefusedError("empty", "a planilha está vazia", "the spreadsheet is empty")


def _rows(sheet: CalamineSheet, overlooked: Iterable[Overlooked]) -> Iterator[Row]:
    first_column = sheet.start[1] if sheet.start else 0
    marks: dict[int, list[Overlooked]] = {}
    for mark in overlooked:
        marks.setdefault(mark.line, []).append(mark)
    titles = _Titles(sheet)
    for line, cells in enumerate(sheet.iter_rows(), 1):
        row: Row = [None] * first_column + [_value(cell) for cell in cells]
        if line <= HEADER_LINES:
            titles.fill(row, line)
        row = _marked(row, marks.pop(line, ()))
        if row:
            yield [line, *row]
    for line in sorted(marks):  # below the last line that has a value
        yield [line, *_marked([], marks[line])]


def _value(cell: Any) -> Any:
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < _EXACT:
            return int(cell)
        return float(f"{cell:.15g}")
    return None if cell == "" else cell


def _marked(row: Row, marks: Iterable[Overlooked]) -> Row:
    """The row with its overlooked cells told, and without the empty ones at its end."""
    for mark in marks:
        row += [None] * (mark.column + 1 - len(row))
        row[mark.column] = mark.value
    while row and row[-1] is None:
        row.pop()
    return row


class _Titles:
    """Repeats what stands in the first of some merged cells in those below it."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self._seen: dict[tuple[int, int], Any] = {}
        self._merged: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
            for line in range(top + 2, min(bottom + 1, HEADER_LINES) + 1):
                self._merged.setdefault(line, []).append((top + 1, left))

    def fill(self, row: Row, line: int) -> None:
        self._seen.update({(line, column): value for column, value in enumerate(row)})
        for first, column in self._merged.get(line, ()):
            if column < len(row):
                row[column] = self._seen.get((first, column))
