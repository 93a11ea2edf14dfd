"""Expenses and batches as the API shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from malha.db import ReadSession
from malha.db.paging import Page, Window
from malha.expenses import repository
from malha.expenses.errors import ProvidersAwayError, ProvidersGoneError
from malha.expenses.models import Expense, ExpenseBatch
from malha.expenses.repository import ExpenseFilter, Retry
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
from malha.expenses.service._processing import patience
from malha.expenses.service._rows import SkipReason
from malha.identity.policy import Principal
from malha.jobs import Accepted, Job, JobState, TransientError
from malha.kit.clock import SAO_PAULO, utc_now
from malha.settings import Settings
from malha.suppliers.service import estimate_answers
from malha.wording import fill

_STATUS = {
    JobState.QUEUED: TaskStatus.PENDING,
    JobState.RUNNING: TaskStatus.STARTED,
    JobState.PAUSED: TaskStatus.PAUSED,
    JobState.SUCCEEDED: TaskStatus.SUCCESS,
    JobState.PARTIAL: TaskStatus.SUCCESS,
    JobState.FAILED: TaskStatus.FAILURE,
    JobState.CANCELLED: TaskStatus.CANCELLED,
}


_SKIP_WORDS: Mapping[str, tuple[str, str]] = {
    SkipReason.ABOVE_TITLES: ("acima dos títulos das colunas", "above the titles of the columns"),
    SkipReason.TITLES_AGAIN: ("títulos repetidos", "the titles again"),
    SkipReason.TOTAL: ("total ou subtotal", "a total"),
    SkipReason.NOTE: ("texto sem despesa", "a text and no expense"),
    SkipReason.OTHER_COLUMNS: ("só tem valores em colunas não usadas", "has values in unused columns only"),
}


def show_accepted(accepted: Accepted, *, language: str) -> BatchAccepted:
    """What the sender of a batch is told: where it is, whether it was there before, and what of a file was not used."""
    which = 0 if language == "pt" else 1
    if accepted.new is None:
        return BatchAccepted(task_id=accepted.job_id, is_replay=True, message=_REPEATED[which])
    made = accepted.new.input
    message = fill(_QUEUED[which], language, count=made["total"])
    return BatchAccepted(task_id=accepted.job_id, message=message, file=_show_file(made, language))


_QUEUED = ("{count:despesa/despesas} na fila.", "{count:expense/expenses} queued.")
_REPEATED = (
    "Esta Idempotency-Key já tem um lote: nada foi criado de novo.",
    "This Idempotency-Key has a batch already: nothing was made again.",
)


def _show_file(job_input: Mapping[str, Any], language: str) -> FileRead | None:
    about = job_input.get("file")
    if about is None:
        return None
    which = 0 if language == "pt" else 1
    rows = [
        SkippedRowRead(
            line=row["line"], text=row["text"], reason_code=row["reason"], reason=_SKIP_WORDS[row["reason"]][which]
        )
        for row in about["skipped_rows"]
    ]
    return FileRead.model_validate(about | {"skipped_rows": rows})


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


async def list_expenses(
    session: ReadSession, principal: Principal, wanted: ExpenseFilter, window: Window, *, language: str
) -> Page[ExpenseRead]:
    """A page in the order of arrival."""
    found = await repository.list_expenses(session, principal, wanted, window)
    return found.map(lambda expense: show_expense(expense, language=language))


async def read_expense(session: ReadSession, principal: Principal, expense_id: UUID, *, language: str) -> ExpenseRead:
    """One expense; raises ExpenseNotFoundError."""
    return show_expense(await repository.get_expense(session, principal, expense_id), language=language)


async def read_task(
    session: ReadSession, principal: Principal, batch_id: UUID, settings: Settings, *, language: str, results: int
) -> TaskRead:
    """A batch with its progress and, once it has ended, its first results; raises TaskNotFoundError."""
    batch = await repository.get_batch(session, principal, batch_id)
    job = await repository.get_job(session, batch.job_id)
    counts = await repository.count_decisions(session, batch.job_id)
    state = JobState(job.state)
    status = _STATUS[state]
    retry = None if state.is_final else await repository.find_retry(session, batch.job_id)
    if status in {TaskStatus.STARTED, TaskStatus.PENDING} and retry is not None:
        status = TaskStatus.RETRY
    gives_up_at = batch.away_since + patience(settings) if batch.away_since and retry is not None else None
    result = None
    if state.is_final and state is not JobState.CANCELLED and job.result is not None:
        result = await _result(session, principal, batch, counts, language=language, results=results)
    return TaskRead(
        task_id=batch.job_id,
        status=status,
        reason=_reason(status, retry, gives_up_at, language),
        progress=await _progress(session, batch, settings, counts, retry=retry, state=state, gives_up_at=gives_up_at),
        file=_show_file(job.input, language),
        result=result,
        error=_error(job, language),
    )


_REASONS = {
    TaskStatus.PAUSED: (
        "O lote foi pausado e espera que alguém o retome.",
        "The batch was paused and waits to be resumed.",
    ),
    TaskStatus.CANCELLED: ("O lote foi cancelado.", "The batch was cancelled."),
}
_MOMENTS = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M")
_AWAY = (
    "Aguardando provedores que não respondem ({names}): nova consulta às {at}. Se não voltarem até {end}, o que faltar "
    "fica para uma pessoa decidir.",
    "Waiting for providers that do not answer ({names}): they are asked again at {at}. Unless they are back by {end}, "
    "a person decides what is left.",
)
_FAILED = (
    "O cadastro de empresas não respondeu: nova tentativa às {at}.",
    "The registry of companies did not answer: next attempt at {at}.",
)
_GONE = (
    "Provedores sem resposta por tempo demais ({names}): o que faltava ficou para uma pessoa decidir.",
    "Providers did not answer for too long ({names}): what was left is for a person to decide.",
)
_GAVE_UP = (
    "O cadastro de empresas não respondeu em nenhuma das tentativas.",
    "The registry of companies did not answer in any of the attempts.",
)


def _reason(status: TaskStatus, retry: Retry | None, gives_up_at: datetime | None, language: str) -> str | None:
    which = 0 if language == "pt" else 1
    if status is TaskStatus.RETRY and retry is not None:
        is_away = retry.error.get("type") == ProvidersAwayError.__name__
        at = retry.next_at.astimezone(SAO_PAULO).strftime("%H:%M:%S")
        end = gives_up_at.astimezone(SAO_PAULO).strftime(_MOMENTS[which]) if gives_up_at else "?"
        return (_AWAY if is_away else _FAILED)[which].format(names=retry.error.get("message"), at=at, end=end)
    return _REASONS[status][which] if status in _REASONS else None


async def _progress(
    session: ReadSession,
    batch: ExpenseBatch,
    settings: Settings,
    counts: Mapping[str | None, int],
    *,
    retry: Retry | None,
    state: JobState,
    gives_up_at: datetime | None,
) -> TaskProgress:
    """The end of a paused or ended batch is nobody's guess; that of one that waits begins when it goes on."""
    processed = sum(count for decision, count in counts.items() if decision is not None)
    progress = TaskProgress(total=batch.total, processed=processed, waiting=0, estimated_end=None)
    if state.is_final:
        return progress
    unknown = await repository.list_unknown_cnpjs(session, batch.job_id)
    progress.waiting = len(unknown)
    progress.retry_at = retry.next_at if retry is not None else None
    progress.gives_up_at = gives_up_at
    if unknown and state is not JobState.PAUSED:
        seconds = await estimate_answers(session, settings, unknown)
        start = max(utc_now(), retry.last_at) if retry is not None else utc_now()
        progress.estimated_end = start + timedelta(seconds=seconds) if seconds < math.inf else None
    return progress


