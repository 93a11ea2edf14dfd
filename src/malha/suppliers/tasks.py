"""The renewal of stale suppliers as the worker runs it."""

from __future__ import annotations

from typing import Any

from malha.jobs import PartContext, Snooze, handler
from malha.suppliers.service import REFRESH_KIND, LookUpResult, refresh


@handler(REFRESH_KIND, batch=1, timeout_seconds=180)
async def refresh_suppliers(part: PartContext) -> dict[str, Any] | Snooze:
    """Renew the suppliers of one part, as fast as the providers' limits allow."""
    result: LookUpResult = await refresh(part.runtime, part.input["cnpjs"])
    if result.retry_at is not None:
        return Snooze(until=result.retry_at)
    return {"renewed": len(result.found), "failed": len(result.failed)}
