"""Following one job's log from any point on: first what is there, then what comes, without a gap or a repetition."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from malha.jobs import JobState
from malha.realtime.coalescing import UPDATE_SECONDS, Pace, coalesce
from malha.realtime.feed_event import FeedEvent
from malha.realtime.tails import JobHead, Tails, TailWatch


class JobLog(Protocol):
    """What a follower asks the database."""

    async def after(self, job_id: UUID, seq: int) -> list[FeedEvent]: ...

    async def head(self, job_id: UUID) -> JobHead | None: ...


class LogFollower:
    """A cursor on one job's log.

    What the feed brings is used only where it continues the cursor; any hole is read from the log. So a lost,
    repeated or disordered message costs a query and never an event.
    """

    def __init__(self, job_id: UUID, after: int, watch: TailWatch, log: JobLog, tails: Tails) -> None:
        self.cursor = after
        self.ended_in: JobState | None = None
        self._job_id = job_id
        self._watch = watch
        self._log = log
        self._tails = tails
        self._pace = Pace()
        self._is_open = False
        self._may_have_ended = False

    @property
    def is_gone(self) -> bool:
        """True when nothing more can come: the job was deleted, or this process is stopping."""
        return self._watch.tail.is_gone or self._tails.is_closed

    async def next(self, *, timeout_seconds: float) -> list[FeedEvent]:
        """The events that follow, coalesced; an empty list after `timeout_seconds` without any, or at the end.

        `ended_in` is set when the last event of the list, or of an earlier one, was the job's end. A retry of the
        job goes on from there: `next` may be called again.
        """
        deadline = time.monotonic() + timeout_seconds
        if not self._is_open:
            await self._open()
            if self.ended_in is not None:
                return []
        while not self.is_gone:
            pause = self._pause_seconds()
            if pause == 0 and (events := await self._take()):
                return events
            left = deadline - time.monotonic()
            if left <= 0:
                break
            await self._watch.wait(left if pause is None else min(max(pause, UPDATE_SECONDS / 10), left))
        return []

    async def _open(self) -> None:
        head = await self._log.head(self._job_id)
        self._watch.tail.observe(head)
        if head is not None:
            self.cursor = min(self.cursor, head.seq)
            self._judge_end(head)
        self._is_open = True

    def _pause_seconds(self) -> float | None:
        """How long what follows must still wait; None when nothing is known to follow."""
        tail = self._watch.tail
        if tail.head <= self.cursor:
            return None
        return 0.0 if tail.has_urgent_after(self.cursor) else self._pace.delay_seconds()

    async def _take(self) -> list[FeedEvent]:
        run = self._watch.tail.run_after(self.cursor) or await self._log.after(self._job_id, self.cursor)
        if not run:
            await self._reread_head()
            return []
        self.cursor = run[-1].seq
        self._may_have_ended |= any(event.is_final for event in run)
        if self._may_have_ended and self.cursor >= self._watch.tail.head:
            head = await self._log.head(self._job_id)
            self._watch.tail.observe(head)
            if head is not None:
                self._judge_end(head)
        else:
            self.ended_in = None
        events = coalesce(run)
        self._pace.spend(events)
        return events

    def _judge_end(self, head: JobHead) -> None:
        self._may_have_ended = head.state.is_final
        self.ended_in = head.state if head.state.is_final and self.cursor >= head.seq else None

    async def _reread_head(self) -> None:
        """The feed spoke of events that the log does not have."""
        head = await self._log.head(self._job_id)
        if head is None:
            self._watch.tail.observe(None)
        else:
            self._watch.tail.correct(head)


class Followers:
    """Makes followers whose tails are fed while they are open."""

    def __init__(self, log: JobLog, tails: Tails) -> None:
        self._log = log
        self._tails = tails

    @contextmanager
    def follow(self, job_id: UUID, *, after: int) -> Iterator[LogFollower]:
        """Follow a job from behind the event `after`; 0 is the beginning."""
        with self._tails.watch(job_id) as watch:
            yield LogFollower(job_id, after, watch, self._log, self._tails)
