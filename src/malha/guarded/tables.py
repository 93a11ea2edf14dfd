"""The rows of a CSV or XLSX file, told apart by their first bytes, not by a name."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from malha.guarded import CSV_READER, SHEET_READER, run_guarded
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

    is_1904: bool = False
    """Whether the spreadsheet counts days from 1904."""
    other_sheets: tuple[str, ...] = ()
    """Sheets with values that are not read."""


def read_tables(file: BinaryIO, name: str) -> Iterator[Table]:
    """The file as a table, in every way to read it: a CSV file does not say what its delimiter is.

    Raises GuardedError, which the lines may do too, and UploadTypeRefusedError for what is neither.
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
    about = next(rows)
    return Table(_lines_of(rows), about["sheet"], about["is_1904"], tuple(about["others"]))


def _lines_of(rows: Generator[Any, None, None]) -> Lines:
    try:
        for line, *cells in rows:
            yield line, cells
    finally:
        rows.close()
