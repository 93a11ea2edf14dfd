"""Queries of the expenses. What the API shows starts from what the principal may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.expenses.errors import ExpenseNotFoundError, TaskNotFoundError
from malha.expenses.models import Expense, ExpenseBatch, ServiceActivity
from malha.expenses.rules.signals import Spending
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job, JobPart, PartState

_ARRIVAL = Order(Expense.id)

_UNANSWERED = text(
    """
    SELECT no, cnpj, service_type FROM expenses
    WHERE batch_id = :batch_id AND no BETWEEN :first AND :last AND NOT is_answered ORDER BY no
    """
)
_SPENDINGS = text(
    """
    SELECT no, cnpj, service_type, amount, spent_on, transaction_id, legal_name FROM expenses
    WHERE batch_id = :batch_id ORDER BY no
    """
)
_ANSWER = text(
    """
    UPDATE expenses e
    SET is_answered = true, decision = a.decision, reason = a.reason, registry_status = a.registry_status,
        risk = a.risk, is_cnae_valid = a.is_cnae_valid, legal_name = a.legal_name, main_cnae = a.main_cnae,
        was_cached = a.was_cached, evidence = a.evidence,
        review = CASE WHEN e.reviewed_at IS NOT NULL THEN e.review
                      WHEN a.decision = 'APPROVED' THEN 'none' ELSE 'pending' END
    FROM jsonb_to_recordset(:answers) AS a(
        no int, decision text, reason text, registry_status text, risk text,
        is_cnae_valid boolean, legal_name text, main_cnae text, was_cached boolean, evidence jsonb)
    WHERE e.batch_id = :batch_id AND e.no = a.no AND NOT e.is_answered
    RETURNING e.id, e.decision, e.reason
    """
)
# The former decision is read with the row's lock, so that a person's word or another answer is not overtaken.
_REOPEN = text(
    """
    WITH denied AS MATERIALIZED (
        SELECT id, decision, reason, evidence FROM expenses
        WHERE cnpj = ANY(ARRAY(SELECT jsonb_array_elements_text(:cnpjs)))
          AND is_answered AND reason = 'supplier-not-found'
        ORDER BY id FOR UPDATE
    )
    UPDATE expenses e
    SET is_answered = false, decision = 'MANUAL_REVIEW', reason = 'registry-in-doubt', risk = 'UNKNOWN',
        review = CASE WHEN e.reviewed_at IS NULL THEN 'pending' ELSE e.review END
    FROM denied d WHERE e.id = d.id
    RETURNING e.id, e.batch_id, e.no, e.workspace_id, d.decision, d.reason
    """
)
_FINDINGS = text(
    "SELECT no, signals, payment FROM expenses WHERE batch_id = :batch_id AND (signals <> '[]' OR payment IS NOT NULL)"
)
_SIGNALS = text(
    """
    SELECT signal ->> 'code' AS code, count(*) AS count FROM expenses, jsonb_array_elements(signals) AS signal
    WHERE batch_id = :batch_id AND signals <> '[]' GROUP BY 1 ORDER BY 1
    """
)
_SAVE_FINDINGS = text(
    """
    UPDATE expenses e
    SET signals = f.signals, payment = f.payment,
        review = CASE WHEN e.review = 'none' AND f.signals <> '[]' THEN 'pending' ELSE e.review END
    FROM jsonb_to_recordset(:findings) AS f(no int, signals jsonb, payment jsonb)
    WHERE e.batch_id = :batch_id AND e.no = f.no RETURNING e.no, e.id
    """
)


@dataclass(frozen=True, slots=True)
class ExpenseFilter:
    """Empty sequences and None do not filter."""

    batch_id: UUID | None = None
    decisions: Sequence[str] = ()
    reviews: Sequence[str] = ()
    signals: Sequence[str] = ()
    cnpj: str | None = None


async def get_batch(session: ReadSession, principal: Principal, batch_id: UUID) -> ExpenseBatch:
    """The batch, or TaskNotFoundError when it is absent or another tenant's."""
    query = visible_to(principal, ExpenseBatch).where(ExpenseBatch.job_id == batch_id)
    batch = (await session.execute(query)).scalar_one_or_none()
    if batch is None:
        raise TaskNotFoundError
    return batch


