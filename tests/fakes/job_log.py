"""An event log in memory that counts the questions it is asked."""

from __future__ import annotations

from uuid import UUID

from malha.jobs.states import JobState
from malha.realtime.feed_event import FeedEvent
from malha.realtime.tails import JobHead


class MemoryLog:
    """The log of one job. `state` is what the jobs table would say."""

    def __init__(self, *events: FeedEvent, state: JobState = JobState.RUNNING, page: int = 500) -> None:
        self.events = list(events)
        self.state = state
        self.reads = 0
        self.exists = True
        self._page = page

    async def after(self, job_id: UUID, seq: int) -> list[FeedEvent]:
        self.reads += 1
        return [event for event in self.events if event.job_id == job_id and event.seq > seq][: self._page]

    async def head(self, job_id: UUID) -> JobHead | None:
        seqs = [event.seq for event in self.events if event.job_id == job_id]
        return JobHead(max(seqs, default=0), self.state) if self.exists else None
