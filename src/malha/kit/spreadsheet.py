"""CSV lines that spreadsheets show as they are: no cell is taken for a formula (OWASP, CSV injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read the file as UTF-8."""

_FORMULA = re.compile(r"^[\s\u00a0]*[=+\-@\t\r\n]", re.MULTILINE)
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)


def csv_line(values: Sequence[object]) -> str:
    """One line with `;` between its cells, as spreadsheets in Brazil expect it; None is an empty cell."""
    target = io.StringIO()
    csv.writer(target, delimiter=";", lineterminator="\r\n").writerow([_cell(value) for value in values])
    return target.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(lambda found: "'" + found.group(), text)
