"""The ledger: parts are claimed, settled, renewed and counted through it. Only the database's clock is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row, dict_row, scalar_row
from psycopg.types.json import Jsonb

from malha.jobs import statements
from malha.jobs.errors import LeaseLostError
from malha.jobs.models import NO_WORKSPACE
from malha.jobs.states import PartState

PartRange = tuple[str, int, int]
"""Job id, first and last part number: what a message names."""


@dataclass(frozen=True, slots=True)
class ClaimedPart:
    """A part that this worker may run, with what of its job the handler sees."""

    job_id: UUID
    no: int
    input: dict[str, Any]
    attempts: int
    fence: int
    job_input: dict[str, Any]
    workspace_id: UUID | None
    owner_id: UUID | None
    total: int
    started_seq: int | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the run of one part ended: `done`, `dead`, or `queued` again after `delay_seconds`.

    `refund` gives attempts back (a part that never ran, or that hit a rate limit). `spawned` are the inputs of the
    parts that the run adds to its job; they and `result` are JSON text.
    """

    job_id: UUID
    no: int
    fence: int
    state: PartState
    delay_seconds: float = 0
    refund: int = 0
    error: dict[str, Any] | None = None
    result: str | None = None
    spawned: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SettledJob:
    """A job's counters after a settlement, and the event that tells of them.

    `is_logged` is false for plain progress: that is logged at its own pace, by `Ledger.tell_progress`. A job that is
    limited has a `max_running`.
    """

    job_id: UUID
    kind: str
    total: int
    done: int
    failed: int
    seq: int
    workspace_id: UUID | None
    owner_id: UUID | None
    type: str
    data: dict[str, Any]
    settled: int
    is_logged: bool
    spawned: int = 0
    is_limited: bool = False

    @property
    def has_ended_parts_only(self) -> bool:
        """True when no part is left to run."""
        return self.done + self.failed >= self.total

    @property
    def spawned_numbers(self) -> range:
        """The parts that the settled ones have added."""
        return range(self.total - self.spawned, self.total)


@dataclass(frozen=True, slots=True)
class ExpiredPart:
    """A running part whose worker went silent."""

    job_id: UUID
    no: int
    kind: str
    attempts: int
    fence: int


@dataclass(frozen=True, slots=True)
class ReleasedParts:
    """Parts of one job that may run since others have ended."""

    kind: str
    job_id: UUID
    numbers: list[int]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be logged. `stage` and `message` also become the job's current ones."""

    type: str
    data: dict[str, Any]
    stage: str | None = None
    message: str | None = None


class Ledger:
    """The statements of a worker that stand for themselves, on one autocommit connection shared by its threads.

    psycopg serialises its use; the connection is opened again after it broke. Every method may raise
    psycopg.OperationalError, and then nothing has happened that a lease would not undo.
    """

    def __init__(self, url: str, *, lease_seconds: float, holder: str | None = None) -> None:
        self._url = url
        self._holder = holder
        self._lease_seconds = lease_seconds
        self._connection: Connection[Any] | None = None

    def claim(self, kind: str, ranges: Sequence[PartRange], *, limit: int) -> list[ClaimedPart]:
        """Take the named parts that still wait and, when `limit` is above 1, other fresh ones of the kind.

        A part that has failed before is taken alone, so that poison kills nobody but itself.
        """
        parameters = {
            "jobs": [entry[0] for entry in ranges],
            "firsts": [entry[1] for entry in ranges],
            "lasts": [entry[2] for entry in ranges],
            "kind": kind,
            "limit": limit,
            "lease": self._lease_seconds,
            "holder": self._holder,
        }
        with self._open().cursor(row_factory=class_row(ClaimedPart)) as cursor:
            return cursor.execute(statements.CLAIM, parameters).fetchall()

    def settle(self, settlements: Sequence[Settlement], *, closes: bool) -> list[SettledJob]:
        """`settle` outside any other transaction, for parts that wrote nothing and spawned nothing."""
        with self._open().cursor(row_factory=class_row(SettledJob)) as cursor:
            jobs = cursor.execute(statements.SETTLE, _settle_parameters(settlements, closes=closes)).fetchall()
        return _all_settled(jobs, settlements)

    def renew(self, held: Sequence[tuple[UUID, int, int]]) -> set[tuple[UUID, int]]:
        """Extend the leases of `(job_id, no, fence)`; returns those that are still ours."""
        parameters = {
            "jobs": [part[0] for part in held],
            "numbers": [part[1] for part in held],
            "fences": [part[2] for part in held],
            "lease": self._lease_seconds,
        }
        return set(self._open().execute(statements.RENEW, parameters).fetchall())

    def release(self, job_ids: Iterable[UUID]) -> list[ReleasedParts]:
        """Let as many parts of limited jobs go as have room to run now; returns those that want to be sent."""
        with self._open().cursor(row_factory=class_row(ReleasedParts)) as cursor:
            return cursor.execute(statements.RELEASE, {"jobs": list(job_ids), "sends": True}).fetchall()

    def tell_progress(self, job_ids: Iterable[UUID], *, every_seconds: float) -> tuple[list[SettledJob], list[UUID]]:
        """Log the counters of jobs that run and whose log does not have them; returns what was logged.

        The second list names jobs that were told of less than `every_seconds` ago, by whatever process: ask again.
        """
        parameters = {"jobs": list(job_ids), "every": every_seconds}
        with self._open().cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statements.TELL, parameters).fetchall()
        early = [row["job_id"] for row in rows if row.pop("is_early")]
        told = [row for row in rows if row["seq"] is not None]
        return [SettledJob(**row, type="job.progress", settled=0, is_logged=True) for row in told], early

    def log_event(self, job_id: UUID, event: NewEvent) -> int:
        """Append to the job's log now and return the event's sequence number."""
        with self._open().cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(statements.EVENT, _event_parameters(job_id, event)).fetchone() or 0

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = Connection.connect(self._url, autocommit=True, application_name="malha ledger")
        return self._connection


