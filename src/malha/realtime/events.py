"""The event log as followers read it: a connection for each question, and none while they wait."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from malha.db import Database
from malha.identity.rules.principal import Principal
from malha.realtime.feed_event import FeedEvent
from malha.realtime.repository import events_after, heads_of, visible_job
from malha.realtime.tails import JobHead

_POLL_CHUNK = 1000


class EventLog:
    """Borrows a connection for each question and gives it back at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, job_id: UUID, seq: int) -> list[FeedEvent]:
        """The next page of a job's events."""
        async with self._database.read_session() as session:
            return await events_after(session, job_id, seq)

    async def head(self, job_id: UUID) -> JobHead | None:
        """Where a job's log ends; None when the job is no more."""
        return (await self.heads([job_id])).get(job_id)

    async def heads(self, job_ids: Collection[UUID]) -> dict[UUID, JobHead]:
        """Where the logs of these jobs end."""
        asked = list(job_ids)
        heads: dict[UUID, JobHead] = {}
        for start in range(0, len(asked), _POLL_CHUNK):
            async with self._database.read_session() as session:
                heads |= await heads_of(session, asked[start : start + _POLL_CHUNK])
        return heads

    async def visible(self, principal: Principal, job_id: UUID) -> JobHead | None:
        """As `visible_job`."""
        async with self._database.read_session() as session:
            return await visible_job(session, principal, job_id)
