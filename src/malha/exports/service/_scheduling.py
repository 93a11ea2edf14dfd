"""Exports by the clock: a new file each time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from malha.db import Session
from malha.exports.schemas import ExportRequest
from malha.exports.service._submission import KIND, check_request, job_input, record_export
from malha.exports.settings import ExportSettings
from malha.identity.policy import Principal
from malha.identity.service import user_trail
from malha.jobs import Owner, submit
from malha.kit.clock import utc_now
from malha.schedules.service import ScheduledAction, register_action
from malha.settings import Settings


async def start_export(
    session: Session, settings: Settings, principal: Principal, run_id: UUID, body: ExportRequest
) -> None:
    """Submit the export with the run's id, as its owner may see the list by now."""
    await check_request(session, principal, body)
    owner = Owner(principal.workspace_id, principal.user_id)
    job = await submit(session, KIND, input=job_input(body), parts=[{}], owner=owner, job_id=run_id)
    trail = user_trail(settings.security, principal.user_id, workspace_id=principal.workspace_id)
    expires_at = utc_now() + timedelta(days=settings.of(ExportSettings).kept_days)
    await record_export(session, principal, trail, body, job=job, expires_at=expires_at)


SCHEDULED_EXPORT = register_action(
    ScheduledAction(
        name="exports.build",
        title="Exportar uma lista",
        scope="exports:write",
        input=ExportRequest,
        start=start_export,
        check=check_request,
    )
)
