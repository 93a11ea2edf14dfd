"""`/audit-log`: who did what, when, from where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator

from malha.db.paging import Page
from malha.dependencies import ReadSessionDep
from malha.errors import problem_responses
from malha.identity import service
from malha.identity.errors import RoleInsufficientError, ScopeMissingError
from malha.identity.policy import GUARDED, Principal, Role, require
from malha.identity.routes._lists import Listed
from malha.identity.schemas import AuditEntryRead
from malha.identity.service import AuditFilter

router = APIRouter(prefix="/audit-log", tags=["audit-log"], responses=GUARDED)

Owner = Annotated[Principal, Depends(require("audit-log:read", role=Role.OWNER))]
Exact = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


def _in_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc), Query(description="UTC where it names no zone.")]


@router.get("", responses=problem_responses(RoleInsufficientError, ScopeMissingError))
async def list_audit_log(
    principal: Owner,
    session: ReadSessionDep,
    window: Listed,
    *,
    entity_type: Exact = None,
    entity_id: Exact = None,
    action: Exact = None,
    actor_id: Exact = None,
    since: Instant | None = None,
    until: Instant | None = None,
    everything: Annotated[bool, Query(description="Superusers: every workspace and the platform itself.")] = False,
) -> Page[AuditEntryRead]:
    """Acts in the workspace, newest first (owners)."""
    if everything and not principal.can("admin"):
        raise ScopeMissingError("admin")
    wanted = AuditFilter(
        workspace_id=None if everything else principal.workspace_id,
        entity_type=entity_type,
        entity_id=entity_id,
        action=action,
        actor_id=actor_id,
        since=since,
        until=until,
    )
    return (await service.list_entries(session, wanted, window)).map(AuditEntryRead.model_validate)
