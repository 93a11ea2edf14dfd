"""Runs one message: claim its parts, call the handler for each, settle them together, finish complete jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from psycopg import AsyncConnection, OperationalError

from malha.db.jsonb import encode
from malha.jobs.context import PartContext
from malha.jobs.errors import LeaseLostError, PermanentError, RateLimitedError, TransientError, describe_error
from malha.jobs.feed import JobEvent
from malha.jobs.finish import finish_job
from malha.jobs.ledger import ClaimedPart, PartRange, SettledJob, Settlement, settle
from malha.jobs.registry import Handler, Snooze
from malha.jobs.retry import backoff_seconds
from malha.jobs.runtime import Runtime
from malha.jobs.states import PartState
from malha.jobs.unit_of_work import UnitOfWork
from malha.kit.clock import utc_now

SETTLE_AFTER_SECONDS = 0.5
LONGEST_ABSENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.5

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


def run_message(runtime: Runtime, handler: Handler, ranges: Sequence[PartRange], *, is_first: bool = False) -> int:
    """Handle one delivery; returns how many parts were run. A part that somebody else has is left alone.

    `is_first`: nobody had claimed the parts when the message was sent. If this process has claimed them since, ahead
    of their message, then the message is pointless: whatever became of them, they travel in other messages now.
    """
    if is_first and runtime.claims.covers(ranges):
        return 0
    parts = _once_the_database_answers(lambda: runtime.ledger.claim(handler.kind, ranges, limit=handler.batch))
    if not parts:
        return 0
    runtime.claims.add(parts)
    runtime.leases.hold(parts)
    try:
        runtime.feed.publish(
            *(
                JobEvent(part.job_id, part.workspace_id, part.owner_id, part.started_seq, "job.started")
                for part in parts
                if part.started_seq is not None
            )
        )
        run = _MessageRun(runtime, handler, parts)
        try:
            runtime.run(run.run())
        except Exception as error:
            run.give_up(error)
            raise
    finally:
        runtime.leases.release(parts)
    return len(parts)


def _once_the_database_answers(statement: Callable[[], Result]) -> Result:
    """Try again while the database is away: whoever took the next message would fare no better, and lose that too."""
    give_up_at = time.monotonic() + LONGEST_ABSENCE_SECONDS
    while True:
        try:
            return statement()
        except OperationalError as error:
            if time.monotonic() > give_up_at:
                raise
            _log.warning("database.away", error=str(error))
            time.sleep(LOOK_AGAIN_SECONDS)


class _MessageRun:
    """The parts of one message on their way from claimed to settled."""

    def __init__(self, runtime: Runtime, handler: Handler, parts: list[ClaimedPart]) -> None:
        self._runtime = runtime
        self._handler = handler
        self._parts = parts
        self._max_attempts = handler.max_attempts or runtime.settings.engine.max_attempts
        self._settlements: list[Settlement] = []

    async def run(self) -> None:
        """Settle at the end, and in between when the parts turn out to be slow."""
        deadline = time.monotonic() + self._handler.timeout_seconds
        async with UnitOfWork(self._runtime.database) as work:
            settle_at = time.monotonic() + SETTLE_AFTER_SECONDS
            for part in self._parts:
                if self._settlements and time.monotonic() > settle_at:
                    await self._settle(work)
                    settle_at = time.monotonic() + SETTLE_AFTER_SECONDS
                if time.monotonic() > deadline:
                    self._settlements.append(_give_back(part))
                else:
                    self._settlements.append(await self._run_part(part, work))
            await self._settle(work)

    def give_up(self, error: Exception) -> None:
        """Settle each part that is still ours as failed: how the transaction ended may be unknown, the fence knows.

        Their leases would do it too, later.
        """
        settle_one = partial(self._runtime.ledger.settle, closes=self._handler.finish is None)
        for part in self._parts:
            try:
                _once_the_database_answers(partial(settle_one, [self._judge(part, error)]))
            except LeaseLostError:
                pass  # it is settled, or somebody else's
            except OperationalError:
                return

    async def _run_part(self, part: ClaimedPart, work: UnitOfWork) -> Settlement:
        context = PartContext(part, self._handler.kind, self._runtime, work)
        try:
            async with asyncio.timeout(self._handler.timeout_seconds):
                result = await self._handler.function(context)
            ended = _end(part, result, context.spawned)
            await work.keep()
        except Exception as error:  # whatever a handler raises becomes the part's recorded end
            await work.discard()
            if not isinstance(error, RateLimitedError):
                described = describe_error(error)
                _log.warning("part.failed", job_id=str(part.job_id), part=part.no, attempt=part.attempts, **described)
            return self._judge(part, error)
        return ended

    def _judge(self, part: ClaimedPart, error: Exception) -> Settlement:
        """Turn an error into the part's fate: back at a time, or dead."""
        described = describe_error(error)
        if isinstance(error, RateLimitedError):
            return _run_later(part, error.retry_at, error=described)
        if isinstance(error, PermanentError) or part.attempts >= self._max_attempts:
            return Settlement(part.job_id, part.no, part.fence, PartState.DEAD, error=described)
        retry_after = error.retry_after_seconds if isinstance(error, TransientError) else None
        delay = backoff_seconds(part.attempts, retry_after_seconds=retry_after)
        return Settlement(part.job_id, part.no, part.fence, PartState.QUEUED, delay, error=described)

    async def _settle(self, work: UnitOfWork) -> None:
        settlements, self._settlements = self._settlements, []
        try:
            if work.is_open or self._handler.finish is not None or any(settled.spawned for settled in settlements):
                jobs = await self._settle_in(work, settlements)
            else:
                jobs = self._runtime.ledger.settle(settlements, closes=True)
        except LeaseLostError:
            await work.rollback()
            self._give_back_one_by_one(settlements)
            return
        self._send_on(jobs)
        self._runtime.feed.publish(*(job for job in jobs if job.is_logged))
        self._runtime.progress.mark(job.job_id for job in jobs if not job.is_logged)

    async def _settle_in(self, work: UnitOfWork, settlements: list[Settlement]) -> list[SettledJob]:
        """Settle in the transaction of the parts' own writes, together with the finish step where a job is complete."""
        driver: AsyncConnection[Any] = await work.driver()
        jobs = await settle(driver, settlements, closes=self._handler.finish is None)
        if self._handler.finish is not None:
            complete = [job.job_id for job in jobs if job.has_ended_parts_only]
            ended = [await finish_job(self._runtime, work, job_id, self._handler) for job_id in complete]
            jobs += [job for job in ended if job is not None]
        await work.commit()
        return jobs

    def _send_on(self, jobs: list[SettledJob]) -> None:
        """Send what the settlement has let go: parts that were added, and parts that waited for room in their job."""
        for job in jobs:
            if job.spawned and not job.is_limited:
                self._runtime.dispatcher.dispatch_parts(job.kind, job.job_id, job.spawned_numbers)
        limited = [job.job_id for job in jobs if job.is_limited and not job.has_ended_parts_only]
        try:
            released = self._runtime.ledger.release(limited) if limited else []
        except OperationalError as error:
            _log.warning("parts.left_to_the_relay", jobs=len(limited), error=str(error))
            return
        for parts in released:
            self._runtime.dispatcher.dispatch_parts(parts.kind, parts.job_id, parts.numbers, is_first=False)

    def _give_back_one_by_one(self, settlements: list[Settlement]) -> None:
        """One part of the transaction was no longer ours: nothing of it stands, and the others run again."""
        for settlement in settlements:
            again = Settlement(settlement.job_id, settlement.no, settlement.fence, PartState.QUEUED, refund=1)
            try:
                self._runtime.ledger.settle([again], closes=False)
            except LeaseLostError:
                _log.info("part.stale_run_dropped", job_id=str(settlement.job_id), part=settlement.no)


def _end(part: ClaimedPart, result: dict[str, Any] | Snooze | None, spawned: Sequence[str]) -> Settlement:
    if isinstance(result, Snooze):
        return _run_later(part, result.until, spawned=spawned)
    encoded = None if result is None else encode(result)
    return Settlement(part.job_id, part.no, part.fence, PartState.DONE, result=encoded, spawned=spawned)


def _give_back(part: ClaimedPart) -> Settlement:
    return Settlement(part.job_id, part.no, part.fence, PartState.QUEUED, refund=1)


def _run_later(
    part: ClaimedPart, at: datetime, *, error: dict[str, Any] | None = None, spawned: Sequence[str] = ()
) -> Settlement:
    delay = max((at - utc_now()).total_seconds(), 0)
    return Settlement(part.job_id, part.no, part.fence, PartState.QUEUED, delay, refund=1, error=error, spawned=spawned)


async def run_finish(runtime: Runtime, handler: Handler, job_id: UUID) -> None:
    """Finish a job whose last part ended outside a worker, or whose finish step failed before."""
    async with UnitOfWork(runtime.database) as work:
        job = await finish_job(runtime, work, job_id, handler)
        await work.commit()
    if job is not None:
        runtime.feed.publish(job)
