"""A handler for worker processes of tests: every part leaves one row in `effects` and takes as long as it is told."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from malha.jobs.context import PartContext
from malha.jobs.registry import Queue, handler

KIND = "test.note"


@handler(KIND, queue=Queue.LONG)
async def note(part: PartContext) -> None:
    session = await part.session()
    await session.execute(text("INSERT INTO effects VALUES (:job, :no)"), {"job": part.job_id, "no": part.no})
    await part.emit("test.noted", {"no": part.no, "attempt": part.attempt})
    await asyncio.sleep(part.input.get("seconds", 0))
