"""Expenses from a table: titles, decimal comma, Brazilian dates and what spreadsheets do to a CNPJ are understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any, BinaryIO

from pydantic import ValidationError

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.schemas import MOST_ITEMS, ExpenseItem
from malha.expenses.service._tables import Line, read_tables
from malha.fiscal.identifiers import is_cnpj, is_cpf
from malha.guarded import UNSAVED_FORMULA

MOST_ERRORS = 1_000
"""Bad rows that are named; all are counted."""

TITLE_LINES = 20
"""How far down the titles of the columns may be: people write other things above their tables."""

# Titles without accents, case and punctuation; of several the first wins.
_TITLES: Mapping[str, tuple[str, ...]] = {
    "cnpj": ("cnpj", "cnpj fornecedor", "cnpj do fornecedor", "fornecedor"),
    "service_type": ("service type", "servico", "tipo servico", "tipo de servico"),
    "transaction_id": ("transaction id", "transacao", "id"),
    "amount": ("amount", "valor"),
    "spent_on": ("spent on", "data", "date"),
    "description": ("description", "descricao", "historico"),
}
_REQUIRED = frozenset({"cnpj", "service_type"})
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]+", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)
_LAST_DAY_NUMBER = 2_958_465
_CPF_LENGTHS = range(9, 12)
_NOT_WORDS = re.compile(r"[^a-z0-9]+")


def read_expenses(file: BinaryIO, name: str) -> list[ExpenseItem]:
    """The expenses of a CSV or XLSX file, with a title for each column.

    Raises ExpenseFileInvalidError with the bad rows by their lines, and UploadTypeRefusedError. Blocks.
    """
    missing: frozenset[str] | None = None
    for table in read_tables(file, name):
        with closing(table) as lines:
            top = list(islice(lines, TITLE_LINES))
            place, columns = _find_titles(top)
            if columns.keys() >= _REQUIRED:
                return _read_items(chain(top[place + 1 :], lines), columns)
        if top:
            lacking = _REQUIRED - columns.keys()
            missing = lacking if missing is None else min(missing, lacking, key=len)
    if missing is None:
        raise ExpenseFileInvalidError(problem="o arquivo está vazio / the file is empty")
    raise ExpenseFileInvalidError(problem=f"faltam as colunas / missing columns: {', '.join(sorted(missing))}")


def _find_titles(top: Sequence[Line]) -> tuple[int, dict[str, int]]:
    """The line that names the most columns, of several the last, and the columns by field."""
    found = [(place, _find_columns(cells)) for place, (_, cells) in enumerate(top)]
    return max(found, key=lambda one: (len(one[1]), one[0]), default=(0, {}))


def _find_columns(cells: Sequence[Any]) -> dict[str, int]:
    places = {_simplify(cell): place for place, cell in reversed(list(enumerate(cells))) if isinstance(cell, str)}
    named = {field: next((each for each in titles if each in places), None) for field, titles in _TITLES.items()}
    return {field: places[title] for field, title in named.items() if title is not None}


def _simplify(title: str) -> str:
    """Lower case without accents and punctuation."""
    bare = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return _NOT_WORDS.sub(" ", bare).strip()


def _read_items(lines: Iterable[Line], columns: Mapping[str, int]) -> list[ExpenseItem]:
    items: list[ExpenseItem] = []
    errors: list[dict[str, Any]] = []
    bad = 0
    for line, cells in lines:
        try:
            values = _values(cells, columns)
            if values:
                items.append(ExpenseItem.model_validate(values))
        except ValueError as error:  # pydantic's are of this kind, too
            bad += 1
            if bad <= MOST_ERRORS:
                errors.append({"loc": ["file", line], "msg": _describe(error), "type": "row-invalid"})
        if len(items) + bad > MOST_ITEMS:
            raise ExpenseFileInvalidError(problem=f"mais de / more than {MOST_ITEMS} linhas / rows")
    if errors:
        raise ExpenseFileInvalidError(problem=f"{bad} linhas / rows", errors=errors)
    if not items:
        raise ExpenseFileInvalidError(problem="não há nenhuma linha / there is no row")
    return items


def _describe(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _values(cells: Sequence[Any], columns: Mapping[str, int]) -> dict[str, Any]:
    """What the row says, by field; nothing for a row that is empty in the columns that count."""
    values: dict[str, Any] = {}
    for field, place in columns.items():
        cell = cells[place] if place < len(cells) else None
        if isinstance(cell, str):
            cell = cell.strip()
        if cell is None or cell == "":
            continue
        try:
            values[field] = _READERS.get(field, _text)(_readable(cell))
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from error
    return values


def _readable(cell: Any) -> Any:
    """A cell that has a value; ValueError for one whose value nobody can tell."""
    if not isinstance(cell, dict):
        return cell
    if cell["error"] == UNSAVED_FORMULA:
        raise ValueError("a fórmula não tem resultado salvo / the formula has no saved result")
    raise ValueError(f"a célula tem o erro / the cell holds the error {cell['error']}")


def _text(cell: Any) -> str:
    return str(cell)


def _cnpj(cell: Any) -> str:
    """A number has lost the zeros before it; they come back where the check digits then fit, unless it may be a CPF."""
    text = str(cell)
    if not isinstance(cell, int) or isinstance(cell, bool) or (len(text) in _CPF_LENGTHS and is_cpf(text.zfill(11))):
        return text
    whole = text.zfill(14)
    return whole if is_cnpj(whole) else text


def _amount(cell: Any) -> str:
    """1.234,56 and 1,234.56 are 1234.56: the last separator is the decimal one."""
    if not isinstance(cell, str):
        return str(_number(cell))
    bare = cell.replace("R$", "").replace(" ", "").replace("\u00a0", "")
    if "," in bare and bare.rfind(",") > bare.rfind("."):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")


def _day(cell: Any) -> date:
    """A day as text, or as spreadsheets count days."""
    if not isinstance(cell, str):
        number = _number(cell)
        if not 1 <= number <= _LAST_DAY_NUMBER:
            raise ValueError(f"{cell} is no date")
        return _DAY_ZERO + timedelta(days=int(number))
    instant = _INSTANT.fullmatch(cell)
    for form in _DATES:
        try:
            return datetime.strptime(instant[1] if instant else cell, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(f"{cell!r} is no date")


def _number(cell: Any) -> float:
    if cell is True or cell is False:
        raise ValueError(f"{cell} is no number")
    return cell


_READERS: Mapping[str, Callable[[Any], Any]] = {"cnpj": _cnpj, "amount": _amount, "spent_on": _day}
