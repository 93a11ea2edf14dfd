"""The end of a batch: its signals and payments, the counts, the audit log."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from malha.banking.service import Match
from malha.db import Session
from malha.expenses import repository
from malha.expenses.models import ExpenseBatch
from malha.expenses.repository import Findings
from malha.expenses.rules.decision import Decision, Reason, decide_without_supplier
from malha.expenses.rules.signals import find_signals
from malha.expenses.service._payments import match_expenses
from malha.identity.service import Act, system_trail
from malha.jobs import FinishContext
from malha.settings import Settings
from malha.suppliers.service import find_notable

NOTHING = Findings([], None)


async def complete_batch(job: FinishContext, batch_id: UUID) -> dict[str, Any]:
    """Look for signals and payments across the batch, record its end, and return the counts.

    After a retry of failed parts this runs again, and when some of it was decided again: what it finds then replaces
    what it found before. A batch that has not ended yet does it itself.
    """
    session: Session = job.session
    settings: Settings = job.runtime.settings
    batch = await repository.find_batch(session, batch_id)
    if batch is None:
        return {}
    is_again = batch_id != job.job_id
    batch.away_since = None  # whoever has the failed parts run again waits anew
    if job.failed:
        await _answer_dead_stretches(session, batch_id)
    if is_again and (await repository.get_job(session, batch_id)).finished_at is None:
        return {}
    found = await _find(session, batch)
    former = await repository.list_findings(session, batch_id)
    changed = {
        no: found.get(no, NOTHING)
        for no in sorted(found.keys() | former.keys())
        if found.get(no, NOTHING) != former.get(no, NOTHING)
    }
    ids = await repository.save_findings(session, batch_id, changed)
    decisions = await repository.count_decisions(session, batch_id)
    result = {
        "total": batch.total,
        "decisions": {str(decision): count for decision, count in sorted(decisions.items(), key=str)},
        "signals": dict(Counter(signal["code"] for each in found.values() for signal in each.signals)),
        "failed_parts": job.failed,
    }
    end = Act(
        entity_type="batch_audit",
        entity_id=batch_id,
        action="BATCH_DECIDED_AGAIN" if is_again else "BATCH_COMPLETED",
        new_state=result,
        metadata={"requested_by": str(batch.owner_id)},
    )
    flags = [
        Act(
            entity_type="expense",
            entity_id=ids[no],
            action="FLAG_FRAUD",
            previous_state={"signals": former.get(no, NOTHING).signals},
            new_state={"signals": each.signals},
            metadata={"batch_id": str(batch_id), "no": no},
        )
        for no, each in changed.items()
        if each.signals != former.get(no, NOTHING).signals
    ]
    await system_trail(settings.security, batch.workspace_id).record(session, end, *flags)
    return result


async def _find(session: Session, batch: ExpenseBatch) -> dict[int, Findings]:
    spendings = await repository.list_spendings(session, batch.job_id)
    suppliers = await find_notable(
        session,
        list({spending.cnpj for spending in spendings}),
        opened_after=min((spending.spent_on for spending in spendings if spending.spent_on), default=None),
    )
    paid, unpaid = await match_expenses(session, batch.workspace_id, spendings)
    signals = find_signals(spendings, suppliers, approval_limit=batch.approval_limit, unpaid=unpaid)
    return {
        no: Findings(signals.get(no, []), _show_payment(paid[no]) if no in paid else None)
        for no in signals.keys() | paid.keys()
    }


def _show_payment(match: Match) -> dict[str, Any]:
    transaction_id = match.transaction and str(match.transaction.id)
    return {"transaction_id": transaction_id, "score": match.score, "reasons": list(match.reasons)}


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
