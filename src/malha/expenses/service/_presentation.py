"""Expenses and batches as the API shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from malha.db import ReadSession
from malha.db.paging import Window
from malha.expenses import repository
from malha.expenses.models import Expense, ExpenseBatch
from malha.expenses.repository import ExpenseFilter
from malha.expenses.rules import describe_reason
from malha.expenses.schemas import ExpenseRead, PaymentRead, TaskProgress, TaskRead, TaskResult, TaskStatus
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
    listed = (await repository.list_expenses(session, principal, wanted, Window(results))).items if results else []
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
