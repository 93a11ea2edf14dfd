"""What a handler sees of the part that it runs and of the engine around it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import structlog
from psycopg import AsyncConnection

from malha.db import Session
from malha.db.jsonb import encode
from malha.jobs.ledger import ClaimedPart, NewEvent, log_event

if TYPE_CHECKING:
    from malha.jobs.runtime import Runtime
    from malha.jobs.unit_of_work import UnitOfWork

PROGRESS_INTERVAL_SECONDS = 0.25


class PartContext:
    """One part in one attempt. Writes go through `session()`, which commits together with the part's end."""

    def __init__(self, part: ClaimedPart, kind: str, runtime: Runtime, work: UnitOfWork) -> None:
        self.job_id: UUID = part.job_id
        self.no: int = part.no
        self.input: dict[str, Any] = part.input
        self.job_input: dict[str, Any] = part.job_input
        self.workspace_id: UUID | None = part.workspace_id
        self.owner_id: UUID | None = part.owner_id
        self.attempt: int = part.attempts
        self.total: int = part.total
        self.kind: str = kind
        self._part = part
        self._runtime = runtime
        self._work = work
        self._next_progress = 0.0
        self._spawned: list[str] = []

    @property
    def log(self) -> structlog.stdlib.BoundLogger:
        """A logger that names the part."""
        return structlog.get_logger(self.kind).bind(job_id=str(self.job_id), part=self.no, attempt=self.attempt)

    @property
    def runtime(self) -> Runtime:
        """The worker process's shared resources: settings, database, storage, dispatcher."""
        return self._runtime

    async def session(self) -> Session:
        """The part's write session, inside a savepoint of the engine's transaction. Do not commit it."""
        return await self._work.session()

    def spawn(self, inputs: Iterable[Mapping[str, Any]]) -> None:
        """Add a part to the job for each input (small JSON: ids and object keys, never file bytes).

        They are written in the transaction that ends this part, and run after it: a run that fails, or whose lease
        was lost, has added nothing. Numbers go on from the job's `total`, in the order of the calls. A part that is
        rescheduled has added them all the same. TypeError or ValueError for what is no JSON that the database stores.
        """
        self._spawned.extend(encode(input_) for input_ in inputs)

    @property
    def spawned(self) -> Sequence[str]:
        """What this run has added so far, as JSON."""
        return self._spawned

    def is_cancelled(self) -> bool:
        """True once the engine knows that this run's writes will not be accepted."""
        return self._runtime.leases.is_lost(self._part)

    async def progress(
        self,
        *,
        stage: str | None = None,
        message: str | None = None,
        current: int | None = None,
        total: int | None = None,
    ) -> None:
        """Tell how far the part is; at most four a second are logged, the others are dropped."""
        now = time.monotonic()
        if now < self._next_progress:
            return
        self._next_progress = now + PROGRESS_INTERVAL_SECONDS
        data = {"part": self.no, "stage": stage, "message": message, "current": current, "total": total}
        told = {key: value for key, value in data.items() if value is not None}
        await self.emit("job.progress", told, stage=stage, message=message)

    async def emit(
        self, type_: str, data: dict[str, Any], *, stage: str | None = None, message: str | None = None
    ) -> None:
        """Log an event of the job now, outside the part's transaction, and publish it."""
        self._runtime.log_event(self._part, NewEvent(type_, data, stage, message))


@dataclass(frozen=True, slots=True)
class FinishContext:
    """The finish step of a job, in the transaction that ends it. The session must not be committed."""

    job_id: UUID
    kind: str
    workspace_id: UUID | None
    owner_id: UUID | None
    total: int
    done: int
    failed: int
    session: Session
    runtime: Runtime

    async def emit(self, type_: str, data: dict[str, Any]) -> None:
        """Log an event of the job in the transaction that ends it: it is told if that stands, before the job's end."""
        raw = await (await self.session.connection()).get_raw_connection()
        await log_event(cast("AsyncConnection[Any]", raw.driver_connection), self.job_id, NewEvent(type_, data))
