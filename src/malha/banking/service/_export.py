"""Bank transactions as a list that can be exported."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from malha.banking.models import Transaction
from malha.banking.repository import listing
from malha.banking.repository.listing import Sorting, TransactionFilter
from malha.banking.rules.entries import Direction, Status
from malha.banking.schemas import Amount, Document
from malha.db import Database, ReadSession
from malha.db.paging import Page, Window, walk_pages
from malha.exports.service import Column, ExportList, Kind, Pages, register
from malha.identity.policy import Principal

PAGE = 1_000

COLUMNS = (
    Column("day", "Data", Kind.DAY),
    Column("amount", "Valor", Kind.MONEY),
    Column("direction", "Natureza"),
    Column("status", "Situação"),
    Column("description", "Descrição"),
    Column("counterpart_document", "CNPJ ou CPF da contraparte", english="Counterpart's CNPJ or CPF"),
    Column("counterpart_name", "Contraparte"),
    Column("kind", "Tipo"),
    Column("occurred_at", "Data e hora", Kind.INSTANT),
    Column("source", "Origem"),
    Column("fitid", "FITID", english="FITID"),
    Column("nsu", "NSU", english="NSU"),
    Column("provider_id", "Id no provedor"),
    Column("statement_id", "Extrato"),
    Column("account_id", "Conta"),
    Column("id", "Id da transação", english="Transaction id"),
)
_row = attrgetter(*(column.name for column in COLUMNS))


class TransactionQuery(BaseModel):
    """As the query of `GET /banking/transactions`."""

    model_config = ConfigDict(extra="forbid")

    account_id: Annotated[list[UUID], Field(max_length=100)] = []
    cost_center_id: UUID | None = None
    day_from: date | None = None
    day_to: date | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    direction: Direction | None = None
    status: Status | None = None
    counterpart: Document | None = None
    q: Annotated[str, Field(max_length=100)] | None = None
    sort: Sorting = Sorting.NEWEST

    def wanted(self) -> TransactionFilter:
        """The same for the repository."""
        return TransactionFilter(
            account_ids=self.account_id,
            cost_center_id=self.cost_center_id,
            day_from=self.day_from,
            day_to=self.day_to,
            amount_from=self.amount_from,
            amount_to=self.amount_to,
            direction=self.direction,
            status=self.status,
            counterpart=self.counterpart,
            text=self.q,
        )


async def read_pages(database: Database, principal: Principal, query: TransactionQuery, _language: str) -> Pages:
    """Transactions in the asked order."""
    wanted = query.wanted()

    async def fetch(session: ReadSession, window: Window) -> Page[Transaction]:
        return await listing.list_transactions(session, principal, wanted, sorting=query.sort, window=window)

    async for transactions in walk_pages(database, fetch, size=PAGE):
        yield [_row(transaction) for transaction in transactions]


BANK_TRANSACTIONS = register(
    ExportList(
        name="bank-transactions",
        title="Transações bancárias",
        english="Bank transactions",
        scope="banking:read",
        columns=COLUMNS,
        filter=TransactionQuery,
        pages=read_pages,
    )
)
