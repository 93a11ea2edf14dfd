"""The end of a batch: signals across its expenses, the counts, the audit log."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.expenses import repository
from malha.expenses.rules import Decision, Reason, decide_without_supplier, find_signals
from malha.identity.service import Act, system_trail
from malha.jobs.context import FinishContext
from malha.settings import Settings
from malha.suppliers.service import find_notable

ENTITY = "batch_audit"


async def complete_batch(job: FinishContext) -> dict[str, Any]:
    """Look for signals across the batch, record its end, and return the counts."""
    session: Session = job.session
    settings: Settings = job.runtime.settings
    batch = await repository.find_batch(session, job.job_id)
    if batch is None:
        return {}
    await _answer_dead_stretches(session, job.job_id)
    spendings = await repository.list_spendings(session, job.job_id)
    suppliers = await find_notable(
        session,
        list({spending.cnpj for spending in spendings}),
        opened_after=min((spending.spent_on for spending in spendings if spending.spent_on), default=None),
    )
    found = find_signals(spendings, suppliers, approval_limit=batch.approval_limit)
    await repository.save_signals(session, job.job_id, found)
    decisions = await repository.count_decisions(session, job.job_id)
    signals = Counter(signal["code"] for listed in found.values() for signal in listed)
    result = {
        "total": batch.total,
        "decisions": {str(decision): count for decision, count in sorted(decisions.items(), key=str)},
        "signals": dict(signals),
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
