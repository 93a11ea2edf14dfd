"""The rows of a CSV or XLSX file, told apart by their first bytes, not by a name."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.rules.cells import DAY_ZERO_1900, DAY_ZERO_1904
from malha.guarded import CSV_READER, SHEET_READER, GuardedError, run_guarded
from malha.storage.content import PROBE_BYTES, content_fits
from malha.storage.errors import UploadTypeRefusedError

Line = tuple[int, list[Any]]
"""Its number in the file and its cells. Of a row with line breaks in quotes, the first line's number."""

Lines = Generator[Line, None, None]

DELIMITERS = ";,\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file that are not empty, and what else there is to know about it. Close the lines when leaving."""

    lines: Lines
    sheet: str | None = None
    """Its name in an XLSX file."""

    day_zero: date = DAY_ZERO_1900
    other_sheets: tuple[str, ...] = ()
    """Sheets with values that are not read."""


def read_tables(file: BinaryIO, name: str) -> Iterator[Table]:
    """The file as a table, in every way to read it: a CSV file does not say what its delimiter is.

    Raises ExpenseFileInvalidError, and UploadTypeRefusedError for what is neither.
    """
    file.seek(0)
    head = file.read(PROBE_BYTES)
    if content_fits("xlsx", head):
        yield _read_sheet(file)
    elif content_fits("csv", head):
        for delimiter in DELIMITERS:
            yield Table(_lines_of(run_guarded(CSV_READER, file, arguments={"delimiter": delimiter})))
    else:
        raise UploadTypeRefusedError(name=name, allowed="csv, xlsx")


def _read_sheet(file: BinaryIO) -> Table:
    rows = run_guarded(SHEET_READER, file)
    with _refusals():
        about = next(rows)
    day_zero = DAY_ZERO_1904 if about["is_1904"] else DAY_ZERO_1900
    return Table(_lines_of(rows), about["sheet"], day_zero, tuple(about["others"]))


def _lines_of(rows: Generator[Any, None, None]) -> Lines:
    try:
        with _refusals():
            for line, *cells in rows:
                yield line, cells
    finally:
        rows.close()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except GuardedError as error:
        raise ExpenseFileInvalidError(pt=error.message_pt, en=error.message_en) from error
