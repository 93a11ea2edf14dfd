"""A spreadsheet as the CSV file that a statement's reader knows: each row on the line that it has in the sheet."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from malha.banking.rules.remarks import Reason, Remark
from malha.guarded import SHEET_READER, GuardedError, Limits, run_guarded

DELIMITER = ";"
LAST_ROW = 1 << 20
_MAGIC = b"PK\x03\x04"
_UNSAVED = "#ERRO"
"""Stands for a cell that holds an error, or a formula without a result: no reader takes it for a day or an amount."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet as a file, and what is to be said of the others."""

    file: BinaryIO
    remarks: list[Remark]


def is_spreadsheet(source: bytes | BinaryIO) -> bool:
    """Whether the file begins as ZIP archives do."""
    if isinstance(source, bytes):
        return source.startswith(_MAGIC)
    source.seek(0)
    head = source.read(len(_MAGIC))
    source.seek(0)
    return head == _MAGIC


@contextmanager
def open_sheet(
    source: bytes | BinaryIO, decimal: str, limits: Limits, *, is_cancelled: Callable[[], bool]
) -> Iterator[Sheet]:
    """The first sheet, read by a child of its own; GuardedError. Numbers get this decimal mark. Blocks."""
    with tempfile.TemporaryFile() as file:
        told = run_guarded(SHEET_READER, source, limits, arguments={}, is_cancelled=is_cancelled)
        with closing(told):
            about = next(told)
            if not isinstance(about, dict):
                raise GuardedError.of("crashed")
            _write(told, file, decimal)
        file.seek(0)
        names = [str(name) for name in about.get("others", ())]
        yield Sheet(file, [Remark(0, name[:300], Reason.OTHER_SHEET) for name in names])


def _write(rows: Iterator[Any], file: BinaryIO, decimal: str) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator="\n")
    line = 1
    for row in rows:
        match row:
            case [int(number), *cells] if line <= number <= LAST_ROW:
                text.write("\n" * (number - line))
                writer.writerow([_written(cell, decimal) for cell in cells] or [""])
                line = number + 1
            case _:
                raise GuardedError.of("crashed")
    text.detach()


def _written(cell: Any, decimal: str) -> str:
    """A number with the mark of the file, and never with three digits behind it, which may be thousands."""
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return _UNSAVED
    if isinstance(cell, float):
        whole, _, fraction = f"{cell:.10f}".rstrip("0").partition(".")
        return f"{whole}{decimal}{fraction.ljust(4 if len(fraction) == 3 else 2, '0')}"
    return " ".join(str(cell).split())
