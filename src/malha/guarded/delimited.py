"""Rows of a CSV file. Runs in the child."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from malha.guarded.errors import RefusedError

MOST_LINE_CHARACTERS = 1024 * 1024
"""Of one line, and so of its columns; `csv` itself allows a cell of 131,072."""

_BLOCK_BYTES = 1024 * 1024
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_rows(source: BinaryIO, *, delimiter: str) -> Iterator[list[Any]]:
    """The rows that are not empty, while the file is read: the number of each one's first line, then its cells."""
    encoding = _encoding_of(source)
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding, errors="replace", newline="")
    rows = csv.reader(_lines(text), delimiter=delimiter)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise RefusedError("damaged", f"linha {line}: {error}", f"line {line}: {error}") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield [line, *cells]


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    line_number = 0
    while line := text.readline(MOST_LINE_CHARACTERS):
        line_number += 1
        if len(line) == MOST_LINE_CHARACTERS:
            raise RefusedError(
                "too-large",
                f"linha {line_number}: mais de {MOST_LINE_CHARACTERS} caracteres",
                f"line {line_number}: more than {MOST_LINE_CHARACTERS} characters",
            )
        yield line


def _encoding_of(source: BinaryIO) -> str:
    """UTF-16 says so, UTF-8 cannot be anything else, and the rest is what Excel writes in Brazil."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = source.read(_BLOCK_BYTES)
    if block.startswith(_WIDE_MARKS):
        return "utf-16"
    try:
        while block:
            decoder.decode(block)
            block = source.read(_BLOCK_BYTES)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
