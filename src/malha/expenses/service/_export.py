"""Expenses as lines of a CSV file."""

from __future__ import annotations

from malha.expenses.schemas import ExpenseRead
from malha.kit import spreadsheet

_COLUMNS = (
    "transaction_id", "cnpj", "razao_social", "service_type", "amount", "spent_on", "status", "reason",
    "status_receita", "cnae", "risk_level", "cnae_valid", "review", "review_note",
)  # fmt: skip


def csv_head() -> str:
    """The first line, with its byte order mark."""
    return spreadsheet.BYTE_ORDER_MARK + spreadsheet.csv_line([*_COLUMNS, "signals"])


def csv_line(expense: ExpenseRead) -> str:
    """One expense."""
    values = [getattr(expense, name) for name in _COLUMNS]
    return spreadsheet.csv_line([*values, " ".join(signal["code"] for signal in expense.signals)])
