"""The newest events of the jobs that somebody in this process follows, and the wake-up calls of those who do."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from malha.jobs import JobState
from malha.realtime.feed_event import FeedEvent

WINDOW = 256


@dataclass(frozen=True, slots=True)
class JobHead:
    """Where a job's log ends, and the job's state there."""

    seq: int
    state: JobState


class JobTail:
    """What this process knows of the end of one job's log.

    `head` is the highest sequence number that is known to be committed; the events up to it can be read from the
    log. The latest of them are kept here, at most `WINDOW`, so that live followers need no query; they may have
    holes, because several workers publish.
    """

    def __init__(self) -> None:
        self.head = 0
        self.is_gone = False
        self._urgent_seq = 0
        self._recent: dict[int, FeedEvent] = {}
        self._watches: set[TailWatch] = set()

    def add(self, event: FeedEvent) -> None:
        """Take in a live event."""
        self._recent[event.seq] = event
        if len(self._recent) > WINDOW:
            del self._recent[min(self._recent)]
        self.head = max(self.head, event.seq)
        if not event.is_passing:
            self._urgent_seq = max(self._urgent_seq, event.seq)
        self.wake()

    def observe(self, head: JobHead | None) -> None:
        """Take in what the database says: None when the job is no more."""
        if head is None:
            self.is_gone = True
        elif head.seq > self.head:
            self.head = self._urgent_seq = head.seq
        else:
            return
        self.wake()

    def correct(self, head: JobHead) -> None:
        """Believe the database where the feed told of events that do not exist."""
        self.head = self._urgent_seq = head.seq
        self._recent = {seq: event for seq, event in self._recent.items() if seq <= head.seq}

    def run_after(self, seq: int) -> list[FeedEvent]:
        """The kept events that follow `seq` without a hole; empty when the next one is not kept."""
        run: list[FeedEvent] = []
        while (event := self._recent.get(seq + len(run) + 1)) is not None:
            run.append(event)
        return run

    def has_urgent_after(self, seq: int) -> bool:
        """Whether more than passing progress follows."""
        return self._urgent_seq > seq

    def wake(self) -> None:
        """Call everybody who waits for this job."""
        for watch in self._watches:
            watch.called.set()

    def attach(self, watch: TailWatch) -> None:
        self._watches.add(watch)

    def detach(self, watch: TailWatch) -> bool:
        """Remove a watch; True when nobody is left."""
        self._watches.discard(watch)
        return not self._watches


class TailWatch:
    """One follower's ear on a tail: a flag, so a slow follower costs no memory however much it misses."""

    def __init__(self, tail: JobTail) -> None:
        self.tail = tail
        self.called = asyncio.Event()

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next call; False when none came in time."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.called.wait()
        except TimeoutError:
            return False
        self.called.clear()
        return True


class Tails:
    """The tails of this process, one for each job that is followed."""

    def __init__(self) -> None:
        self.is_closed = False
        self._tails: dict[UUID, JobTail] = {}

    @contextmanager
    def watch(self, job_id: UUID) -> Iterator[TailWatch]:
        """Keep a tail of the job while somebody follows it."""
        tail = self._tails.setdefault(job_id, JobTail())
        watch = TailWatch(tail)
        tail.attach(watch)
        try:
            yield watch
        finally:
            if tail.detach(watch):
                self._tails.pop(job_id, None)

    @property
    def job_ids(self) -> Sequence[UUID]:
        """The jobs that are followed now."""
        return list(self._tails)

    def hear(self, events: Collection[FeedEvent]) -> None:
        """Take in what the live feed brought."""
        for event in events:
            tail = self._tails.get(event.job_id)
            if tail is not None:
                tail.add(event)

    def observe(self, asked: Collection[UUID], heads: Mapping[UUID, JobHead]) -> None:
        """Take in the database's answer about the jobs that were asked for."""
        for job_id in asked:
            tail = self._tails.get(job_id)
            if tail is not None:
                tail.observe(heads.get(job_id))

    def close(self) -> None:
        """Let every follower come to its end."""
        self.is_closed = True
        for tail in self._tails.values():
            tail.wake()
