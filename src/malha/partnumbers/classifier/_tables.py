"""The classifier's own tables: lines of cells between `` ; ``, with ``#`` before comments."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

SINCE = date(2022, 4, 1)
"""First day of the nomenclature (SH 2022) that the tables speak of."""

_FOLDER = Path(__file__).with_name("data")
_SEPARATOR = re.compile(r" ;(?= |$)")


def rows(name: str, cells: int) -> list[list[str]]:
    """The lines of ``data/<name>.txt``; a line without that many cells is an error of the table."""
    read: list[list[str]] = []
    for number, line in enumerate((_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        row = [cell.strip() for cell in _SEPARATOR.split(line)]
        if len(row) != cells:
            raise ValueError(f"{name}.txt:{number}: {len(row)} cells, {cells} expected")
        read.append(row)
    return read
