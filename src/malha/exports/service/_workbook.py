"""A list as an XLSX file: typed cells, written row by row into a folder of its own and packed at the end."""

# pyright: basic
# (XlsxWriter's annotations leave half of its types open.)

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from malha.exports.rules import Column, Kind, Row, as_cell
from malha.exports.service._registry import ExportList, Pages

MOST_ROWS = 1_048_575
"""What a sheet holds below its headings; longer lists go on in another sheet."""

FOLDER_PREFIX = "malha-export-"
ABANDONED_SECONDS = 6 * 3600
BLOCK_BYTES = 1024 * 1024

_FORMS = {
    Kind.MONEY: "#,##0.00",
    Kind.NUMBER: "0",
    Kind.DAY: "dd/mm/yyyy",
    Kind.INSTANT: "dd/mm/yyyy hh:mm:ss",
}
_WIDTHS = {Kind.TEXT: 20, Kind.OBJECT: 30, Kind.INSTANT: 19}
_USUAL_WIDTH = 12


async def write_xlsx(export_list: ExportList, pages: Pages) -> AsyncGenerator[bytes, None]:
    """The packed workbook. Its rows wait on the disk as XML meanwhile, and twice there while they are packed."""
    await asyncio.to_thread(_remove_abandoned)
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        path = Path(folder) / "list.xlsx"
        book = _Book(path, export_list)
        try:
            async for page in pages:
                book.add(page)
            await asyncio.to_thread(book.close)
        except BaseException:
            book.discard()
            raise
        with path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
                yield block


class _Book:
    """A workbook in the making. A row that was begun is on the disk."""

    def __init__(self, path: Path, export_list: ExportList) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": export_list.title})
        self._bold = self._book.add_format({"bold": True})
        self._forms = {kind: self._book.add_format({"num_format": form}) for kind, form in _FORMS.items()}
        self._title = export_list.title
        self._language = export_list.language
        self._columns: Sequence[Column] = export_list.columns
        self._sheets = 0
        self._add_sheet()

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows below those that it has."""
        for row in rows:
            if self._row > MOST_ROWS:
                self._add_sheet()
            self._add_row(row)

    def close(self) -> None:
        """Pack it."""
        self._book.close()

    def discard(self) -> None:
        """Let go of its files without packing them."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()

    def _add_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._title if self._sheets == 1 else f"{self._title} {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, _WIDTHS.get(column.kind, _USUAL_WIDTH))
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column.heading, self._bold)
        self._row = 1

    def _add_row(self, row: Row) -> None:
        sheet, number = self._sheet, self._row
        for place, (column, value) in enumerate(zip(self._columns, row, strict=True)):
            cell = as_cell(value, column.kind, self._language)
            if cell is None:
                continue
            if cell.kind is Kind.TEXT:
                sheet.write_string(number, place, cell.value)
            elif cell.kind is Kind.MONEY or cell.kind is Kind.NUMBER:
                sheet.write_number(number, place, cell.value, self._forms[cell.kind])
            else:
                sheet.write_datetime(number, place, cell.value, self._forms[cell.kind])
        self._row += 1


def _remove_abandoned() -> None:
    """Remove what a worker that was killed has left; no run lasts as long as that."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            is_abandoned = time.time() - folder.stat().st_mtime > ABANDONED_SECONDS
        except FileNotFoundError:
            continue
        if is_abandoned:
            shutil.rmtree(folder, ignore_errors=True)
