"""A stretch of a batch: what is known is decided at once, the rest as the registry's limits allow; then the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.expenses import repository
from malha.expenses.repository import OpenExpense
from malha.expenses.rules import (
    Decision,
    Reason,
    Spending,
    Verdict,
    decide,
    decide_without_supplier,
    find_signals,
)
from malha.expenses.service._services import activities_of
from malha.identity.service import Act, system_trail
from malha.jobs.context import FinishContext
from malha.jobs.errors import TransientError
from malha.jobs.registry import Again
from malha.kit.clock import utc_now
from malha.settings import Settings
from malha.suppliers.service import LookUpResult, Resources, Supplier, find_known, look_up, normalize_cnpj

AT_ONCE = timedelta(0)
ENTITY = "batch_audit"


async def process_stretch(
    session: Session, resources: Resources, batch_id: UUID, first: int, last: int
) -> Again | None:
    """Decide the unanswered expenses from `first` to `last`.

    Suppliers that are known are decided and kept first. Only then is the registry asked, and each of its answers is
    stored by the suppliers at once, so that no retry asks again. Raises TransientError when providers fail.
    """
    expenses = await repository.list_unanswered(session, batch_id, first, last)
    if not expenses:
        return None
    batch = await repository.find_batch(session, batch_id)
    assert batch is not None  # noqa: S101 - its expenses refer to it
    activities = await activities_of(session, batch.workspace_id)
    answers, unknown = await _answer_known(session, expenses, activities)
    await repository.save_answers(session, batch_id, answers)
    if not unknown:
        return None
    if answers:
        return Again(utc_now() + AT_ONCE)
    result = await look_up(resources, list(unknown))
    answers = _answer_looked_up(unknown, result, activities)
    await repository.save_answers(session, batch_id, answers)
    if result.failed and not answers:
        raise TransientError("; ".join(sorted(set(result.failed.values()))))
    return Again(result.retry_at or utc_now() + timedelta(seconds=1)) if result.pending or result.failed else None


async def _answer_known(
    session: Session, expenses: Sequence[OpenExpense], activities: Mapping[str, Sequence[str]]
) -> tuple[list[dict[str, Any]], dict[str, list[OpenExpense]]]:
    """Answers that need nobody, and the other expenses by CNPJ."""
    by_cnpj: dict[str, list[OpenExpense]] = {}
    answers: list[dict[str, Any]] = []
    for expense in expenses:
        if normalize_cnpj(expense.cnpj) is None:
            answers.append(_answer(expense, decide_without_supplier(Reason.CNPJ_INVALID), None, was_cached=True))
        else:
            by_cnpj.setdefault(expense.cnpj, []).append(expense)
    known = await find_known(session, list(by_cnpj))
    for cnpj, supplier in known.items():
        for expense in by_cnpj.pop(cnpj):
            verdict = decide(supplier, expense.service_type, activities)
            answers.append(_answer(expense, verdict, supplier, was_cached=True))
    return answers, by_cnpj


def _answer_looked_up(
    unknown: Mapping[str, Sequence[OpenExpense]], result: LookUpResult, activities: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for cnpj, supplier in result.found.items():
        for expense in unknown.get(cnpj, ()):
            verdict = decide(supplier, expense.service_type, activities)
            answers.append(_answer(expense, verdict, supplier, was_cached=False))
    for cnpj in result.not_found:
        for expense in unknown.get(cnpj, ()):
            verdict = decide_without_supplier(Reason.SUPPLIER_NOT_FOUND)
            answers.append(_answer(expense, verdict, None, was_cached=False))
    return answers


def _answer(expense: OpenExpense, verdict: Verdict, supplier: Supplier | None, *, was_cached: bool) -> dict[str, Any]:
    return {
        "no": expense.no,
        "is_answered": True,
        "decision": verdict.decision.value,
        "reason": verdict.reason.value,
        "registry_status": supplier.status.value if supplier else None,
        "risk": verdict.risk.value,
        "is_cnae_valid": verdict.is_cnae_valid,
        "legal_name": supplier.legal_name if supplier else None,
        "main_cnae": supplier.main_cnae.code if supplier and supplier.main_cnae else None,
        "was_cached": was_cached,
        "evidence": verdict.evidence,
    }


async def complete_batch(job: FinishContext) -> dict[str, Any]:
    """Look for signals across the batch, record its end, and return the counts."""
    session: Session = job.session
    settings: Settings = job.runtime.settings
    batch = await repository.find_batch(session, job.job_id)
    if batch is None:
        return {}
    await _answer_dead_stretches(session, job.job_id)
    rows = await repository.list_all(session, job.job_id)
    spendings = [Spending(row.no, row.cnpj, row.service_type, row.amount, row.spent_on) for row in rows]
    suppliers = await find_known(session, list({spending.cnpj for spending in spendings}))
    found = find_signals(spendings, suppliers, approval_limit=batch.approval_limit)
    await repository.save_signals(session, job.job_id, found)
    decisions = await repository.count_decisions(session, job.job_id)
    signals: dict[str, int] = {}
    for signal in (signal for listed in found.values() for signal in listed):
        signals[signal["code"]] = signals.get(signal["code"], 0) + 1
    result = {
        "total": batch.total,
        "decisions": {str(decision): count for decision, count in sorted(decisions.items(), key=str)},
        "signals": signals,
        "failed_parts": job.failed,
    }
    acts = [Act(entity_type=ENTITY, entity_id=job.job_id, action="BATCH_COMPLETED", new_state=result)]
    acts += [
        Act(entity_type="expense", entity_id=f"{job.job_id}/{no}", action="FLAG_FRAUD", metadata={"signals": listed})
        for no, listed in found.items()
    ]
    await system_trail(settings.security, batch.workspace_id).record(session, *acts)
    return result


async def _answer_dead_stretches(session: Session, batch_id: UUID) -> None:
    """What could not be asked about goes to a person, and stays open for a retry of the failed parts."""
    verdict = decide_without_supplier(Reason.REGISTRY_UNAVAILABLE)
    preliminary = {
        "decision": Decision.MANUAL_REVIEW.value,
        "reason": verdict.reason.value,
        "risk": verdict.risk.value,
        "review": "pending",
    }
    await repository.answer_preliminarily(session, batch_id, preliminary)