async def _result(
    session: ReadSession,
    principal: Principal,
    batch: ExpenseBatch,
    counts: Mapping[str | None, int],
    *,
    language: str,
    results: int,
) -> TaskResult:
    """As it stands: what is decided again after the batch's end counts with its new decision."""
    wanted = ExpenseFilter(batch_id=batch.job_id)
    listed = (await repository.list_expenses(session, principal, wanted, Window(results))).items if results else []
    return TaskResult(
        total=batch.total,
        processed=batch.total,
        decisions={str(decision): count for decision, count in sorted(counts.items(), key=str)},
        signals=await repository.count_signals(session, batch.job_id),
        results=[show_expense(expense, language=language) for expense in listed],
        errors=[
            {"item": expense.no, "error": describe_reason(expense.reason or "", language=language)}
            for expense in listed
            if not expense.is_answered and expense.reason
        ],
    )


def _error(job: Job, language: str) -> dict[str, Any] | None:
    """In the caller's words where they are known; `detail` is for whoever runs the platform."""
    if job.error is None:
        return None
    kind, message = job.error.get("type"), job.error.get("message")
    if kind == ProvidersGoneError.__name__:
        return {"type": kind, "message": _GONE[0 if language == "pt" else 1].format(names=message)}
    if kind != TransientError.__name__:
        return {"type": kind, "message": message}
    return {"type": kind, "message": _GAVE_UP[0 if language == "pt" else 1], "detail": message}
