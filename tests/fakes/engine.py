"""The engine without a broker: messages are handed to the runner by the test instead of by Celery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from celery import Celery
from psycopg.rows import DictRow, dict_row

from malha.jobs.ledger import PartRange
from malha.jobs.registry import Handler, Queue, get_handler
from malha.jobs.runner import run_message
from malha.jobs.runtime import Runtime
from malha.jobs.submit import Owner, submit
from malha.kit.urls import libpq_url
from malha.settings import BrokerSettings, DatabaseSettings, EngineSettings, Settings

NOBODY = Owner(None, None)


class RecordingPublisher:
    """Stands where the broker is: remembers what it was given."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, list[PartRange]]] = []
        self.finishes: list[UUID] = []
        self.queues: list[Queue] = []
        self.waiting: dict[Queue, int] = {}

    def send_parts(
        self, handler: Handler, ranges: Sequence[PartRange], *, is_first: bool = False, is_express: bool = False
    ) -> None:
        self.messages.append((handler.kind, list(ranges)))
        self.queues.append(handler.queue.express if is_express else handler.queue)

    def send_finish(self, job_id: UUID, _kind: str) -> None:
        self.finishes.append(job_id)

    def depth(self, queue: str) -> int:
        return self.waiting.get(Queue(queue), 0)


class RecordingDispatcher:
    """Stands where the fast path is."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, UUID, int]] = []
        self.sent_parts: list[tuple[str, UUID, list[int]]] = []

    def dispatch(self, kind: str, job_id: UUID, total: int) -> None:
        self.sent.append((kind, job_id, total))

    def dispatch_parts(self, kind: str, job_id: UUID, numbers: Sequence[int], *, is_first: bool = True) -> None:
        self.sent_parts.append((kind, job_id, list(numbers)))


class Engine:
    """One worker process, a database, and a second connection to look at what is committed."""

    def __init__(self, database_url: str, redis_url: str, **engine_settings: Any) -> None:
        self.settings = Settings(
            database=DatabaseSettings(url=database_url),
            broker=BrokerSettings(redis_url=redis_url),
            engine=EngineSettings(**engine_settings),
        )
        self.runtime = Runtime(self.settings, Celery("test", broker="memory://"))
        self.record = psycopg.Connection[DictRow].connect(
            libpq_url(database_url), autocommit=True, row_factory=dict_row
        )

    def close(self) -> None:
        self.record.execute("TRUNCATE jobs CASCADE")
        self.record.close()
        self.runtime.close()

    def submit(self, kind: str, parts: list[dict[str, Any]], *, owner: Owner = NOBODY, **options: Any) -> UUID:
        """Write and commit a job."""

        async def write() -> UUID:
            async with self.runtime.database.session() as session:
                job = await submit(session, kind, input={}, parts=parts, owner=owner, **options)
                await session.commit()
                return job.id

        return self.runtime.run(write())

    def deliver(self, kind: str, *ranges: PartRange | tuple[UUID, int, int], is_first: bool = False) -> int:
        """Hand one message to the runner; returns how many parts it ran."""
        named = [(str(job), first, last) for job, first, last in ranges]
        return run_message(self.runtime, get_handler(kind), named, is_first=is_first)

    def job(self, job_id: UUID) -> dict[str, Any]:
        return self.record.execute("SELECT * FROM jobs WHERE id = %s", [job_id]).fetchone() or {}

    def parts(self, job_id: UUID) -> list[dict[str, Any]]:
        return self.record.execute("SELECT * FROM job_parts WHERE job_id = %s ORDER BY no", [job_id]).fetchall()

    def events(self, job_id: UUID) -> list[tuple[int, str]]:
        rows = self.record.execute("SELECT seq, type FROM job_events WHERE job_id = %s ORDER BY seq", [job_id])
        return [(row["seq"], row["type"]) for row in rows]

    def make_due(self, job_id: UUID) -> None:
        """Let the waits of a job's parts be over."""
        self.record.execute("UPDATE job_parts SET run_after = now() WHERE job_id = %s", [job_id])

    def expire_leases(self, job_id: UUID) -> None:
        """As if the worker had gone silent long ago."""
        self.record.execute(
            "UPDATE job_parts SET lease_until = now() - interval '1 s' WHERE job_id = %s AND state = 'running'",
            [job_id],
        )
