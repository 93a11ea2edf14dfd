"""Cells and CSV lines that spreadsheets show as they are: none is taken for a formula (OWASP, CSV injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read the file as UTF-8."""

_UNSEEN = "\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
"""Characters without a width, and marks of direction: some programs drop them before they look for a formula."""

_FORMULA = re.compile(rf"^(?:[^\S\n]|[{_UNSEEN}])*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]", re.MULTILINE)
"""The last five are the signs in full width, and the minus of typographers, which East Asian editions fold."""

_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)


def neutralize(text: str) -> str:
    """The text with `'` before every line that a spreadsheet would take for a formula; numbers stay numbers."""
    if text[:1].isalnum() and "\n" not in text:  # most cells: one line that begins harmlessly
        return text
    if _NUMBER.fullmatch(text):
        return text
    return _FORMULA.sub(lambda found: "'" + found.group(), text)


def csv_line(values: Sequence[object]) -> str:
    """One line with `;` between its cells, as spreadsheets in Brazil expect it; None is an empty cell."""
    return csv_lines([values])


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Many such lines."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerows([neutralize("" if value is None else str(value)) for value in row] for row in rows)
    return target.getvalue()
