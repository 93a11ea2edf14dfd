"""The rows of a CSV or XLSX file, told apart by their first bytes, not by a name."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, BinaryIO

from malha.expenses.errors import ExpenseFileInvalidError
from malha.guarded import SHEET_READER, GuardedError, run_guarded
from malha.storage.content import PROBE_BYTES, content_fits
from malha.storage.errors import UploadTypeRefusedError

Line = tuple[int, list[Any]]
"""Its number in the file and its cells. Of a row with line breaks in quotes, the first line's number."""

Table = Generator[Line, None, None]

DELIMITERS = ";,\t|"
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_tables(file: BinaryIO, name: str) -> Iterator[Table]:
    """The file's lines that are not empty, in every way to read it: a CSV file does not say what its delimiter is.

    Raises ExpenseFileInvalidError, and UploadTypeRefusedError for what is neither.
    """
    file.seek(0)
    head = file.read(PROBE_BYTES)
    if content_fits("xlsx", head):
        yield _read_sheet(file)
    elif content_fits("csv", head):
        file.seek(0)
        text = _decode(file.read())
        for delimiter in DELIMITERS:
            yield _read_csv(text, delimiter)
    else:
        raise UploadTypeRefusedError(name=name, allowed="csv, xlsx")


def _read_sheet(file: BinaryIO) -> Table:
    try:
        with closing(run_guarded(SHEET_READER, file)) as rows:
            for line, *cells in rows:
                yield line, cells
    except GuardedError as error:
        raise ExpenseFileInvalidError(problem=f"{error.message_pt} / {error.message_en}") from error


def _read_csv(text: str, delimiter: str) -> Table:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise ExpenseFileInvalidError(problem=f"linha / line {line}: {error}") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, list(cells)


def _decode(data: bytes) -> str:
    if data.startswith(_WIDE_MARKS):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
