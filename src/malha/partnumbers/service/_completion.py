"""The end of a task: what everybody in its room gets, written to the log together with it."""

from __future__ import annotations

from typing import Any

from malha.jobs import FinishContext
from malha.partnumbers.repository import tasks

FINISHED = "partnumbers.finished"


async def complete_task(job: FinishContext) -> dict[str, Any]:
    """Log the final event, and return the counts.

    After a retry of what failed it runs again: then the room gets another final event, with all that is answered.
    Without any answer there is none: the job's failure says it.
    """
    task = await tasks.find_task(job.session, job.job_id)
    if task is None:  # deleted meanwhile
        return {}
    items = await tasks.list_items(job.session, [job.job_id])
    found = await tasks.list_classifications_of(job.session, [job.job_id])
    results = {item.partnumber: classification.answer for item, classification in found}
    missing = [item.partnumber for item in items if item.classification_id is None]
    if results:
        codes = [item.partnumber for item in items]
        data = {"partnumbers": codes, "results": results, "missing": missing}
        await job.emit(FINISHED, data)
    return {"total": task.total, "answered": len(results), "missing": len(missing)}
