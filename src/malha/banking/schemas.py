"""Shapes of the banking slice's requests and answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from malha.banking.rules.entries import Direction, Source, Status, normalize_document
from malha.banking.rules.remarks import Reason
from malha.kit.refusals import ValueRefusedError


def _check_cnpj(value: str) -> str:
    plain = normalize_document(value)
    if plain is None or len(plain) != 14:
        raise ValueRefusedError(pt="O CNPJ não é válido.", en="This is not a CNPJ.")
    return plain


def _check_document(value: str) -> str:
    plain = normalize_document(value)
    if plain is None:
        raise ValueRefusedError(pt="Não é um CNPJ nem um CPF válido.", en="This is neither a CNPJ nor a CPF.")
    return plain


Cnpj = Annotated[str, AfterValidator(_check_cnpj)]
Document = Annotated[str, AfterValidator(_check_document)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Short = Annotated[str, Field(min_length=1, max_length=40)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CostCenterWrite(BaseModel):
    """A cost centre to be made: a condominium, a branch, a project."""

    code: Short
    name: Name
    cnpj: Cnpj | None = None


class CostCenterRead(_Row):
    """A cost centre."""

    id: UUID
    code: str
    name: str
    cnpj: str | None
    created_at: datetime


class MappingWrite(BaseModel):
    """Where things are in a CSV file; what is not given is found out. Columns by their titles, or by number from 1.

    `positive_is` holds for OFX files, too.
    """

    model_config = ConfigDict(extra="forbid")

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: str | None = Field(default=None, pattern=r"^[.,]$")
    date_format: str | None = Field(default=None, pattern=r"^(dmy|mdy|ymd)$", description="dmy, mdy or ymd.")
    has_header: bool = True
    columns: dict[str, str | int] = Field(default_factory=dict, description="date, amount, credit, debit, ...")
    positive_is: Direction | None = Field(
        default=None, description="What an amount without a minus is: CREDIT at accounts, DEBIT at most cards."
    )
    directions: dict[str, Direction] = Field(
        default_factory=dict, description="What the words in the column of directions mean."
    )

    def as_json(self) -> dict[str, Any]:
        """What is given, for the input of a job."""
        return self.model_dump(mode="json", exclude_defaults=True)


class AccountWrite(BaseModel):
    """An account to be made. Without a number, the first statement tells it."""

    name: Name
    cost_center_id: UUID | None = None
    bank_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")] | None = None
    branch: Short | None = None
    number: Short | None = None


class AccountChange(BaseModel):
    """What may be changed of an account; absent fields stay."""

    name: Name | None = None
    cost_center_id: UUID | None = None
    is_active: bool | None = None


class AccountRead(_Row):
    """An account; its balance is the last one that a statement or Pluggy has told."""

    id: UUID
    name: str
    cost_center_id: UUID | None
    bank_code: str | None
    branch: str | None
    number: str | None
    is_active: bool
    balance: Decimal | None
    balance_at: datetime | None
    pluggy_item_id: UUID | None
    pluggy_account_id: UUID | None
    synced_at: datetime | None
    created_at: datetime


class JobAccepted(BaseModel):
    """Work was taken in; follow it at `/api/v1/jobs/{job_id}`."""

    job_id: UUID


class RemarkRead(BaseModel):
    """A line of a statement file, from 1: why it is no transaction, or why its reading deserves a look."""

    line: int
    text: str
    reason: Reason
    message: str


class StatementRead(_Row):
    """A statement file and what came of it; `added_count` of its `entry_count` entries were new.

    Nothing of a file is left out without a word: `skipped_count` lines are no transactions, `unreadable_count` of them
    because they could not be read; `skipped` lists the first thousand. A file with the status NEEDS_MAPPING was not
    imported: `mapping_column` is the column that the mapping must explain.
    """

    id: UUID
    account_id: UUID
    job_id: UUID
    name: str
    sha256: str
    size: int
    status: Literal["PENDING", "IMPORTED", "REFUSED", "NEEDS_MAPPING"]
    problem: str | None
    mapping_column: str | None
    format: Source | None
    period_start: date | None
    period_end: date | None
    entry_count: int
    added_count: int
    skipped_count: int
    unreadable_count: int
    skipped: list[RemarkRead] = []
    warnings: list[RemarkRead] = []
    opening_balance: Decimal | None
    balance: Decimal | None
    balance_day: date | None
    created_at: datetime
    imported_at: datetime | None


class TransactionRead(_Row):
    """Money in (CREDIT) or out (DEBIT) of an account; `day` is Sao Paulo's, `occurred_at` in UTC."""

    id: UUID
    account_id: UUID
    day: date
    amount: Decimal
    direction: Direction
    status: Status
    occurred_at: datetime
    description: str
    kind: str | None
    counterpart_document: str | None
    counterpart_name: str | None
    fitid: str | None
    nsu: str | None
    provider_id: str | None
    source: Source
    statement_id: UUID | None


class TotalsRead(BaseModel):
    """Sums of posted transactions in reais."""

    count: int
    credit_count: int
    debit_count: int
    credits: Decimal
    debits: Decimal
    net: Decimal
    pending_count: int


class MatchRequest(BaseModel):
    """A payment to look for, or (`transaction_id`: ours or the provider's) to compare with one transaction."""

    transaction_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    cnpj: Cnpj | None = None
    amount: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=2)] | None = None
    paid_on: date | None = None
    name: Name | None = None


class MatchBatch(BaseModel):
    """Payments that were made together: each transaction is given to one of them at most."""

    payments: Annotated[list[MatchRequest], Field(min_length=1, max_length=1000)]


class MatchedTransaction(_Row):
    """The transaction that was found."""

    id: UUID
    day: date
    amount: Decimal
    description: str
    counterpart_document: str | None
    counterpart_name: str | None


class MatchRead(_Row):
    """What was found, how well it fits (0 to 100), and why."""

    transaction: MatchedTransaction | None
    score: int
    reasons: list[str]


class ConnectTokenRead(BaseModel):
    """For Pluggy's widget; good for 30 minutes."""

    access_token: str


class ItemConnect(BaseModel):
    """An item that the widget made with a token of this workspace."""

    item_id: UUID
    cost_center_id: UUID | None = None


class ItemConnected(BaseModel):
    """The accounts of the item, being brought up to date by these jobs."""

    accounts: list[AccountRead]
    job_ids: list[UUID]


class WebhookTaken(BaseModel):
    """How many syncs the event has started; 0 for one that was taken before."""

    jobs: int
