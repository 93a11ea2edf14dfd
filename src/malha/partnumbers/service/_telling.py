"""Progress of many questions, logged together: a statement for whatever came since the last one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from malha.db import Database
from malha.jobs import tell_of_jobs
from malha.partnumbers.client.announcer import Announcement, Announcer
from malha.partnumbers.rules.bus import PROGRESS, progress_message
from malha.partnumbers.rules.wire import Message

GATHER_SECONDS = 0.01
PACE_SECONDS = 0.25
"""Between two entries of one task's log."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Whose progress it is. Of a batch, `answered` of its `total` part numbers were answered before."""

    job_id: UUID
    part_no: int
    is_batch: bool
    answered: int
    total: int

    def entry(self, message: Message, answers: int) -> dict[str, Any]:
        """The same as the job's log has it."""
        steps = (self.answered + answers, self.total) if self.is_batch else (message.current, message.total)
        told = {"part": self.part_no, "message": message.text, "current": steps[0], "total": steps[1]}
        return {key: value for key, value in told.items() if value is not None}


class Teller:
    """Takes progress at any speed and logs the latest of each task, at most four times a second."""

    def __init__(self, database: Database, announcer: Announcer) -> None:
        self._database = database
        self._announcer = announcer
        self._pending: dict[UUID, dict[str, Any]] = {}
        self._told_at: dict[UUID, float] = {}
        self._called = asyncio.Event()

    def tell(self, progress: Progress, message: Message, answers: int) -> None:
        """Take in progress; on the loop of `run`."""
        self._pending[progress.job_id] = progress.entry(message, answers)
        self._called.set()

    async def run(self) -> None:
        """Log until cancelled."""
        while True:
            await self._called.wait()
            self._called.clear()
            now = time.monotonic()
            self._told_at = {job: at for job, at in self._told_at.items() if at > now - PACE_SECONDS}
            due = {job: entry for job, entry in self._pending.items() if job not in self._told_at}
            if due:
                await self._log(due)
            if self._pending:
                self._called.set()
            await asyncio.sleep(GATHER_SECONDS)

    async def _log(self, due: dict[UUID, dict[str, Any]]) -> None:
        for job in due:
            del self._pending[job]
        self._told_at |= dict.fromkeys(due, time.monotonic())
        try:
            async with self._database.session() as session:
                await tell_of_jobs(session, "job.progress", due)
            await self._announcer.announce(*(_announcement(job, entry) for job, entry in due.items()))
        except (SQLAlchemyError, RedisError, OSError) as error:  # the next one tells more anyway
            _log.warning("partnumbers.progress_not_told", tasks=len(due), error=str(error))


def _announcement(job_id: UUID, entry: dict[str, Any]) -> Announcement:
    told = progress_message(str(job_id), entry.get("current"), entry.get("total"), entry.get("message"))
    return PROGRESS, told
