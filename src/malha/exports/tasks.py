"""Exports as the worker builds and sweeps them."""

from __future__ import annotations

import asyncio
from typing import Any

from malha.exports import service
from malha.exports.settings import ExportSettings
from malha.jobs import PartContext, Queue, Snooze, handler
from malha.kit.clock import utc_now


@handler(service.KIND, queue=Queue.LONG, batch=1, timeout_seconds=1800)
async def build_export(part: PartContext) -> dict[str, Any]:
    """Write the file, then show it: until the transaction that ends the part, it is nobody's."""
    runtime = part.runtime
    async with runtime.database.read_session() as session:
        export = await service.find_export(session, part.job_id)
    if export is None:
        part.log.warning("exports.export_missing", skipped=True)
        return {"skipped": "the export was deleted"}
    built = await service.build_file(
        runtime.database, runtime.storage, export, part, language=part.job_input.get("language", "pt")
    )
    try:
        kept_days = runtime.settings.of(ExportSettings).kept_days
        return await service.show_file(await part.session(), part.job_id, built, kept_days=kept_days)
    except BaseException:
        await asyncio.shield(service.discard_file(runtime.storage, built))
        raise


@handler(service.SWEEP_KIND, queue=Queue.SHORT, every_seconds=3600)
async def sweep_exports(part: PartContext) -> Snooze | None:
    """Delete what has expired, and files that a run which was killed has left."""
    has_more = await service.sweep(await part.session(), part.runtime.storage)
    return Snooze(utc_now()) if has_more else None