async def find_batch(session: ReadSession, batch_id: UUID) -> ExpenseBatch | None:
    """The batch of a job, for the job itself."""
    return await session.get(ExpenseBatch, batch_id)


async def note_away(session: Session, batch_id: UUID) -> datetime:
    """Since when the batch has had no answer from the providers that it waits for: since now, unless it is noted."""
    statement = (
        update(ExpenseBatch)
        .where(ExpenseBatch.job_id == batch_id)
        .values(away_since=func.coalesce(ExpenseBatch.away_since, func.now()))
        .returning(ExpenseBatch.away_since)
    )
    since = (await session.execute(statement)).scalar_one()
    assert since is not None  # noqa: S101 - it was just set
    return since


async def get_expense(session: ReadSession, principal: Principal, expense_id: UUID) -> Expense:
    """The expense, or ExpenseNotFoundError when it is absent or another tenant's."""
    query = visible_to(principal, Expense).where(Expense.id == expense_id)
    expense = (await session.execute(query)).scalar_one_or_none()
    if expense is None:
        raise ExpenseNotFoundError
    return expense


async def list_expenses(
    session: ReadSession, principal: Principal, wanted: ExpenseFilter, window: Window
) -> Page[Expense]:
    """Expenses in the order of arrival."""
    query = visible_to(principal, Expense)
    if wanted.batch_id is not None:
        query = query.where(Expense.batch_id == wanted.batch_id)
    if wanted.decisions:
        query = query.where(Expense.decision.in_(wanted.decisions))
    if wanted.reviews:
        query = query.where(Expense.review.in_(wanted.reviews))
    for code in wanted.signals:
        query = query.where(Expense.signals.contains([{"code": code}]))
    if wanted.cnpj:
        query = query.where(Expense.cnpj == wanted.cnpj)
    return await fetch_page(session, query, _ARRIVAL, window)


async def lock_for_review(session: Session, principal: Principal, ids: Sequence[UUID]) -> list[Expense]:
    """Those of the expenses that the principal may see, locked in the order of their ids, as they are once locked."""
    query = visible_to(principal, Expense).where(Expense.id.in_(ids)).order_by(Expense.id).with_for_update()
    query = query.execution_options(populate_existing=True)
    return list((await session.execute(query)).scalars())


class Findings(NamedTuple):
    """What the end of a batch says of an expense."""

    signals: list[dict[str, Any]]
    payment: dict[str, Any] | None


class OpenExpense(NamedTuple):
    """What a decision needs of an expense."""

    no: int
    cnpj: str
    service_type: str


async def list_unanswered(session: ReadSession, batch_id: UUID, first: int, last: int) -> list[OpenExpense]:
    """The expenses of a stretch of a batch that have no answer yet."""
    rows = await session.execute(_UNANSWERED, {"batch_id": batch_id, "first": first, "last": last})
    return [OpenExpense._make(row) for row in rows]


class Answered(NamedTuple):
    """An expense that has just been given its decision."""

    id: UUID
    decision: str
    reason: str


async def save_answers(session: Session, batch_id: UUID, answers: Sequence[dict[str, Any]]) -> list[Answered]:
    """Write decisions by `no`; an expense that has an answer keeps it, and a person's word stands beside any."""
    if not answers:
        return []
    rows = await session.execute(_ANSWER, {"batch_id": batch_id, "answers": Jsonb(list(answers))})
    return [Answered._make(row) for row in rows]


class Reopened(NamedTuple):
    """An expense whose decision was taken back, and what that was."""

    id: UUID
    batch_id: UUID
    no: int
    workspace_id: UUID
    decision: str
    reason: str


async def reopen_denied(session: Session, cnpjs: Sequence[str]) -> list[Reopened]:
    """Take back the decisions of all workspaces that rest on there being no such company; what people said stays."""
    return [Reopened._make(row) for row in await session.execute(_REOPEN, {"cnpjs": Jsonb(list(cnpjs))})]


