"""Statements, and webhooks that were taken."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from malha.banking.errors import StatementNotFoundError
from malha.banking.models import PluggyEvent, Statement
from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to

_NEWEST = Order(Statement.created_at, Statement.id, is_descending=True)


async def get_statement(session: ReadSession, principal: Principal, statement_id: UUID) -> Statement:
    """One statement; StatementNotFoundError when absent or another tenant's."""
    found = await session.scalar(visible_to(principal, Statement).where(Statement.id == statement_id))
    if found is None:
        raise StatementNotFoundError
    return found


async def lock_statement(session: Session, principal: Principal, statement_id: UUID) -> Statement:
    """The same, with everybody else who wants to change it waiting until this transaction ends."""
    query = visible_to(principal, Statement).where(Statement.id == statement_id).with_for_update()
    found = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise StatementNotFoundError
    return found


async def list_statements(
    session: ReadSession,
    principal: Principal,
    *,
    account_id: UUID | None,
    job_id: UUID | None = None,
    window: Window,
) -> Page[Statement]:
    """Statements, newest first."""
    query = visible_to(principal, Statement)
    if account_id is not None:
        query = query.where(Statement.account_id == account_id)
    if job_id is not None:
        query = query.where(Statement.job_id == job_id)
    return await fetch_page(session, query, _NEWEST, window)


async def sum_statements(session: ReadSession, job_id: UUID) -> dict[str, int]:
    """What came of the files of a job."""
    query = select(
        func.count(),
        func.count().filter(Statement.status == "REFUSED"),
        func.count().filter(Statement.status == "NEEDS_MAPPING"),
        func.coalesce(func.sum(Statement.entry_count), 0),
        func.coalesce(func.sum(Statement.added_count), 0),
        func.coalesce(func.sum(Statement.skipped_count), 0),
        func.coalesce(func.sum(Statement.unreadable_count), 0),
    ).where(Statement.job_id == job_id)
    names = ("files", "refused", "needs_mapping", "entries", "added", "skipped", "unreadable")
    return dict(zip(names, (await session.execute(query)).one(), strict=True))


async def find_statement(session: Session, statement_id: UUID, *, is_locked: bool = False) -> Statement | None:
    """The statement of a part that is being worked on."""
    return await session.get(Statement, statement_id, with_for_update=is_locked)


async def take_event(session: Session, event: PluggyEvent) -> bool:
    """Note a webhook's `eventId`; False when it was taken before."""
    values = {"event_id": event.event_id, "event": event.event, "item_id": event.item_id, "jobs": event.jobs}
    statement = insert(PluggyEvent).values(**values).on_conflict_do_nothing(index_elements=["event_id"])
    return (await session.execute(statement.returning(PluggyEvent.event_id))).first() is not None
