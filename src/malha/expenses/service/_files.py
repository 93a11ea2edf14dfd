"""Expenses from a CSV file: delimiter, decimal comma and Brazilian dates are recognised, bad rows are named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from malha.expenses.errors import ExpenseFileInvalidError
from malha.expenses.schemas import MOST_ITEMS, ExpenseItem

MOST_ERRORS = 20
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cnpj": ("cnpj", "cnpj_fornecedor", "fornecedor"),
    "service_type": ("service_type", "servico", "tipo_servico", "serviço"),
    "transaction_id": ("transaction_id", "transacao", "id", "transação"),
    "amount": ("amount", "valor"),
    "spent_on": ("spent_on", "data", "date"),
    "description": ("description", "descricao", "historico", "descrição"),
}
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")


def read_csv(data: bytes) -> list[ExpenseItem]:
    """The expenses of a file whose first line names its columns; raises ExpenseFileInvalidError with every bad row."""
    text = _decode(data)
    lines = text.splitlines()
    if not lines:
        raise ExpenseFileInvalidError(problem="o arquivo está vazio / the file is empty")
    delimiter = max(";,\t|", key=lines[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = _find_columns(rows.fieldnames or [])
    items: list[ExpenseItem] = []
    errors: list[dict[str, Any]] = []
    for line, row in enumerate(rows, 2):
        if len(items) >= MOST_ITEMS or len(errors) >= MOST_ERRORS:
            break
        try:
            items.append(ExpenseItem.model_validate(_values(row, columns)))
        except (ValidationError, ValueError) as error:
            detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            errors.append({"loc": ["file", line], "msg": detail, "type": "row-invalid"})
    if errors:
        raise ExpenseFileInvalidError(problem=f"{len(errors)} linhas / rows", errors=errors)
    if not items:
        raise ExpenseFileInvalidError(problem="não há nenhuma linha / there is no row")
    return items


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _find_columns(names: list[str] | Any) -> dict[str, str]:
    known = {name.strip().lower(): name for name in names}
    columns = {field: known[name] for field, spellings in _COLUMNS.items() for name in spellings if name in known}
    missing = {"cnpj", "service_type"} - columns.keys()
    if missing:
        raise ExpenseFileInvalidError(problem=f"faltam as colunas / missing columns: {', '.join(sorted(missing))}")
    return columns


def _values(row: Mapping[str, str | None], columns: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {field: (row.get(name) or "").strip() or None for field, name in columns.items()}
    if values.get("amount"):
        values["amount"] = _decimal(values["amount"])
    if values.get("spent_on"):
        values["spent_on"] = _day(values["spent_on"])
    return values


def _decimal(text: str) -> str:
    """1.234,56 and 1,234.56 are 1234.56: the last separator is the decimal one."""
    bare = text.replace("R$", "").replace(" ", "").replace("\u00a0", "")
    if "," in bare and bare.rfind(",") > bare.rfind("."):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")


def _day(text: str) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day without a time has no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no date")
