"""The ledger: the few statements through which parts are claimed, settled, renewed and counted.

Lock order is parts, then jobs by id, in every statement that takes both. Only the database's clock is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row, dict_row, scalar_row
from psycopg.types.json import Jsonb

from malha.jobs.errors import LeaseLostError
from malha.jobs.states import PartState

PartRange = tuple[str, int, int]
"""Job id, first and last part number: what a message names."""

_CLAIM = """
WITH named AS MATERIALIZED (
    SELECT p.job_id, p.no, p.attempts FROM job_parts p
    JOIN unnest(%(jobs)s::uuid[], %(firsts)s::int[], %(lasts)s::int[]) AS w(job_id, first, last)
      ON p.job_id = w.job_id AND p.no BETWEEN w.first AND w.last
    WHERE p.state = 'queued' AND p.run_after <= now()
    LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED
), ahead AS MATERIALIZED (
    SELECT p.job_id, p.no FROM job_parts p
    WHERE %(limit)s > 1 AND p.kind = %(kind)s AND p.state = 'queued' AND p.run_after <= now() AND p.attempts = 0
      AND NOT EXISTS (SELECT FROM named WHERE attempts > 0)
    ORDER BY p.priority DESC, p.run_after
    LIMIT greatest(%(limit)s - (SELECT count(*) FROM named), 0) FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE job_parts p
    SET state = 'running', attempts = p.attempts + 1, fence = p.fence + 1, sends = 0,
        lease_until = now() + make_interval(secs => %(lease)s)
    FROM (SELECT job_id, no FROM named UNION SELECT job_id, no FROM ahead) AS c
    WHERE p.job_id = c.job_id AND p.no = c.no
    RETURNING p.job_id, p.no, p.input, p.attempts, p.fence
), starting AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT job_id FROM claimed) AND state = 'queued' ORDER BY id FOR UPDATE
), started AS (
    UPDATE jobs j
    SET state = 'running', started_at = coalesce(j.started_at, now()), updated_at = now(), event_seq = j.event_seq + 1
    FROM starting s WHERE j.id = s.id
    RETURNING j.id, j.event_seq
), logged AS (
    INSERT INTO job_events (job_id, seq, type) SELECT id, event_seq, 'job.started' FROM started
)
SELECT c.job_id, c.no, c.input, c.attempts, c.fence, j.input AS job_input, j.workspace_id, j.owner_id, j.total,
       s.event_seq AS started_seq
