"""The audit as the worker runs it."""

from __future__ import annotations

from typing import Any

from malha.audits.service import KIND, PartFile, PartOf, complete_audit, process_part
from malha.jobs import FinishContext, PartContext, PermanentError, Queue, handler


@handler(KIND, queue=Queue.LONG, batch=1, timeout_seconds=600)
async def process_audit(part: PartContext) -> dict[str, Any]:
    """Audit the files of one part. A file that cannot be read is a finding, not an error."""
    if part.workspace_id is None:
        raise PermanentError("an audit belongs to a workspace")
    documents = await process_part(
        await part.session(),
        part.runtime.storage,
        PartOf(part.job_id, part.workspace_id, part.no),
        part.job_input["options"],
        [PartFile.load(file) for file in part.input["files"]],
        tell=part,
    )
    return {"documents": documents}


@process_audit.on_finish
async def finish_audit(job: FinishContext) -> dict[str, Any]:
    """Compare the documents with each other and write the report."""
    return await complete_audit(job.session, job.job_id)
