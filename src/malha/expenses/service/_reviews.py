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
    expense = await repository.get_expense(session, principal, expense_id)
    result = await review_expenses(session, principal, trail, [expense_id], review, note=note)
    if result.refused:
        raise ExpenseReviewedError(review=expense.review)
    await session.refresh(expense)
    return expense


async def review_expenses(
    session: Session, principal: Principal, trail: AuditTrail, ids: Sequence[UUID], review: Review, *, note: str | None
) -> BulkReviewResult:
    """Review those that wait for it; what the principal cannot see is passed over. The caller commits."""
    reviewed: list[UUID] = []
    refused: list[UUID] = []
    acts: list[Act] = []
    for expense in await repository.lock_for_review(session, principal, ids):
        if expense.review != Review.PENDING.value:
            refused.append(expense.id)
            continue
        before = {"review": expense.review, "decision": expense.decision}
        expense.review, expense.review_note = review.value, note
        expense.reviewed_by, expense.reviewed_at = principal.user_id, utc_now()
        after = {"review": review.value, "note": note}
        acts.append(
            Act(
                entity_type="expense",
                entity_id=expense.id,
                action=_ACTIONS[review],
                previous_state=before,
                new_state=after,
            )
        )
        reviewed.append(expense.id)
    await session.flush()
    await trail.record(session, *acts)
    return BulkReviewResult(reviewed=reviewed, refused=refused)
