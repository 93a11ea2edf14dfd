"""XLSX files as people and programs make them, and what can be done to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import xlsxwriter


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    """An XLSX file whose only sheet is filled."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, **options}) as book:
        fill(book, book.add_worksheet("Despesas"))
    return packed.getvalue()


def sheet(*rows: list[Any], **options: Any) -> bytes:
    """An XLSX file with these rows; days as spreadsheets keep them."""

    def fill(book: Any, target: Any) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    target.write_datetime(line, column, value, day)
                else:
                    target.write(line, column, value)

    return workbook(fill, **{"strings_to_formulas": False, **options})


def edit(data: bytes, change: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The archive with one part changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == part else content)
    return changed.getvalue()