async def list_findings(session: ReadSession, batch_id: UUID) -> dict[int, Findings]:
    """What an earlier end of the batch has found, by `no`; expenses without anything are left out."""
    rows = await session.execute(_FINDINGS, {"batch_id": batch_id})
    return {no: Findings(signals, payment) for no, signals, payment in rows}


async def save_findings(session: Session, batch_id: UUID, findings: Mapping[int, Findings]) -> dict[int, UUID]:
    """Write them by `no`; an expense with a signal waits for a review. Returns the expenses' ids."""
    rows = [{"no": no, "signals": each.signals, "payment": each.payment} for no, each in findings.items()]
    if not rows:
        return {}
    saved = await session.execute(_SAVE_FINDINGS, {"batch_id": batch_id, "findings": Jsonb(rows)})
    return {row.no: row.id for row in saved}


async def list_spendings(session: ReadSession, batch_id: UUID) -> list[Spending]:
    """What the signals need of every expense of a batch, by `no`."""
    return [Spending._make(row) for row in await session.execute(_SPENDINGS, {"batch_id": batch_id})]


async def count_decisions(session: ReadSession, batch_id: UUID) -> dict[str | None, int]:
    """Expenses by decision; None counts those without."""
    query = select(Expense.decision, func.count()).where(Expense.batch_id == batch_id).group_by(Expense.decision)
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def count_signals(session: ReadSession, batch_id: UUID) -> dict[str, int]:
    """Expenses by signal."""
    rows = await session.execute(_SIGNALS, {"batch_id": batch_id})
    return {row.code: int(row[1]) for row in rows}


async def list_unknown_cnpjs(session: ReadSession, batch_id: UUID) -> list[str]:
    """The different CNPJs that still wait for the registry."""
    query = select(Expense.cnpj).where(Expense.batch_id == batch_id, Expense.is_answered.is_(False))
    return list((await session.execute(query.distinct())).scalars())


class Retry(NamedTuple):
    """How parts of a batch wait after an error: the next attempt, the last one, and one part's error."""

    next_at: datetime
    last_at: datetime
    error: dict[str, Any]


async def find_retry(session: ReadSession, batch_id: UUID) -> Retry | None:
    """What the parts of the batch that failed wait for; None when none of them has, or one runs again."""
    query = select(JobPart.run_after, JobPart.error).where(
        JobPart.job_id == batch_id, JobPart.state == PartState.QUEUED.value, JobPart.error.is_not(None)
    )
    rows = (await session.execute(query.order_by(JobPart.run_after))).all()
    return Retry(rows[0].run_after, rows[-1].run_after, rows[0].error) if rows else None


async def get_job(session: ReadSession, batch_id: UUID) -> Job:
    """The job of a batch that the caller has been shown."""
    return (await session.execute(select(Job).where(Job.id == batch_id))).scalar_one()


async def list_own_services(session: ReadSession, workspace_id: UUID) -> dict[str, list[str]]:
    """The workspace's own activities by service."""
    query = select(ServiceActivity).where(ServiceActivity.workspace_id == workspace_id)
    return {row.service: row.cnaes for row in (await session.execute(query)).scalars()}


async def save_service(session: Session, workspace_id: UUID, service: str, cnaes: list[str]) -> None:
    """Replace the workspace's list for a service."""
    statement = insert(ServiceActivity).values(workspace_id=workspace_id, service=service, cnaes=cnaes)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["workspace_id", "service"], set_={"cnaes": cnaes})
    )


async def delete_service(session: Session, workspace_id: UUID, service: str) -> None:
    """Go back to the platform's list."""
    await session.execute(
        delete(ServiceActivity).where(ServiceActivity.workspace_id == workspace_id, ServiceActivity.service == service)
    )


async def answer_preliminarily(session: Session, batch_id: UUID, answers: dict[str, Any]) -> None:
    """Give every expense without an answer this preliminary one; it stays unanswered for a later retry."""
    await session.execute(
        update(Expense).where(Expense.batch_id == batch_id, Expense.is_answered.is_(False)).values(**answers)
    )
