"""Expenses and batches as the API shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from malha.db import ReadSession
from malha.expenses import repository
from malha.expenses.models import Expense, ExpenseBatch
from malha.expenses.repository import ExpenseFilter
from malha.expenses.rules.decision import describe_reason
from malha.expenses.schemas import (
    BatchAccepted,
    ExpenseRead,
    FileRead,
    PaymentRead,
    SkippedRowRead,
    TaskProgress,
    TaskRead,
    TaskResult,
    TaskStatus,
)
from malha.expenses.service._files import ExpenseFile
from malha.expenses.service._rows import SkipReason
from malha.expenses.service._submission import NewBatch
from malha.identity.policy import Principal
from malha.jobs.models import Job
from malha.jobs.states import JobState
from malha.kit.clock import utc_now
from malha.settings import Settings
from malha.suppliers.service import estimate_seconds

_STATUS = {
    JobState.QUEUED: TaskStatus.PENDING,
    JobState.RUNNING: TaskStatus.STARTED,
    JobState.PAUSED: TaskStatus.STARTED,
    JobState.SUCCEEDED: TaskStatus.SUCCESS,
    JobState.PARTIAL: TaskStatus.SUCCESS,
    JobState.FAILED: TaskStatus.FAILURE,
    JobState.CANCELLED: TaskStatus.FAILURE,
}


_SKIP_WORDS = {
    SkipReason.ABOVE_TITLES: ("acima dos títulos das colunas", "above the titles of the columns"),
    SkipReason.TITLES_AGAIN: ("títulos repetidos", "the titles again"),
    SkipReason.TOTAL: ("total ou subtotal", "a total"),
    SkipReason.NOTE: ("texto sem despesa", "a text and no expense"),
    SkipReason.OTHER_COLUMNS: ("só tem valores em colunas não usadas", "has values in unused columns only"),
}
MOST_SKIPPED = 1_000


def show_accepted(task_id: UUID, new: NewBatch, *, language: str, is_replay: bool = False) -> BatchAccepted:
    """What the sender of a batch is told: where it is, whether it was there before, and what of a file was not used."""
    count = len(new.items)
    words = {
        (True, "pt"): "Esta Idempotency-Key já tem um lote com estas {count} despesas: nada foi criado de novo.",
        (True, "en"): "This Idempotency-Key has a batch of these {count} expenses: nothing was made again.",
        (False, "pt"): "{count} despesas na fila.",
        (False, "en"): "{count} expenses queued.",
    }
    message = words[is_replay, language].format(count=count)
    file = _show_file(new.file, language) if new.file is not None else None
    return BatchAccepted(task_id=task_id, message=message, is_replay=is_replay, file=file)


def _show_file(file: ExpenseFile, language: str) -> FileRead:
    which = 0 if language == "pt" else 1
    return FileRead(
        columns=file.columns,
        unused_columns=file.unused_columns,
        unused_sheets=file.unused_sheets,
        skipped=len(file.skipped),
        skipped_rows=[
            SkippedRowRead(line=row.line, text=row.text, reason_code=row.reason, reason=_SKIP_WORDS[row.reason][which])
            for row in file.skipped[:MOST_SKIPPED]
        ],
    )


def show_expense(expense: Expense, *, language: str) -> ExpenseRead:
    """With the reason in the caller's language."""
    return ExpenseRead(
        id=expense.id,
        batch_id=expense.batch_id,
        no=expense.no,
        transaction_id=expense.transaction_id,
        cnpj=expense.cnpj,
        service_type=expense.service_type,
        amount=expense.amount,
        spent_on=expense.spent_on,
        description=expense.description,
        status=expense.decision,
        reason_code=expense.reason,
        reason=describe_reason(expense.reason, language=language) if expense.reason else None,
        razao_social=expense.legal_name,
        status_receita=expense.registry_status,
        cnae=expense.main_cnae,
        risk_level=expense.risk,
        cnae_valid=expense.is_cnae_valid,
        cached=expense.was_cached,
        evidence=expense.evidence,
        signals=expense.signals,
        payment=PaymentRead.model_validate(expense.payment) if expense.payment else None,
        review=expense.review,  # type: ignore[arg-type] - the column holds its values
        review_note=expense.review_note,
        reviewed_at=expense.reviewed_at,
    )


async def read_task(
    session: ReadSession, principal: Principal, batch: ExpenseBatch, settings: Settings, *, language: str, results: int
) -> TaskRead:
    """A batch with its progress and, once it has ended, its first results."""
    job = await repository.get_job(session, batch.job_id)
    counts = await repository.count_decisions(session, batch.job_id)
    processed = sum(count for decision, count in counts.items() if decision is not None)
    is_final = JobState(job.state).is_final
    status = _STATUS[JobState(job.state)]
    if status is TaskStatus.STARTED and await repository.is_retrying(session, batch.job_id):
        status = TaskStatus.RETRY
    result = None
    if is_final and job.result is not None:
        result = await _result(session, principal, batch, job, language=language, results=results)
    return TaskRead(
        task_id=batch.job_id,
        status=status,
        progress=await _progress(session, batch, settings, processed=processed, is_final=is_final),
        result=result,
        error=_error(job),
    )


async def _progress(
    session: ReadSession, batch: ExpenseBatch, settings: Settings, *, processed: int, is_final: bool
) -> TaskProgress:
    waiting, end = 0, None
    if not is_final:
        waiting = await repository.count_unknown_cnpjs(session, batch.job_id)
        seconds = estimate_seconds(settings.suppliers, waiting) if waiting else 0.0
        end = utc_now() + timedelta(seconds=seconds) if seconds < float("inf") else None
    return TaskProgress(total=batch.total, processed=processed, waiting=waiting, estimated_end=end)


async def _result(
    session: ReadSession, principal: Principal, batch: ExpenseBatch, job: Job, *, language: str, results: int
) -> TaskResult:
    counts: dict[str, Any] = job.result or {}
    wanted = ExpenseFilter(batch_id=batch.job_id)
    listed = await repository.list_expenses(session, principal, wanted, limit=results, after=None) if results else []
    return TaskResult(
        total=batch.total,
        processed=batch.total,
        decisions=counts.get("decisions", {}),
        signals=counts.get("signals", {}),
        results=[show_expense(expense, language=language) for expense in listed],
        errors=[
            {"item": expense.no, "error": describe_reason(expense.reason or "", language=language)}
            for expense in listed
            if not expense.is_answered and expense.reason
        ],
    )


def _error(job: Job) -> dict[str, Any] | None:
    if job.error is None:
        return None
    return {"type": job.error.get("type"), "message": job.error.get("message")}
