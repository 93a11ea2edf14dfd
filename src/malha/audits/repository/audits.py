"""Audits with their jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import undefer

from malha.audits.errors import AuditNotFoundError
from malha.audits.models import Audit
from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job, JobState

_NEWEST = Order(Audit.created_at, Audit.job_id, is_descending=True)

INSERT_AUDIT: LiteralString = """
INSERT INTO audits (job_id, workspace_id, owner_id, idempotency_key, input_summary, storage_path, files, options)
SELECT id, %(workspace_id)s, %(owner_id)s, %(key)s, %(input_summary)s, %(storage_path)s, %(files)s, %(options)s FROM job
"""
"""What goes with a new job into the statement that submits it."""


class AuditRow(NamedTuple):
    """An audit and the job that carries its state."""

    audit: Audit
    job: Job


def audit_values(
    *, input_summary: str, storage_path: str, files: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> dict[str, Any]:
    """What INSERT_AUDIT needs besides the job's own values."""
    return {
        "input_summary": input_summary,
        "storage_path": storage_path,
        "files": Jsonb(files, dumps=orjson.dumps),
        "options": Jsonb(options, dumps=orjson.dumps),
    }


async def get_audit(session: ReadSession, principal: Principal, job_id: UUID) -> AuditRow:
    """The audit with its report, and its job; AuditNotFoundError when absent or another tenant's."""
    query = _with_jobs(principal).where(Audit.job_id == job_id).options(undefer(Audit.report))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise AuditNotFoundError
    return AuditRow(*row)


async def find_audit(session: Session, job_id: UUID) -> Audit | None:
    """The audit of a job that is being worked on."""
    return await session.get(Audit, job_id)


async def list_audits(
    session: ReadSession, principal: Principal, states: Sequence[JobState], window: Window
) -> Page[AuditRow]:
    """Audits, newest first."""
    found = await fetch_page(session, _in_states(_with_jobs(principal), states), _NEWEST, window)
    return found.map(AuditRow._make)


async def count_audits(session: ReadSession, principal: Principal, states: Sequence[JobState]) -> int:
    """How many audits are in one of the states (in any, when none is given)."""
    matching = _in_states(_with_jobs(principal), states).with_only_columns(Audit.job_id).subquery()
    return (await session.execute(select(func.count()).select_from(matching))).scalar_one()


async def save_report(session: Session, job_id: UUID, report: dict[str, Any], document_count: int) -> None:
    """Keep the parts of the report that are not rows of their own."""
    changes = update(Audit).where(Audit.job_id == job_id).values(report=report, document_count=document_count)
    await session.execute(changes)


async def delete_audit(session: Session, job_id: UUID) -> None:
    """Delete the job and with it all that the audit has; the caller has checked who asks."""
    await session.execute(delete(Job).where(Job.id == job_id))


def _with_jobs(principal: Principal) -> Select[Audit, Job]:
    return visible_to(principal, Audit).join(Job, Job.id == Audit.job_id).add_columns(Job)


def _in_states(query: Select[Audit, Job], states: Sequence[JobState]) -> Select[Audit, Job]:
    return query.where(Job.state.in_([state.value for state in states])) if states else query
