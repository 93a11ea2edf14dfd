"""Tables that others publish, read line by line: monthly rates of an index, and the lists of sanctioned companies."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from malha.procurement.rules.activities import fold
from malha.procurement.rules.suppliers import bare_tax_id

MOST_RATE = Decimal(100)
"""Per cent in a month; more is a slip of the point, or an index number instead of a rate."""
_COMPANY = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_MONTHS = (
    (re.compile(r"([0-9]{4})-([0-9]{2})(?:-[0-9]{2})?"), (1, 2)),
    (re.compile(r"(?:[0-9]{2}/)?([0-9]{2})/([0-9]{4})"), (2, 1)),
)
# What a column must be called, folded: several years' files have said it in several ways.
_SANCTION_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "tax_id": ("cpf ou cnpj do sancionado",),
    "name": ("nome do sancionado", "nome informado pelo orgao sancionador"),
    "kind": ("categoria da sancao", "tipo sancao"),
    "starts_on": ("data inicio sancao", "data inicio da sancao"),
    "ends_on": ("data final sancao", "data final da sancao"),
    "authority": ("orgao sancionador",),
    "process": ("numero do processo", "numero processo"),
}
_NEEDED = ("tax_id", "starts_on")


class TableBrokenError(ValueError):
    """Not the table that it should be; the message says what is wrong, with its line."""


def read_rates(rows: Iterable[Sequence[str]]) -> dict[date, Decimal]:
    """Monthly rates of lines of month and per cent; a heading is passed over. Raises TableBrokenError."""
    rates: dict[date, Decimal] = {}
    for line, row in enumerate(rows, 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < 2:
            raise TableBrokenError(f"line {line} has no rate")
        month = read_month(row[0])
        if month is None and line == 1:
            continue
        if month is None:
            raise TableBrokenError(f"line {line}: {row[0]!r} is no month")
        if month in rates:
            raise TableBrokenError(f"line {line}: {month:%m/%Y} comes twice")
        rates[month] = _rate(row[1], line)
    if not rates:
        raise TableBrokenError("it has no rates")
    return rates


def read_series(body: Any) -> dict[date, Decimal]:
    """The same of a series of the Banco Central: `[{"data": "01/04/2026", "valor": "0.50"}]`."""
    if not isinstance(body, list) or not all(isinstance(entry, dict) for entry in body):
        raise TableBrokenError("the answer is no series")
    return read_rates([[str(entry.get("data", "")), str(entry.get("valor", ""))] for entry in body])


def split_lines(text: str) -> Iterator[list[str]]:
    """The cells of a CSV with semicolons, or with commas where its first line has no semicolon."""
    lines = text.lstrip("\ufeff").splitlines()
    return csv.reader(lines, delimiter=";" if lines and ";" in lines[0] else ",")


def read_month(text: str) -> date | None:
    """The first day of `2026-04`, `04/2026` or `01/04/2026`; None for anything else."""
    for shape, (year, month) in _MONTHS:
        found = shape.fullmatch(text.strip())
        if found and 1 <= int(found[month]) <= 12 and int(found[year]) >= 1900:
            return date(int(found[year]), int(found[month]), 1)
    return None


def _rate(text: str, line: int) -> Decimal:
    cleaned = text.strip().removesuffix("%").strip()
    try:
        rate = Decimal(cleaned.replace(".", "").replace(",", ".") if "," in cleaned else cleaned)
    except InvalidOperation:
        raise TableBrokenError(f"line {line}: {text!r} is no rate") from None
    if not rate.is_finite() or abs(rate) > MOST_RATE:
        raise TableBrokenError(f"line {line}: {text!r} is no rate of a month in per cent")
    return rate


def read_sanctions(list_name: str, lines: Iterable[Sequence[str]], as_of: date) -> Iterator[dict[str, Any]]:
    """The companies of CEIS or CNEP, one row for each line. Persons are passed over: their numbers are not kept.

    Raises TableBrokenError for a file without the columns that are needed.
    """
    rows = iter(lines)
    heading = [fold(cell) for cell in next(rows, [])]
    places = {
        name: next((heading.index(title) for title in titles if title in heading), None)
        for name, titles in _SANCTION_COLUMNS.items()
    }
    missing = [_SANCTION_COLUMNS[name][0] for name in _NEEDED if places[name] is None]
    if missing:
        raise TableBrokenError(f"it has no column {', '.join(missing)}")
    for line, row in enumerate(rows, 2):
        told = {name: row[place].strip() for name, place in places.items() if place is not None and place < len(row)}
        cnpj = bare_tax_id(told.get("tax_id", ""))
        if not _COMPANY.fullmatch(cnpj):
            continue
        yield {
            "list_name": list_name,
            "line": line,
            "cnpj": cnpj,
            "name": told.get("name") or None,
            "kind": told.get("kind") or None,
            "starts_on": _day(told.get("starts_on")),
            "ends_on": _day(told.get("ends_on")),
            "authority": told.get("authority") or None,
            "process": told.get("process") or None,
            "as_of": as_of,
        }


def _day(text: str | None) -> date | None:
    """`31/12/2026`; "Sem informação" and the like are none."""
    try:
        return datetime.strptime(text or "", "%d/%m/%Y").date()  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return None
