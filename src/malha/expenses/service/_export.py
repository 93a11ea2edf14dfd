"""Expenses as a list that can be exported: the review queue and every other choice of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from malha.db import Database
from malha.db.paging import walk_pages
from malha.expenses import repository
from malha.expenses.repository import ExpenseFilter
from malha.expenses.rules.decision import Decision
from malha.expenses.rules.signals import Signal
from malha.expenses.schemas import ExpenseRead, Review
from malha.expenses.service._presentation import show_expense
from malha.exports.service import Column, ExportList, Format, Kind, Pages, register, write_file
from malha.identity.policy import Principal

PAGE = 1_000

# The headings of what a batch is made from are those that a file of expenses may have.
COLUMNS = (
    Column("transaction_id", "Transação"),
    Column("cnpj", "CNPJ", english="CNPJ"),
    Column("razao_social", "Razão social", english="Legal name"),
    Column("service_type", "Serviço"),
    Column("amount", "Valor", Kind.MONEY),
    Column("spent_on", "Data", Kind.DAY),
    Column("description", "Descrição"),
    Column("status", "Decisão", english="Decision"),
    Column("reason", "Motivo"),
    Column("reason_code", "Código do motivo"),
    Column("status_receita", "Situação cadastral", english="Registry status"),
    Column("cnae", "CNAE", english="CNAE"),
    Column("risk_level", "Risco"),
    Column("cnae_valid", "CNAE compatível", Kind.FLAG, "CNAE fits"),
    Column("signal_codes", "Sinais", english="Signals"),
    Column("review", "Revisão"),
    Column("review_note", "Nota da revisão"),
    Column("reviewed_at", "Revisada em", Kind.INSTANT),
    Column("evidence", "Evidências", Kind.OBJECT),
    Column("signals", "Evidências dos sinais", Kind.OBJECT, "Evidence of the signals"),
    Column("payment", "Pagamento", Kind.OBJECT),
    Column("batch_id", "Lote"),
    Column("no", "Nº no lote", Kind.NUMBER, "No. in the batch"),
    Column("id", "Id da despesa", english="Expense id"),
)


class ExpenseQuery(BaseModel):
    """As the query of `GET /expenses`."""

    model_config = ConfigDict(extra="forbid")

    decision: list[Decision] = []
    review: list[Review] = []
    signal: list[Signal] = []
    batch_id: UUID | None = None
    cnpj: Annotated[str, Field(max_length=14)] | None = None

    def wanted(self) -> ExpenseFilter:
        """The same for the repository."""
        return ExpenseFilter(
            batch_id=self.batch_id,
            decisions=[one.value for one in self.decision],
            reviews=[one.value for one in self.review],
            signals=[one.value for one in self.signal],
            cnpj=self.cnpj,
        )


async def read_pages(database: Database, principal: Principal, query: ExpenseQuery, language: str) -> Pages:
    """Expenses in the order of arrival."""
    wanted = query.wanted()
    async for expenses in walk_pages(
        database, lambda session, window: repository.list_expenses(session, principal, wanted, window), size=PAGE
    ):
        yield [_row(show_expense(expense, language=language)) for expense in expenses]


def export_csv(database: Database, principal: Principal, query: ExpenseQuery, language: str) -> AsyncIterator[bytes]:
    """The same as a CSV file, made while it is sent."""
    return write_file(Format.CSV, EXPENSES.in_language(language), read_pages(database, principal, query, language))


def _row(expense: ExpenseRead) -> list[Any]:
    made = {
        "signal_codes": " ".join(signal["code"] for signal in expense.signals),
        "payment": expense.payment and expense.payment.model_dump(mode="json"),
    }
    return [made[column.name] if column.name in made else getattr(expense, column.name) for column in COLUMNS]


EXPENSES = register(
    ExportList(
        name="expenses",
        title="Despesas",
        english="Expenses",
        scope="expenses:read",
        columns=COLUMNS,
        filter=ExpenseQuery,
        pages=read_pages,
    )
)