async def settle(
    connection: AsyncConnection[Any], settlements: Sequence[Settlement], *, closes: bool
) -> list[SettledJob]:
    """End or requeue parts, count them, log failures and ends, add what they spawned, numbered in their order.

    `closes` also ends jobs that have no part left.

    Raises LeaseLostError when a part is no longer this worker's: the caller must roll its transaction back then.
    """
    async with connection.cursor(row_factory=class_row(SettledJob)) as cursor:
        if any(settled.spawned for settled in settlements):
            await cursor.execute(statements.PARTS_LOCK, {"jobs": [settled.job_id for settled in settlements]})
        await cursor.execute(statements.SETTLE, _settle_parameters(settlements, closes=closes))
        jobs = _all_settled(await cursor.fetchall(), settlements)
        for job in jobs:
            if job.spawned:
                inputs = [text for settled in settlements if settled.job_id == job.job_id for text in settled.spawned]
                added = {
                    "job_id": job.job_id,
                    "first": job.spawned_numbers.start,
                    "inputs": inputs,
                    "nobody": NO_WORKSPACE,
                }
                await cursor.execute(statements.SPAWN, added)
        return jobs


async def take_expired(connection: AsyncConnection[Any], *, limit: int) -> list[ExpiredPart]:
    """Lock running parts whose lease ran out; the caller settles them in the same transaction."""
    async with connection.cursor(row_factory=class_row(ExpiredPart)) as cursor:
        await cursor.execute(statements.EXPIRED, {"limit": limit})
        return await cursor.fetchall()


async def log_event(connection: AsyncConnection[Any], job_id: UUID, event: NewEvent) -> int:
    """Append to the job's log in the open transaction and return the event's sequence number."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(statements.EVENT, _event_parameters(job_id, event))
        return (await cursor.fetchone()) or 0


def _settle_parameters(settlements: Sequence[Settlement], *, closes: bool) -> dict[str, Any]:
    return {
        "jobs": [s.job_id for s in settlements],
        "numbers": [s.no for s in settlements],
        "fences": [s.fence for s in settlements],
        "states": [s.state.value for s in settlements],
        "delays": [float(s.delay_seconds) for s in settlements],
        "refunds": [s.refund for s in settlements],
        "errors": [s.error and Jsonb(s.error) for s in settlements],
        "results": [s.result for s in settlements],
        "spawned": [len(s.spawned) for s in settlements],
        "closes": closes,
    }


def _all_settled(jobs: list[SettledJob], settlements: Sequence[Settlement]) -> list[SettledJob]:
    if sum(job.settled for job in jobs) < len(settlements):
        raise LeaseLostError
    return jobs


def _event_parameters(job_id: UUID, event: NewEvent) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "type": event.type,
        "data": Jsonb(event.data),
        "stage": event.stage,
        "message": event.message,
    }