FROM claimed c JOIN jobs j ON j.id = c.job_id LEFT JOIN started s ON s.id = c.job_id
ORDER BY c.job_id, c.no
"""

_SETTLE = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(numbers)s::int[], %(fences)s::int[], %(states)s::text[],
                         %(delays)s::float8[], %(refunds)s::int[], %(errors)s::jsonb[], %(results)s::jsonb[],
                         %(spawned)s::int[])
      AS g(job_id, no, fence, state, delay, refund, error, result, spawned)
), settled AS (
    UPDATE job_parts p
    SET state = CASE WHEN g.state = 'queued' AND j.state = 'paused' THEN 'held' ELSE g.state END,
        run_after = CASE WHEN g.state = 'queued' THEN now() + make_interval(secs => g.delay) ELSE p.run_after END,
        attempts = p.attempts - g.refund, error = g.error, lease_until = NULL, sent_at = NULL,
        fence = p.fence + CASE WHEN g.state = 'queued' THEN 1 ELSE 0 END,
        finished_at = CASE WHEN g.state = 'queued' THEN NULL ELSE now() END
    FROM given g JOIN jobs j ON j.id = g.job_id
    WHERE p.job_id = g.job_id AND p.no = g.no AND p.fence = g.fence AND p.state = 'running'
    RETURNING p.job_id, p.no, p.attempts, g.state, g.error, g.result, g.spawned
), tally AS (
    SELECT job_id, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'dead') AS dead,
           count(*) AS settled, count(error) AS failures, sum(spawned)::int AS spawned,
           (array_agg(result))[1] AS result,
           (array_agg(error) FILTER (WHERE state = 'dead'))[1] AS error
    FROM settled GROUP BY job_id
), locked AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT job_id FROM tally) ORDER BY id FOR UPDATE
), counted AS (
    UPDATE jobs j
    SET done = j.done + t.done, failed = j.failed + t.dead, total = j.total + t.spawned, updated_at = now(),
        event_seq = j.event_seq + CASE WHEN t.failures > 0 OR (
            %(closes)s AND j.done + j.failed + t.done + t.dead >= j.total + t.spawned) THEN 1 ELSE 0 END,
        result = CASE WHEN j.total + t.spawned = 1 THEN coalesce(t.result, j.result) ELSE j.result END,
        state = CASE WHEN NOT %(closes)s OR j.done + j.failed + t.done + t.dead < j.total + t.spawned THEN j.state
                     WHEN j.failed + t.dead = 0 THEN 'succeeded'
                     WHEN j.failed + t.dead >= j.total + t.spawned THEN 'failed' ELSE 'partial' END,
        error = CASE WHEN t.dead > 0 THEN t.error ELSE j.error END,
        finished_at = CASE WHEN %(closes)s AND j.done + j.failed + t.done + t.dead >= j.total + t.spawned
                           THEN now() END
    FROM tally t, locked l WHERE j.id = t.job_id AND l.id = t.job_id
    RETURNING j.id, j.kind, j.total, j.done, j.failed, j.event_seq, j.workspace_id, j.owner_id, j.state, j.finished_at,
              t.failures > 0 OR j.finished_at IS NOT NULL AS is_logged
), told AS MATERIALIZED (
    SELECT c.*, CASE WHEN c.finished_at IS NULL THEN 'job.progress' ELSE 'job.' || c.state END AS type,
           jsonb_strip_nulls(jsonb_build_object(
               'total', c.total, 'done', c.done, 'failed', c.failed, 'failures', (
                   SELECT jsonb_agg(jsonb_build_object(
                       'no', s.no, 'attempts', s.attempts, 'state', s.state, 'error', s.error))
                   FROM settled s WHERE s.job_id = c.id AND s.error IS NOT NULL))) AS data
    FROM counted c
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, type, data FROM told WHERE is_logged
)
SELECT c.id AS job_id, c.kind, c.total, c.done, c.failed, c.event_seq AS seq, c.workspace_id, c.owner_id, c.type,
       c.data, t.settled, c.is_logged, t.spawned
FROM told c JOIN tally t ON t.job_id = c.id
"""

# The settlement before it, in the same transaction, has raised the job's total and holds the job's row: nobody else
# numbers parts of the job, pauses or cancels it until the commit.
_SPAWN = """
INSERT INTO job_parts (job_id, no, kind, priority, input, run_after, state, sent_at)
SELECT j.id, %(first)s + added.place - 1, j.kind, j.priority, added.input, statement_timestamp(),
       CASE WHEN j.state = 'paused' THEN 'held' ELSE 'queued' END,
       CASE WHEN j.state = 'paused' THEN NULL ELSE statement_timestamp() END
FROM jobs j, unnest(%(inputs)s::jsonb[]) WITH ORDINALITY AS added(input, place)
WHERE j.id = %(job_id)s
"""

# The last few events say whether another process has told of the job just now, or of the same counters.
_TELL = """
WITH moved AS MATERIALIZED (
    SELECT j.id, EXISTS (
        SELECT FROM job_events e WHERE e.job_id = j.id AND e.seq > j.event_seq - 8 AND e.type = 'job.progress'
          AND e.data ? 'done' AND e.at > now() - make_interval(secs => %(every)s)) AS is_early
    FROM jobs j WHERE j.id = ANY(%(jobs)s) AND j.finished_at IS NULL AND NOT EXISTS (
        SELECT FROM job_events e WHERE e.job_id = j.id AND e.seq > j.event_seq - 8 AND e.type = 'job.progress'
          AND e.data @> jsonb_build_object('total', j.total, 'done', j.done, 'failed', j.failed))
), locked AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT id FROM moved WHERE NOT is_early) AND finished_at IS NULL
    ORDER BY id FOR UPDATE
), counted AS (
    UPDATE jobs j SET event_seq = j.event_seq + 1 FROM locked l WHERE j.id = l.id
    RETURNING j.id, j.kind, j.total, j.done, j.failed, j.event_seq, j.workspace_id, j.owner_id,
              jsonb_build_object('total', j.total, 'done', j.done, 'failed', j.failed) AS data
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, 'job.progress', data FROM counted
)
SELECT m.id AS job_id, m.is_early, c.kind, c.total, c.done, c.failed, c.event_seq AS seq, c.workspace_id, c.owner_id,
       c.data
FROM moved m LEFT JOIN counted c ON c.id = m.id WHERE m.is_early OR c.id IS NOT NULL
"""

