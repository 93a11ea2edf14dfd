"""Expenses, batches and the table of services as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from malha.kit.refusals import ValueRefusedError
from malha.suppliers.rules.cnpj import read_tax_id

MOST_ITEMS = 100_000
MOST_BULK = 1_000

Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


def _refuse_nul(text: str) -> str:
    if "\0" in text:
        raise ValueRefusedError(pt="O texto contém o caractere NUL.", en="The text holds a NUL character.")
    return text


Text = Annotated[str, AfterValidator(_refuse_nul)]


def _refuse_unreadable(text: str) -> str:
    """A text that no company can have is the sender's mistake, and nobody's decision. Raises ValueRefusedError."""
    read_tax_id(text)
    return text


class ExpenseItem(BaseModel):
    """One expense to check. `cnpj` may carry punctuation; `transaction_id` is the caller's own and is echoed."""

    cnpj: Annotated[Text, Field(min_length=1, max_length=40), AfterValidator(_refuse_unreadable)]
    service_type: Annotated[Text, Field(min_length=1, max_length=100)]
    transaction_id: Annotated[Text, Field(max_length=200)] | None = None
    amount: Amount | None = None
    spent_on: date | None = None
    description: Annotated[Text, Field(max_length=500)] | None = None


class BatchRequest(BaseModel):
    """Up to a hundred thousand expenses. `approval_limit` is the amount from which somebody must approve."""

    items: Annotated[list[ExpenseItem], Field(min_length=1, max_length=MOST_ITEMS)]
    approval_limit: Amount | None = None


class SkippedRowRead(BaseModel):
    """A row of a file that is no expense, and why: a code, and the same in words."""

    line: int
    text: str
    reason_code: str
    reason: str


class FileRead(BaseModel):
    """What of a file was used, and what was not."""

    columns: dict[str, str] = Field(description="The titles of the columns that were read, by field.")
    unused_columns: list[str]
    unused_sheets: list[str]
    skipped: int = Field(description="How many rows with content are no expenses: titles, totals, notes.")
    skipped_rows: list[SkippedRowRead] = Field(description="The first two hundred of them.")


class BatchAccepted(BaseModel):
    """Where to ask for the result. `is_replay`: the batch was made by an earlier request with the same key."""

    status: Literal["queued"] = "queued"
    task_id: UUID
    message: str
    is_replay: bool = False
    file: FileRead | None = Field(default=None, description="For a batch from a file.")


class TaskStatus(StrEnum):
    """The state of a batch in the words of its API."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    RETRY = "RETRY"
    PAUSED = "PAUSED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


class TaskProgress(BaseModel):
    """How far a batch is, and when the CNPJs that still wait for the registry should be answered.

    `estimated_end` is null when none waits, and when nobody can tell. `retry_at` is when a provider that is away is
    asked again, and `gives_up_at` when the batch stops to wait for it: a person then decides what is left.
    """

    total: int
    processed: int
    waiting: int
    estimated_end: datetime | None
    retry_at: datetime | None = None
    gives_up_at: datetime | None = None


class Review(StrEnum):
    """Whether a person has to look at the expense, or has."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class PaymentRead(BaseModel):
    """The bank transaction that paid an expense, how well it fits (0 to 100), and why."""

    transaction_id: UUID
    score: int
    reasons: list[str]


class ExpenseRead(BaseModel):
    """An expense with its decision, what that rests on, its signals and its review."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    batch_id: UUID
    no: int
    transaction_id: str | None
    cnpj: str
    service_type: str
    amount: Decimal | None
    spent_on: date | None
    description: str | None
    status: str | None
    reason_code: str | None
    reason: str | None
    razao_social: str | None
    status_receita: str | None
    cnae: str | None
    risk_level: str | None
    cnae_valid: bool | None
    cached: bool | None
    evidence: dict[str, Any] | None
    signals: list[dict[str, Any]]
    payment: PaymentRead | None
    review: Review
    review_note: str | None
    reviewed_at: datetime | None


class TaskResult(BaseModel):
    """What came of a batch: the counts, and the first results (`/expenses?batch_id=` has all, page by page)."""

    status: Literal["completed"] = "completed"
    total: int
    processed: int
    decisions: dict[str, int]
    signals: dict[str, int]
    results: list[ExpenseRead]
    errors: list[dict[str, Any]]


class TaskRead(BaseModel):
    """A batch: its state, progress, and its result once it has ended."""

    task_id: UUID
    status: TaskStatus
    reason: str | None = Field(
        default=None, description="Why it is not going on: what is waited for, or who stopped it."
    )
    progress: TaskProgress
    file: FileRead | None = Field(default=None, description="What of a file was used, and what was not.")
    result: TaskResult | None
    error: dict[str, Any] | None


class ReviewRequest(BaseModel):
    """A person's word, with their reason."""

    note: Annotated[str, Field(max_length=2000)] | None = None


class BulkReviewRequest(ReviewRequest):
    """The same for many expenses."""

    review: Literal["approved", "rejected"]
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_BULK)]


class BulkReviewResult(BaseModel):
    """Which expenses were reviewed, which did not wait for it, and of which the workspace knows nothing."""

    reviewed: list[UUID]
    refused: list[UUID]
    unknown: list[UUID] = []


class ServiceRead(BaseModel):
    """A service and the activities that fit it; `is_own` says that the workspace has its own list."""

    service: str
    cnaes: list[str]
    is_own: bool


class ServiceWrite(BaseModel):
    """Classes (5 digits) and subclasses (7 digits) of CNAE 2.3; punctuation is dropped."""

    cnaes: Annotated[list[Annotated[str, Field(max_length=12)]], Field(min_length=1, max_length=100)]
