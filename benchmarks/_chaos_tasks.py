"""Work that can be counted: every part leaves one row, poison kills its process, a finish step leaves a row too."""

from __future__ import annotations

import asyncio
import os
import signal

from sqlalchemy import text

from malha.jobs.context import FinishContext, PartContext
from malha.jobs.registry import Queue, handler

LEAVE_EFFECT = text("INSERT INTO chaos_effects (job_id, no) VALUES (:job_id, :no)")


@handler("chaos.small", queue=Queue.SHORT, batch=10)
async def small(part: PartContext) -> None:
    """A short part, ten to a message."""
    await _work(part, seconds=0.005)


@small.on_finish
async def finish_small(job: FinishContext) -> None:
    """The finish step, whose effect must be there once as well."""
    await job.session.execute(LEAVE_EFFECT, {"job_id": job.job_id, "no": -1})


@handler("chaos.large", queue=Queue.LONG)
async def large(part: PartContext) -> None:
    """A part with a message of its own."""
    await _work(part, seconds=0.05)


async def _work(part: PartContext, *, seconds: float) -> None:
    await part.emit("chaos.run", {"no": part.no, "attempt": part.attempt})
    session = await part.session()
    await session.execute(LEAVE_EFFECT, {"job_id": part.job_id, "no": part.no})
    await asyncio.sleep(part.input.get("seconds", seconds))
    if part.input.get("poison"):
        os.kill(os.getpid(), signal.SIGKILL)