_RENEW = """
WITH held AS (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(numbers)s::int[], %(fences)s::int[]) AS h(job_id, no, fence)
)
UPDATE job_parts p SET lease_until = now() + make_interval(secs => %(lease)s)
FROM held h
WHERE p.job_id = h.job_id AND p.no = h.no AND p.fence = h.fence AND p.state = 'running'
RETURNING p.job_id, p.no
"""

_EXPIRED = """
SELECT job_id, no, kind, attempts, fence FROM job_parts
WHERE state = 'running' AND lease_until < now()
LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

_EVENT = """
WITH numbered AS (
    UPDATE jobs SET event_seq = event_seq + 1, updated_at = now(), stage = coalesce(%(stage)s, stage),
                    message = coalesce(%(message)s, message)
    WHERE id = %(job_id)s RETURNING event_seq
)
INSERT INTO job_events (job_id, seq, type, data)
SELECT %(job_id)s, event_seq, %(type)s, %(data)s FROM numbered RETURNING seq
"""


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

    `is_logged` is false for plain progress: that is logged at its own pace, by `Ledger.tell_progress`.
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
class Happening:
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

    def __init__(self, url: str, *, lease_seconds: float) -> None:
        self._url = url
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
        }
        with self._open().cursor(row_factory=class_row(ClaimedPart)) as cursor:
            return cursor.execute(_CLAIM, parameters).fetchall()

    def settle(self, settlements: Sequence[Settlement], *, closes: bool) -> list[SettledJob]:
        """`settle` outside any other transaction, for parts that wrote nothing and spawned nothing."""
        with self._open().cursor(row_factory=class_row(SettledJob)) as cursor:
            jobs = cursor.execute(_SETTLE, _settle_parameters(settlements, closes=closes)).fetchall()
        return _all_settled(jobs, settlements)

    def renew(self, held: Sequence[tuple[UUID, int, int]]) -> set[tuple[UUID, int]]:
        """Extend the leases of `(job_id, no, fence)`; returns those that are still ours."""
        parameters = {
            "jobs": [part[0] for part in held],
            "numbers": [part[1] for part in held],
            "fences": [part[2] for part in held],
            "lease": self._lease_seconds,
        }
        return set(self._open().execute(_RENEW, parameters).fetchall())

    def tell_progress(self, job_ids: Iterable[UUID], *, every_seconds: float) -> tuple[list[SettledJob], list[UUID]]:
        """Log the counters of jobs that run and whose log does not have them; returns what was logged.

        The second list names jobs that were told of less than `every_seconds` ago, by whatever process: ask again.
        """
        parameters = {"jobs": list(job_ids), "every": every_seconds}
        with self._open().cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(_TELL, parameters).fetchall()
        early = [row["job_id"] for row in rows if row.pop("is_early")]
        told = [row for row in rows if row["seq"] is not None]
        return [SettledJob(**row, type="job.progress", settled=0, is_logged=True) for row in told], early

    def log_event(self, job_id: UUID, happening: Happening) -> int:
        """Append to the job's log now and return the event's sequence number."""
        with self._open().cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(_EVENT, _event_parameters(job_id, happening)).fetchone() or 0

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
        await cursor.execute(_SETTLE, _settle_parameters(settlements, closes=closes))
        jobs = _all_settled(await cursor.fetchall(), settlements)
        for job in jobs:
            if job.spawned:
                added = [text for settled in settlements if settled.job_id == job.job_id for text in settled.spawned]
                await cursor.execute(_SPAWN, {"job_id": job.job_id, "first": job.total - job.spawned, "inputs": added})
        return jobs


async def take_expired(connection: AsyncConnection[Any], *, limit: int) -> list[ExpiredPart]:
    """Lock running parts whose lease ran out; the caller settles them in the same transaction."""
    async with connection.cursor(row_factory=class_row(ExpiredPart)) as cursor:
        await cursor.execute(_EXPIRED, {"limit": limit})
        return await cursor.fetchall()


async def log_event(connection: AsyncConnection[Any], job_id: UUID, happening: Happening) -> int:
    """Append to the job's log in the open transaction and return the event's sequence number."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_EVENT, _event_parameters(job_id, happening))
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


def _event_parameters(job_id: UUID, happening: Happening) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "type": happening.type,
        "data": Jsonb(happening.data),
        "stage": happening.stage,
        "message": happening.message,
    }
