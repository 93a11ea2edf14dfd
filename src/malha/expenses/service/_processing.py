"""A stretch of a batch: what is known is decided at once, the rest as the registry's limits allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from malha.db import Session
from malha.expenses import repository
from malha.expenses.errors import ProvidersAwayError, ProvidersGoneError
from malha.expenses.models import ExpenseBatch
from malha.expenses.repository import OpenExpense
from malha.expenses.rules.decision import Reason, Verdict, decide, decide_without_supplier
from malha.expenses.service._services import activities_of
from malha.expenses.settings import ExpenseSettings
from malha.fiscal.identifiers import is_cnpj, is_cpf
from malha.identity.service import Act, system_trail
from malha.jobs import Snooze, TransientError
from malha.kit.clock import utc_now
from malha.settings import Settings
from malha.suppliers.rules.supplier import Standing
from malha.suppliers.service import LookUpResult, Resources, find_standings, look_up, request_refresh


class Stretch(NamedTuple):
    """Expenses of a batch from one number to another. `is_again`: they were decided before."""

    batch_id: UUID
    first: int
    last: int
    is_again: bool = False


async def process_stretch(session: Session, resources: Resources, stretch: Stretch) -> Snooze | None:
    """Decide the unanswered expenses of a stretch.

    Suppliers that are known are decided and kept first, stale ones too, which a job of the suppliers then renews. Only
    then is the registry asked, and each of its answers is stored by the suppliers at once, so that no retry asks
    again. Raises TransientError when providers fail, ProvidersAwayError while they are left alone after that, and
    ProvidersGoneError once that has lasted for as long as a batch waits.
    """
    expenses = await repository.list_unanswered(session, stretch.batch_id, stretch.first, stretch.last)
    if not expenses:
        return None
    batch = await repository.find_batch(session, stretch.batch_id)
    assert batch is not None  # noqa: S101 - its expenses refer to it
    activities = await activities_of(session, batch.workspace_id)
    known = await find_standings(session, list({expense.cnpj for expense in expenses}), resources.settings)
    stale = [cnpj for cnpj, standing in known.items() if standing is not None and standing.is_stale]
    # Nothing can be dispatched before the commit: the relay does it, at its next tick.
    await request_refresh(session, resources.settings, stale, run_after=utc_now())
    answers, unknown = _answer_known(known, expenses, activities)
    await _save(session, resources, batch, stretch, answers)
    if not unknown:
        return None
    if answers:
        return Snooze(utc_now())
    result = await look_up(resources, list(unknown))
    answers = _answer_looked_up(unknown, result, activities)
    await _save(session, resources, batch, stretch, answers)
    if not answers and result.away and not result.failed:
        raise await _wait_or_give_up(resources, batch, result)
    if batch.away_since is not None and answers:
        batch.away_since = None
    return _next_turn(result, has_answers=bool(answers))


async def _wait_or_give_up(
    resources: Resources, batch: ExpenseBatch, result: LookUpResult
) -> ProvidersAwayError | ProvidersGoneError:
    """Noted in a transaction of its own: with the error, the part's is undone."""
    assert result.retry_at is not None  # noqa: S101 - something is pending
    async with resources.database.session() as session:
        since = await repository.note_away(session, batch.job_id)
    names = ", ".join(sorted(result.away))
    if utc_now() - since >= patience(resources.settings):
        return ProvidersGoneError(names)
    return ProvidersAwayError(names, retry_at=result.retry_at)


def patience(settings: Settings) -> timedelta:
    """How long a batch waits for providers that do not answer."""
    return timedelta(hours=settings.of(ExpenseSettings).registry_patience_hours)


async def _save(
    session: Session, resources: Resources, batch: ExpenseBatch, stretch: Stretch, answers: Sequence[dict[str, Any]]
) -> None:
    answered = await repository.save_answers(session, stretch.batch_id, answers)
    if stretch.is_again:
        acts = [
            Act(
                entity_type="expense",
                entity_id=expense.id,
                action="DECIDE_AGAIN",
                new_state={"decision": expense.decision, "reason": expense.reason},
            )
            for expense in answered
        ]
        await system_trail(resources.settings.security, batch.workspace_id).record(session, *acts)


def _next_turn(result: LookUpResult, *, has_answers: bool) -> Snooze | None:
    """When to go on with what has no answer yet. What is written is lost with an error: it is told the next time."""
    if has_answers and (result.failed or result.pending):
        return Snooze(result.retry_at if result.retry_at and not result.away else utc_now() + timedelta(seconds=1))
    if result.failed:
        raise TransientError("; ".join(sorted(set(result.failed.values()))))
    return Snooze(result.retry_at or utc_now() + timedelta(seconds=1)) if result.pending else None


def _answer_known(
    known: Mapping[str, Standing | None], expenses: Sequence[OpenExpense], activities: Mapping[str, Sequence[str]]
) -> tuple[list[dict[str, Any]], dict[str, list[OpenExpense]]]:
    """Answers that need nobody, and the other expenses by CNPJ."""
    answers: list[dict[str, Any]] = []
    unknown: dict[str, list[OpenExpense]] = {}
    for expense in expenses:
        if expense.cnpj in known:
            answers.append(_answer(expense, known[expense.cnpj], activities, was_cached=True))
        elif is_cpf(expense.cnpj):
            answers.append(_answer_without(expense, Reason.SUPPLIER_IS_PERSON, was_cached=True))
        elif not is_cnpj(expense.cnpj):
            answers.append(_answer_without(expense, Reason.CNPJ_INVALID, was_cached=True))
        else:
            unknown.setdefault(expense.cnpj, []).append(expense)
    return answers, unknown


def _answer_looked_up(
    unknown: Mapping[str, Sequence[OpenExpense]], result: LookUpResult, activities: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    standings: dict[str, Standing | None] = {cnpj: supplier.standing for cnpj, supplier in result.found.items()}
    standings |= dict.fromkeys(result.not_found)
    return [
        _answer(expense, standing, activities, was_cached=False)
        for cnpj, standing in standings.items()
        for expense in unknown.get(cnpj, ())
    ]


def _answer(
    expense: OpenExpense, standing: Standing | None, activities: Mapping[str, Sequence[str]], *, was_cached: bool
) -> dict[str, Any]:
    if standing is None:
        return _answer_without(expense, Reason.SUPPLIER_NOT_FOUND, was_cached=was_cached)
    details = {
        "registry_status": standing.status,
        "legal_name": standing.legal_name,
        "main_cnae": standing.main_cnae,
    }
    return _row(expense, decide(standing, expense.service_type, activities), was_cached=was_cached) | details


def _answer_without(expense: OpenExpense, reason: Reason, *, was_cached: bool) -> dict[str, Any]:
    return _row(expense, decide_without_supplier(reason), was_cached=was_cached)


def _row(expense: OpenExpense, verdict: Verdict, *, was_cached: bool) -> dict[str, Any]:
    return {
        "no": expense.no,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "risk": verdict.risk,
        "is_cnae_valid": verdict.is_cnae_valid,
        "was_cached": was_cached,
        "evidence": verdict.evidence,
    }
