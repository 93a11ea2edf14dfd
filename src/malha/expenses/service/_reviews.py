"""A person's word on expenses that wait for it, written into the audit log with what was before."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from malha.db import Session
from malha.expenses import repository
from malha.expenses.errors import ExpenseReviewedError
from malha.expenses.models import Expense
from malha.expenses.schemas import BulkReviewResult, Review
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import utc_now

_ACTIONS = {Review.APPROVED: "APPROVE", Review.REJECTED: "REJECT"}


async def review_expense(
    session: Session, principal: Principal, trail: AuditTrail, expense_id: UUID, review: Review, *, note: str | None
) -> Expense:
    """Review one expense; raises ExpenseNotFoundError or ExpenseReviewedError. The caller commits."""
    result = await review_expenses(session, principal, trail, [expense_id], review, note=note)
    expense = await repository.get_expense(session, principal, expense_id)
    if result.refused:
        raise ExpenseReviewedError(review=expense.review)
    return expense


async def review_expenses(
    session: Session, principal: Principal, trail: AuditTrail, ids: Sequence[UUID], review: Review, *, note: str | None
) -> BulkReviewResult:
    """Review those that wait for it, and name the others; what the principal cannot see is unknown."""
    result = BulkReviewResult(reviewed=[], refused=[])
    acts: list[Act] = []
    for expense in await repository.lock_for_review(session, principal, ids):
        if expense.review != Review.PENDING.value:
            result.refused.append(expense.id)
            continue
        acts.append(_review(expense, principal, review, note))
        result.reviewed.append(expense.id)
    seen = {*result.reviewed, *result.refused}
    result.unknown = [expense_id for expense_id in dict.fromkeys(ids) if expense_id not in seen]
    await session.flush()
    await trail.record(session, *acts)
    return result


def _review(expense: Expense, principal: Principal, review: Review, note: str | None) -> Act:
    before = {"review": expense.review, "decision": expense.decision}
    expense.review, expense.review_note = review.value, note
    expense.reviewed_by, expense.reviewed_at = principal.user_id, utc_now()
    return Act(
        entity_type="expense",
        entity_id=expense.id,
        action=_ACTIONS[review],
        previous_state=before,
        new_state={"review": review.value, "note": note},
    )
