"""The end of a task: what everybody in its room gets, written to the log together with it."""

from __future__ import annotations

from functools import partial
from typing import Any

from malha.jobs import FinishContext
from malha.partnumbers.client.announcer import announce_once
from malha.partnumbers.repository import tasks
from malha.partnumbers.rules.bus import BATCH_DONE, RESULTS, batch_message, result_message

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
        if task.is_batch:
            told = (BATCH_DONE, batch_message(codes, results, str(task.room_id), str(task.job_id)))
        else:
            told = (RESULTS, result_message(codes[0], results[codes[0]], str(task.room_id)))
        redis_url = job.runtime.settings.broker.redis_url
        job.session.after_commit(partial(announce_once, redis_url, [told]))
    return {"total": task.total, "answered": len(results), "missing": len(missing)}
